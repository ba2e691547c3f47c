"""
What `--wait` says while an issue is on its way: why nothing moves, and not too often.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from newsletter.cli.issues.wait_messages import WaitMessages

REFUSED = {
    "until": "2126-03-05T06:00:09+00:00",
    "recipients": 900,
    "reason": "connection refused",
    "hold": None,
}


def found(**more: Any) -> dict[str, Any]:
    defaults = {"id": 4, "state": "sending", "audience": 2000, "pending": 0, "uncertain": 0}
    nothing = ("cooldown_until", "reconciles_at", "failover_at", "failed_over_at")
    named = {"provider": "resend", "current_provider": "resend", "fallback_provider": "ses"}
    return {**defaults, "waits": [], **dict.fromkeys(nothing), **named, **more}


def lines(*looks: dict[str, Any], every_s: float = 1.0) -> list[str]:
    """
    What is said while *looks* are found one after the other.
    """
    said, now_s = list[str](), [0.0]
    meanwhile = WaitMessages(said.append, clock_s=lambda: now_s[0])
    for look in looks:
        meanwhile.report(look)
        now_s[0] += every_s
    return said


def test_nothing_is_said_while_calls_are_made() -> None:
    assert lines(found(pending=2000), found(pending=1000, waits=[REFUSED]), found()) == []


def test_a_provider_that_cannot_be_reached_is_named_with_what_it_said() -> None:
    stuck = found(pending=900, waits=[REFUSED])
    assert lines(stuck, stuck) == ["waiting until 06:00:09 UTC: connection refused"]


def test_quiet_hours_are_named_once_by_the_clock_of_the_list() -> None:
    quiet = {
        "until": "2026-03-06T02:00:00+00:00",
        "recipients": 900,
        "reason": "the quiet hours of its lists",
        "hold": "time_of_day",
        "timezone": "America/New_York",
    }
    assert lines(*[found(pending=900, waits=[quiet])] * 3, every_s=70) == [
        "waiting for the quiet hours of its lists, until 21:00 America/New_York"
    ]


def test_it_is_shown_when_the_issue_failed_over() -> None:
    stuck = found(pending=900, waits=[REFUSED], failover_at="2026-03-05T06:15:00+00:00")
    moved = found(
        pending=900, failed_over_at="2026-03-05T06:15:00+00:00", failover_reason="refused"
    )
    assert lines(stuck, moved, moved) == [
        "waiting until 06:00:09 UTC: connection refused; "
        "fails over to ses at 06:15 UTC unless resend accepts email before then",
        "failed over to ses at 06:15 UTC: refused",
    ]


def test_a_reconciliation_time_that_moves_with_every_batch_is_printed_once_a_minute() -> None:
    now = dt.datetime.now(dt.UTC)
    doubtful = [
        found(uncertain=3, reconciles_at=(now + dt.timedelta(minutes=1, seconds=n)).isoformat())
        for n in range(70)
    ]
    said = lines(*doubtful)
    assert len(said) == 2
    assert said[0].startswith("3 recipients are uncertain, to be checked with the provider from ")


def test_it_says_so_when_nobody_can_be_asked_about_uncertain_recipients() -> None:
    assert lines(found(uncertain=25)) == [
        "25 uncertain: the provider cannot be asked about them; waiting up to a minute for calls "
        "that are still open"
    ]


def test_the_first_readers_of_a_new_sending_domain_are_told_of_once() -> None:
    alone = {
        "until": "2026-03-05T12:15:00+00:00",
        "recipients": 300,
        "reason": "",
        "hold": "canary",
    }
    assert lines(*[found(pending=300, waits=[alone])] * 2, every_s=70) == [
        "only the first 200 are sent until 12:15 UTC: new sending domain; to send the rest now: "
        "`newsletter issue resume 4`"
    ]

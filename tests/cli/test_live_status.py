"""
`issue status --watch`: what it says while an issue is on its way, and when it ends.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from running import Cli

from newsletter.cli.issues.live_status import (
    PATIENCE_S,
    StatusLines,
    Throughput,
    line_of,
    watch_until_done,
)


def found(pending: int, state: str = "sending", **more: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("rejected", "uncertain"), 0)
    defaults = {
        "id": 4,
        "audience": 2000,
        "stopped": None,
        "waits": [],
        "current_provider": "resend",
    }
    defaults |= {"cooldown_until": None, "reconciles_at": None}
    return {**defaults, **nothing, "state": state, "pending": pending, **more}


def lines(*looks: dict[str, Any], every_s: float = 10.0) -> list[str]:
    """
    What is written while *looks* are found one after the other.
    """
    left, said, now_s = list(looks), list[str](), [0.0]

    def rest(_: float) -> None:
        now_s[0] += every_s

    tell = StatusLines(write=said.append, clock_s=lambda: now_s[0])
    watch_until_done(lambda: left.pop(0), tell, rest=rest, clock_s=lambda: now_s[0])
    return [line.removeprefix("issue 4: ").strip() for line in said]


def test_it_shows_the_rate_and_the_time_left_until_the_issue_is_submitted() -> None:
    assert lines(found(2000), found(1600), found(1200), found(0, "submitted")) == [
        "sending, 0 of 2,000",
        "sending, 400 of 2,000, 40.0 per second, 40 s left",
        "sending, 800 of 2,000, 40.0 per second, 30 s left",
        "submitted, 2,000 of 2,000",
    ]


def test_that_nothing_moves_is_said_after_a_second_look() -> None:
    assert lines(found(900), found(900), found(0, "submitted"))[:2] == [
        "sending, 1,100 of 2,000",
        "sending, 1,100 of 2,000, no progress yet",
    ]


def test_recipients_of_uncertain_outcome_have_no_answer_yet() -> None:
    assert lines(found(1000), found(600, uncertain=400), found(0, "submitted"))[:2] == [
        "sending, 1,000 of 2,000",
        "sending, 1,000 of 2,000, 400 uncertain, no progress yet",
    ]


def test_the_rate_is_that_of_the_last_half_minute() -> None:
    tempo = Throughput()
    for at_s, done in ((0.0, 0), (10.0, 10_000), (700.0, 10_100), (730.0, 10_400)):
        tempo.add(done, at_s)
    assert line_of(found(1600), tempo).endswith("10.0 per second, 3 min left")


def test_it_ends_at_a_pause_and_where_only_a_person_can_go_on() -> None:
    assert lines(found(900), found(900, "paused"))[-1] == "paused, 1,100 of 2,000"
    doubtful = [found(0, uncertain=3) for _ in range(3)]
    assert lines(*doubtful, every_s=PATIENCE_S / 2 + 1) == ["sending, 1,997 of 2,000, 3 uncertain"]


def test_it_waits_until_the_provider_was_asked_about_uncertain_recipients() -> None:
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=9)).isoformat()
    doubtful = [found(0, uncertain=3, reconciles_at=soon) for _ in range(20)]
    assert lines(*doubtful, found(0, "submitted")) == [
        f"sending, 1,997 of 2,000, 3 uncertain, "
        f"to be checked with the provider from {soon[11:19]} UTC",
        "submitted, 2,000 of 2,000",
    ]


def test_it_does_not_wait_for_a_reconciliation_that_is_far_off() -> None:
    for hours in (-1, 5):
        far = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)).isoformat()
        doubtful = [found(0, uncertain=3, reconciles_at=far) for _ in range(9)]
        assert len(lines(*doubtful)) == 1


def test_a_rest_that_a_provider_asked_for_is_named_with_its_end() -> None:
    tempo = Throughput()
    tempo.add(1100, 0.0)
    given = found(900, cooldown_until="2026-03-05T06:00:07.250000+00:00")
    assert line_of(given, tempo).endswith("waiting until 06:00:07 UTC, as resend asked")


def test_it_tells_what_it_waits_for() -> None:
    until = {"until": "2126-03-05T06:00:00+00:00", "recipients": 900, "reason": "x", "hold": None}
    tempo = Throughput()
    tempo.add(1100, 0.0)
    assert line_of(found(900, waits=[until]), tempo).endswith("waiting until 2126-03-05T06:00")
    until["until"] = "2026-03-05T06:00:00+00:00"
    assert line_of(found(900, waits=[until]), tempo).endswith("due since 2026-03-05T06:00")
    assert line_of(found(900, stopped="since"), tempo).endswith("all sending is stopped")


def test_the_first_readers_of_a_new_sending_domain_are_named_with_the_end_of_the_wait() -> None:
    alone = {
        "until": "2026-03-05T12:15:00+00:00",
        "recipients": 300,
        "reason": "",
        "hold": "canary",
    }
    tempo = Throughput()
    tempo.add(1700, 0.0)
    assert line_of(found(300, waits=[alone]), tempo).endswith(
        "only the first 200 are sent until 12:15 UTC: new sending domain"
    )


def test_the_document_stays_alone_on_standard_output(cli: Cli, office: Path) -> None:
    cli("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "asked")
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    cli("issue", "send", "1", "--wait", "--yes")
    ran = cli("issue", "status", "1", "--watch", "--json")
    assert ran.document["accepted"] == 1
    assert ran.err == "issue 1: submitted, 1 of 1\n"

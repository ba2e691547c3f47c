"""
Adding many people to a list at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from origins import STAFF
from people_samples import Join, MakeList

from subscribers.bulk.activate import Evidence
from subscribers.bulk.join import join_people
from subscribers.consent import consents_of
from subscribers.history.records import history_of
from subscribers.model import MailingList
from subscribers.people import subscriber_by_address
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

KEYS = KeyRing(b"a secret of at least sixteen bytes")
NEW, THERE, WAITING = "new@example.org", "there@example.org", "waiting@example.org"
GONE, HELD = "gone@example.org", "held@example.org"


def state(connection: sa.Connection, address: str) -> str:
    person = subscriber_by_address(connection, parse_address(address))
    return {each.list_slug: each.state.value for each in person.subscriptions}.get("weekly", "")


def joined(
    connection: sa.Connection,
    numbers: Sequence[int],
    target: MailingList,
    now: dt.datetime,
    evidence: str = "",
    *,
    dry_run: bool = False,
) -> dict[str, int]:
    proof = Evidence(text=evidence, source="test", given_at=now, recorded_at=now)
    done = join_people(
        connection,
        numbers,
        target,
        proof if evidence else None,
        dry_run=dry_run,
        keyring=KEYS,
        by=STAFF,
        now=now,
    )
    return {name: count for name, count in done.items() if count}


def test_people_are_added_with_proof_and_nobody_is_brought_back(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    daily, weekly = make_list("daily"), make_list("weekly")
    numbers = [join(address, daily).subscriber_id for address in (NEW, THERE, WAITING, GONE, HELD)]
    join(THERE, weekly)
    gone = join(GONE, weekly)
    join(WAITING, weekly, consent=None)
    unsubscribe(connection, gone.id, reason="link", by=STAFF, now=now)
    suppress(connection, parse_address(HELD), reason=SuppressionReason.BOUNCE, by=STAFF, now=now)
    expected = {"joined": 2, "already": 1, "kept_unsubscribed": 1, "kept_suppressed": 1}
    assert joined(connection, numbers, weekly, now, "by post", dry_run=True) == expected
    assert state(connection, NEW) == ""
    assert joined(connection, numbers, weekly, now, "by post") == expected
    after = {address: state(connection, address) for address in (NEW, WAITING, GONE, HELD)}
    assert after == {NEW: "active", WAITING: "active", GONE: "ended", HELD: ""}
    person = subscriber_by_address(connection, parse_address(NEW))
    (own,) = [each for each in person.subscriptions if each.list_slug == "weekly"]
    assert [each.text for each in consents_of(connection, own.id)] == ["by post"]
    last = history_of(connection, parse_address(NEW))[-1]
    assert (last.what.value, last.list_slug) == ("joined", "weekly")
    again = joined(connection, numbers, weekly, now, "by post")
    assert again == {"already": 3, "kept_unsubscribed": 1, "kept_suppressed": 1}


def test_without_proof_they_have_to_confirm(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    daily, weekly = make_list("daily"), make_list("weekly")
    numbers = [join(NEW, daily).subscriber_id]
    assert joined(connection, numbers, weekly, now) == {"joined": 1}
    assert state(connection, NEW) == "pending"
    assert joined(connection, numbers, weekly, now) == {"already": 1}

"""
Doing the same with many people: move, confirm and unsubscribe them in batches.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import Join, MakeList

from subscribers.bulk.activate import Evidence, confirm_people
from subscribers.bulk.batches import BATCH_PEOPLE, run_in_batches
from subscribers.bulk.end import unsubscribe_people
from subscribers.bulk.move import move_people
from subscribers.bulk.targets import targets_in_file
from subscribers.consent import consents_of
from subscribers.erasure import erase
from subscribers.history.records import history_of
from subscribers.lists import add_list
from subscribers.model import MailingList, OptIn
from subscribers.people import subscriber_by_address
from subscribers.subscriptions.begin import subscribe
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

KEYS = KeyRing(b"a secret of at least sixteen bytes")
ADA, BEA, CYD = "ada@example.org", "bea@example.org", "cyd@example.org"


@pytest.fixture
def lists(make_list: MakeList) -> tuple[MailingList, MailingList]:
    return make_list("daily"), make_list("weekly")


def states(connection: sa.Connection, address: str) -> dict[str, str]:
    person = subscriber_by_address(connection, parse_address(address))
    return {each.list_slug: each.state.value for each in person.subscriptions}


def moved(
    connection: sa.Connection,
    numbers: Sequence[int],
    lists: tuple[MailingList, MailingList],
    now: dt.datetime,
    *,
    dry_run: bool = False,
) -> dict[str, int]:
    """
    Move people from the first list to the second, and return the counts that are not zero.
    """
    done = move_people(
        connection, numbers, *lists, dry_run=dry_run, keyring=KEYS, by=STAFF, now=now
    )
    return {name: count for name, count in done.items() if count}


def test_a_moved_person_keeps_state_consent_and_cadence(
    connection: sa.Connection,
    lists: tuple[MailingList, MailingList],
    join: Join,
    now: dt.datetime,
) -> None:
    ada = join(ADA, lists[0], consent="at the fair").subscriber_id
    bea = join(BEA, lists[0], consent=None).subscriber_id
    assert moved(connection, [ada, bea], lists, now, dry_run=True) == {"moved": 2}
    assert states(connection, ADA) == {"daily": "active"}
    assert moved(connection, [ada, bea], lists, now) == {"moved": 2}
    assert states(connection, ADA) == {"daily": "ended", "weekly": "active"}
    assert states(connection, BEA) == {"daily": "ended", "weekly": "pending"}
    person = subscriber_by_address(connection, parse_address(ADA))
    (consent,) = consents_of(connection, person.subscriptions[1].id)
    assert (consent.text, consent.source) == ("at the fair", "moved from list daily; test")
    assert person.subscriptions[0].ended_reason == "moved to weekly"
    last = history_of(connection, parse_address(ADA))[-2:]
    assert [(each.what.value, each.list_slug) for each in last] == [
        ("joined", "weekly"),
        ("left", "daily"),
    ]


def test_a_second_run_moves_nobody_again(
    connection: sa.Connection,
    lists: tuple[MailingList, MailingList],
    join: Join,
    now: dt.datetime,
) -> None:
    ada = join(ADA, lists[0]).subscriber_id
    moved(connection, [ada], lists, now)
    assert moved(connection, [ada], lists, now) == {"unknown": 1}


def test_whoever_left_the_other_list_is_not_brought_back(
    connection: sa.Connection,
    lists: tuple[MailingList, MailingList],
    join: Join,
    now: dt.datetime,
) -> None:
    ada = join(ADA, lists[0]).subscriber_id
    gone = join(ADA, lists[1])
    unsubscribe(connection, gone.id, reason="link", by=STAFF, now=now)
    assert moved(connection, [ada], lists, now) == {"kept_unsubscribed": 1}
    assert states(connection, ADA) == {"daily": "active", "weekly": "ended"}


@pytest.mark.parametrize("scope", ["", "daily", "weekly"])
def test_whoever_is_suppressed_on_either_list_stays(
    connection: sa.Connection,
    lists: tuple[MailingList, MailingList],
    join: Join,
    now: dt.datetime,
    scope: str,
) -> None:
    ada = join(ADA, lists[0]).subscriber_id
    reason = SuppressionReason.BOUNCE
    suppress(connection, parse_address(ADA), reason=reason, by=STAFF, now=now, scope=scope)
    assert moved(connection, [ada], lists, now) == {"kept_suppressed": 1}
    assert states(connection, ADA) == {"daily": "active"}


@pytest.mark.parametrize(
    ("here", "there", "after"),
    [
        ("asked", None, "active"),
        ("asked", "asked", "active"),
        (None, "asked", "active"),
        (None, None, "pending"),
    ],
)
def test_who_is_on_both_lists_is_on_the_other_in_the_better_state(
    connection: sa.Connection,
    lists: tuple[MailingList, MailingList],
    join: Join,
    now: dt.datetime,
    here: str | None,
    there: str | None,
    after: str,
) -> None:
    ada = join(ADA, lists[0], consent=here).subscriber_id
    join(ADA, lists[1], consent=there)
    assert moved(connection, [ada], lists, now) == {"moved": 1}
    assert states(connection, ADA) == {"daily": "ended", "weekly": after}


def test_only_pending_people_are_confirmed(
    connection: sa.Connection,
    lists: tuple[MailingList, MailingList],
    join: Join,
    now: dt.datetime,
) -> None:
    pending, active, gone = (
        join(ADA, lists[0], consent=None),
        join(BEA, lists[0]),
        join(CYD, lists[0]),
    )
    unsubscribe(connection, gone.id, reason="link", by=STAFF, now=now)
    held = join("dan@example.org", lists[0], consent=None)
    address = parse_address("dan@example.org")
    suppress(connection, address, reason=SuppressionReason.BOUNCE, by=STAFF, now=now)
    numbers = [each.subscriber_id for each in (pending, active, gone, held)]
    proof = Evidence("signed at the stand", "test", now, now)
    expected = {
        "confirmed": 1,
        "already_active": 1,
        "kept_unsubscribed": 1,
        "kept_suppressed": 1,
        "unknown": 0,
    }
    for dry_run in (True, False):
        done = confirm_people(
            connection, numbers, lists[0], proof, dry_run=dry_run, keyring=KEYS, by=STAFF
        )
        assert done == Counter(expected)
    assert states(connection, ADA) == {"daily": "active"}
    assert states(connection, CYD) == {"daily": "ended"}
    (consent,) = consents_of(connection, pending.id)
    assert (consent.text, consent.source) == ("signed at the stand", "test")


def test_people_leave_one_list_or_all(
    connection: sa.Connection,
    lists: tuple[MailingList, MailingList],
    join: Join,
    now: dt.datetime,
) -> None:
    numbers = [join(ADA, each).subscriber_id for each in lists][:1]
    numbers.append(join(BEA, lists[1]).subscriber_id)

    def leave(mailing_list: MailingList | None) -> Counter[str]:
        return unsubscribe_people(
            connection, numbers, mailing_list, dry_run=False, by=STAFF, now=now
        )

    assert leave(lists[0]) == Counter(left=1, unknown=1)
    assert states(connection, ADA) == {"daily": "ended", "weekly": "active"}
    assert leave(None) == Counter(left=2)
    assert leave(None) == Counter(already=2)


def test_an_act_that_is_killed_is_run_again_to_the_same_end(
    engine: sa.Engine, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        daily = add_list(connection, "daily", name="Daily", opt_in=OptIn.SINGLE, now=now)
        numbers = [
            subscribe(
                connection,
                parse_address(f"r{number}@example.org"),
                mailing_list=daily,
                name="",
                consent=None,
                source="test",
                by=STAFF,
                now=now,
            ).subscriber_id
            for number in range(BATCH_PEOPLE + 2)
        ]

    def leave(connection: sa.Connection, batch: Sequence[int]) -> Counter[str]:
        return unsubscribe_people(connection, batch, daily, dry_run=False, by=STAFF, now=now)

    def leave_and_die(connection: sa.Connection, batch: Sequence[int]) -> Counter[str]:
        counts = leave(connection, batch)
        if len(batch) < BATCH_PEOPLE:
            raise KeyboardInterrupt
        return counts

    seen: list[tuple[int, int]] = []
    with pytest.raises(KeyboardInterrupt):
        run_in_batches(engine.begin, numbers, leave_and_die)
    done = run_in_batches(
        engine.begin, numbers, leave, progress=lambda done, total: seen.append((done, total))
    )
    assert done == Counter(left=2, already=BATCH_PEOPLE)
    assert seen == [(BATCH_PEOPLE, len(numbers)), (len(numbers), len(numbers))]


def test_people_erased_after_they_were_counted_are_left_out(
    engine: sa.Engine, weekly: MailingList, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        ada = subscribe(
            connection,
            parse_address(ADA),
            mailing_list=weekly,
            name="",
            consent="asked",
            source="test",
            by=STAFF,
            now=now,
        ).subscriber_id
        erase(connection, parse_address(ADA), keyring=KEYS, by=STAFF, now=now)
    seen: list[int] = []

    def act(connection: sa.Connection, batch: Sequence[int]) -> Counter[str]:
        seen.extend(batch)
        return Counter()

    run_in_batches(engine.begin, [ada], act)
    assert seen == []


def test_the_people_of_a_file_are_found_once(
    engine: sa.Engine, weekly: MailingList, tmp_path: Path, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        ada = subscribe(
            connection,
            parse_address(ADA),
            mailing_list=weekly,
            name="",
            consent="asked",
            source="test",
            by=STAFF,
            now=now,
        ).subscriber_id
    file = tmp_path / "some.csv"
    file.write_text(f"email\nADA@example.org\n{ADA}\nno@example.org\nno@example.org\nx\n")
    found = targets_in_file(engine, file)
    assert (list(found.numbers), found.unknown, found.invalid) == ([ada], 1, 1)

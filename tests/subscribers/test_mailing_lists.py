from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import Join, MakeList

from subscribers.database.job_tables import file_job
from subscribers.database.tables import suppression
from subscribers.errors import InvalidSlug, ListExists, UnknownList
from subscribers.history.records import history_of
from subscribers.list_counts import REUSED_S_PER_PERSON, LargeListCounts
from subscribers.lists import (
    add_list,
    all_lists,
    edit_list,
    find_list,
    remove_list,
    rename_list,
)
from subscribers.model import ListCounts, MailingList, OptIn, Visibility
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress, suppressions_of
from subscribers.validation.address import parse_address


def test_a_list_is_found_as_it_was_added(connection: sa.Connection, now: dt.datetime) -> None:
    added = add_list(connection, "weekly", name="The Weekly", language="fr", now=now)

    assert find_list(connection, "weekly") == added
    assert added == MailingList(id=added.id, slug="weekly", name="The Weekly", language="fr")


def test_editing_changes_only_what_is_given(connection: sa.Connection, make_list: MakeList) -> None:
    made = make_list("weekly")

    edited = edit_list(
        connection, "weekly", name="New", opt_in=OptIn.SINGLE, visibility=Visibility.PRIVATE
    )

    assert edited == MailingList(
        id=made.id,
        slug="weekly",
        name="New",
        opt_in=OptIn.SINGLE,
        visibility=Visibility.PRIVATE,
    )


def test_a_second_list_with_the_same_slug_is_refused(
    connection: sa.Connection, make_list: MakeList
) -> None:
    make_list("weekly")

    with pytest.raises(ListExists, match="'weekly'"):
        make_list("weekly")
    assert find_list(connection, "weekly").name == "Weekly"


@pytest.mark.parametrize("slug", ["", "Weekly", "a b", "-a", "a/b", "ü", "a" * 61, "a\n"])
def test_a_slug_that_cannot_be_part_of_a_url_is_refused(make_list: MakeList, slug: str) -> None:
    with pytest.raises(InvalidSlug, match="weekly-brief"):
        make_list(slug)


def test_the_error_for_an_unknown_list_names_the_nearest(
    connection: sa.Connection, make_list: MakeList
) -> None:
    with pytest.raises(UnknownList, match="newsletter list add"):
        find_list(connection, "weekly")
    make_list("weekly")
    with pytest.raises(UnknownList, match="did you mean 'weekly'"):
        find_list(connection, "wekly")
    with pytest.raises(UnknownList, match="newsletter list list"):
        edit_list(connection, "zzz", name="x")


def test_lists_are_ordered_by_slug_with_their_counts(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, daily = make_list("weekly"), make_list("daily")
    join("a@example.org", weekly)
    join("b@example.org", weekly, consent=None)
    unsubscribe(connection, join("c@example.org", weekly).id, reason="link", now=now, by=STAFF)

    assert all_lists(connection) == [
        ListCounts(mailing_list=daily),
        ListCounts(mailing_list=weekly, active=1, pending=1, ended=1),
    ]


def test_the_counts_of_a_large_list_are_reused_for_a_moment(
    connection: sa.Connection, make_list: MakeList, join: Join
) -> None:
    weekly = make_list("weekly")
    now_s = 0.0
    counts = LargeListCounts(monotonic_s=lambda: now_s, large_list=2)
    for number in range(1, 4):
        join(f"person{number}@example.org", weekly)
        # A list with one person is not large.
        assert counts.count(connection, weekly).active == min(number, 2)
    daily = make_list("daily")
    join("person1@example.org", daily)
    assert [each.active for each in counts.count_all(connection, [daily, weekly])] == [1, 2]
    now_s = 2 * REUSED_S_PER_PERSON
    assert counts.count(connection, weekly).active == 3


def test_people_with_a_suppressed_address_are_counted_apart(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly, daily = make_list("weekly"), make_list("daily")
    for name in ("everywhere", "here", "elsewhere", "gone"):
        join(f"{name}@example.org", weekly)
    join("pending@example.org", weekly, consent=None)
    join("everywhere@example.org", daily)
    unsubscribe(connection, join("gone@example.org", weekly).id, reason="link", now=now, by=STAFF)
    for name, scopes in {
        "everywhere": ["", "weekly"],
        "here": ["weekly"],
        "elsewhere": ["daily"],
        "pending": [""],
        "gone": [""],
    }.items():
        for scope in scopes:
            address = parse_address(f"{name}@example.org")
            reason = SuppressionReason.MANUAL
            suppress(connection, address, reason=reason, scope=scope, now=now, by=STAFF)
    statements: list[str] = []
    sa.event.listen(connection, "before_cursor_execute", lambda *event: statements.append(event[2]))

    assert all_lists(connection) == [
        ListCounts(mailing_list=daily, suppressed=1),
        ListCounts(mailing_list=weekly, active=1, suppressed=3, ended=1),
    ]
    assert len(statements) == 4


def test_the_history_names_a_list_that_was_removed(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made, address = make_list("weekly"), parse_address("ada@example.org")
    suppress(
        connection, address, reason=SuppressionReason.MANUAL, scope="weekly", by=STAFF, now=now
    )
    values = {"kind": "import", "state": "done", "files": [], "options": {}, "created_at": now}
    empty = file_job.insert().values(list_id=made.id, **values)
    connection.execute(empty)
    remove_list(connection, made)
    assert [entry.list_slug for entry in history_of(connection, address)] == ["weekly"]


def test_a_suppression_keeps_its_end_and_note_when_its_list_is_renamed(
    connection: sa.Connection, make_list: MakeList, now: dt.datetime
) -> None:
    made = make_list("weekly")
    ends = now + dt.timedelta(days=30)
    row = {"email_key": "ada@example.org", "scope": "weekly", "reason": "manual", "since": now}
    connection.execute(suppression.insert().values(**row, expires_at=ends, note="on holiday"))
    rename_list(connection, made, "letter")
    (found,) = suppressions_of(connection, parse_address("ada@example.org"))
    assert (found.scope, found.expires_at, found.note) == ("letter", ends, "on holiday")

"""
The audit trail: what staff did is recorded with the change itself, and nobody can alter the record
unnoticed.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import random
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from installation import Installation

from newsletter.actions.access import audit
from newsletter.actions.content import briefs
from newsletter.actions.guard import bulk_reads
from newsletter.actions.issues import issue_delivery
from newsletter.actions.operations import kill_switch
from newsletter.actions.people import lists, search, subscribers, suppressions
from newsletter.actions.people.files.subscriber_files import export_people
from newsletter.actions.people.sync import upsert
from newsletter.actions.people.sync.upsert import PersonValues
from newsletter.errors import NewsletterError
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR, Actor, Channel, Permission
from newsletter.model.audit import AuditEntry
from newsletter.store.tables import audit_entry, audit_head
from subscribers.errors import SubscribersError
from subscribers.filters.model import EVERYBODY

ADA = "ada@example.org"
BY = Actor(name="Mara", channel=Channel.WEB, staff_id=7, from_address="192.0.2.7")


def entries(installation: Installation) -> list[AuditEntry]:
    return audit.entries(installation.app, limit=2000, by=OPERATOR)[::-1]


def problems(installation: Installation) -> list[str]:
    return [each.problem for each in audit.check(installation.app, by=OPERATOR).problems]


def make(installation: Installation, slug: str = "daily") -> None:
    lists.add(installation.app, slug, slug.title(), ListValues(), by=BY)


def test_an_entry_says_who_did_what_to_which_object_from_where(installation: Installation) -> None:
    make(installation)
    lists.edit(installation.app, "daily", ListValues(name="Weekly"), by=BY)
    made, edited = entries(installation)
    assert (made.action, made.object_kind, made.object_id) == ("list.add", "list", "daily")
    assert made.changes["name"] == {"before": None, "after": "Daily"}
    assert (edited.actor, edited.channel, edited.staff_id) == ("Mara", "web", 7)
    assert edited.from_address == "192.0.2.7"
    assert edited.at == installation.now
    assert edited.changes == {"name": {"before": "Daily", "after": "Weekly"}}


def test_what_is_refused_leaves_no_entry(installation: Installation) -> None:
    make(installation)
    with pytest.raises(SubscribersError):
        make(installation)
    with pytest.raises(NewsletterError):
        issue_delivery.pause(installation.app, 9, reason=None, by=BY)
    nobody = Actor(name="x", channel=Channel.API, permissions=frozenset({Permission.LISTS_READ}))
    with pytest.raises(NewsletterError):
        lists.remove(installation.app, "daily", by=nobody)
    assert [each.action for each in entries(installation)] == ["list.add"]


def test_an_action_that_asks_others_leaves_one_entry(installation: Installation) -> None:
    make(installation)
    values = PersonValues(lists=["daily"], consent="asked us", tags=["vip"])
    upsert.create(installation.app, ADA, values, by=BY)
    assert [each.action for each in entries(installation)] == ["list.add", "subscriber.make"]


def test_reading_leaves_no_entry_but_an_export_does(installation: Installation) -> None:
    make(installation)
    lists.show(installation.app, "daily", by=BY)
    export_people(installation.app, EVERYBODY, io.StringIO(), by=BY)
    assert [each.action for each in entries(installation)] == ["list.add", "subscriber.export"]


def test_a_search_that_shows_many_people_is_recorded(installation: Installation) -> None:
    make(installation)
    installation.add_readers(bulk_reads.NOTED_FROM + 1)
    assert len([*chain(*search.find(installation.app, EVERYBODY, limit=100, by=BY))]) == 100
    assert [each.action for each in entries(installation)] == ["list.add"]
    shown = [*chain(*search.find(installation.app, EVERYBODY, by=BY))]
    assert len(shown) == bulk_reads.NOTED_FROM + 1
    assert entries(installation)[-1].changes == {"people": bulk_reads.NOTED_FROM + 1}


def test_a_search_that_is_stopped_early_is_recorded_too(installation: Installation) -> None:
    make(installation)
    installation.add_readers(bulk_reads.NOTED_FROM + 1)
    found = search.find(installation.app, EVERYBODY, by=BY)
    shown = len(next(found))
    found.close()
    assert entries(installation)[-1].changes == {"people": shown}


def test_erasing_a_person_removes_their_part_and_the_chain_holds(
    installation: Installation,
) -> None:
    make(installation)
    subscribers.add(installation.app, ADA, "daily", by=BY, consent="asked us", name="Ada")
    added = entries(installation)[-1]
    assert added.personal is not None
    assert added.personal["email"]["after"] == ADA
    assert ADA not in f"{added.object_id}{added.changes}"
    subscribers.erase_person(installation.app, ADA, by=BY)
    assert [each.personal for each in entries(installation)] == [None, None, None]
    with installation.app.database.read() as connection:
        stored = connection.execute(sa.select(audit_entry)).all()
    assert ADA not in str(stored)
    assert "Ada" not in str(stored)
    assert problems(installation) == []


def test_a_personal_part_removed_without_erasure_is_found(installation: Installation) -> None:
    make(installation)
    subscribers.add(installation.app, ADA, "daily", by=BY, consent="asked us")
    with installation.app.database.write() as connection:
        connection.execute(audit_entry.update().values(personal=None))
    assert len(problems(installation)) == 1


def test_old_entries_are_removed_and_the_rest_is_whole(installation: Installation) -> None:
    make(installation)
    installation.now += dt.timedelta(days=731)
    make(installation, "weekly")
    assert audit.purge(installation.app, now=installation.now) == 1
    assert [each.number for each in entries(installation)] == [2]
    assert problems(installation) == []
    make(installation, "monthly")
    assert problems(installation) == []


def test_all_entries_may_grow_old(installation: Installation) -> None:
    make(installation)
    assert audit.purge(installation.app, now=installation.now + dt.timedelta(days=800)) == 1
    assert (entries(installation), problems(installation)) == ([], [])
    make(installation, "weekly")
    assert [each.number for each in entries(installation)] == [2]
    assert problems(installation) == []


def _delete(connection: sa.Connection, number: int, dice: random.Random) -> None:
    connection.execute(audit_entry.delete().where(audit_entry.c.id == number))


def _edit(connection: sa.Connection, number: int, dice: random.Random) -> None:
    values: dict[str, Any] = {
        "actor": "Somebody",
        "channel": "nowhere",
        "staff_id": 99,
        "token_id": 3,
        "from_address": "203.0.113.9",
        "action": "list.nothing",
        "object_kind": "issue",
        "object_id": "77",
        "changes": {"name": "another"},
        "person_id": 12,
        "personal": {"salt": "", "name": "X"},
        "personal_hash": "0" * 64,
        "hash": "f" * 64,
        "at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    }
    name = dice.choice(sorted(values))
    update = audit_entry.update().where(audit_entry.c.id == number)
    connection.execute(update.values(**{name: values[name]}))


def _swap(connection: sa.Connection, number: int, dice: random.Random) -> None:
    count = connection.execute(sa.select(sa.func.max(audit_entry.c.id))).scalar_one()
    other = dice.choice([each for each in range(1, count + 1) if each != number])
    for old, new in ((number, -1), (other, number), (-1, other)):
        moved = audit_entry.update().where(audit_entry.c.id == old)
        connection.execute(moved.values(id=new))


def _edit_head(connection: sa.Connection, number: int, dice: random.Random) -> None:
    values: dict[str, Any] = {"first_id": 2, "last_id": 3, "last_hash": "0" * 64, "seal": ""}
    name = dice.choice(sorted(values))
    connection.execute(audit_head.update().values(**{name: values[name]}))


ATTACKS = (_delete, _edit, _swap, _edit_head)


def test_each_of_a_thousand_edits_deletions_and_swaps_is_found(
    installation: Installation,
) -> None:
    for number in range(30):
        make(installation, f"list-{number}")
    assert problems(installation) == []
    dice, unnoticed = random.Random(19), []
    keys = installation.app.links.keys.words("audit")
    for at in range(1000):
        attack: Callable[[sa.Connection, int, random.Random], None] = dice.choice(ATTACKS)
        number = dice.randrange(1, 31)
        with installation.app.database.engine.connect() as connection:
            attack(connection, number, dice)
            if not audit.audit.check_trail(connection, keys=keys):
                unnoticed.append((at, attack.__name__, number))
            connection.rollback()
    assert unnoticed == []


def test_a_trail_written_without_the_secret_is_found(installation: Installation) -> None:
    make(installation)
    with installation.app.database.engine.connect() as connection:
        found = audit.audit.check_trail(connection, keys=["another key"])
        connection.rollback()
    assert [each.number for each in found] == [0, 1]


def test_an_entry_stays_whole_after_the_secret_is_rotated(installation: Installation) -> None:
    make(installation)
    old = installation.app.links.keys.words("audit")
    with installation.app.database.read() as connection:
        assert audit.audit.check_trail(connection, keys=["a newer key", *old]) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_nobody_waits_for_a_unit_that_has_recorded_something(installation: Installation) -> None:
    make(installation)
    with installation.app.database.unit():
        make(installation, "weekly")
        # Of two units that each have an entry and want what the other holds, neither could go on.
        with installation.app.database.engine.begin() as other:
            other.execute(sa.select(audit_head.c.id).with_for_update(nowait=True)).one()
    assert [each.object_id for each in entries(installation)] == ["daily", "weekly"]
    assert problems(installation) == []


def test_what_has_no_row_of_its_own_is_recorded_as_it_was_asked_for(
    installation: Installation,
) -> None:
    make(installation)
    values = suppressions.SuppressionValues(list_slug="daily")
    suppressions.add(installation.app, ADA, by=BY, values=values)
    suppressions.remove(installation.app, ADA, by=BY, list_slug="daily")
    suppressions.add(installation.app, "*@spam.example", by=BY, values=values)
    kill_switch.engage(installation.app, reason="a wrong date", by=BY)
    added, removed, domain, stopped = entries(installation)[1:]
    hashed = installation.app.links.keys.fingerprint(ADA)
    assert added.changes == {"address_hash": hashed}
    assert removed.changes == {"address_hash": hashed, "list_slug": "daily"}
    assert domain.changes == {"domain": "@spam.example"}
    assert (stopped.action, stopped.changes) == ("kill_switch.engage", {})
    assert ADA not in str(entries(installation))


def test_a_file_of_suppressions_that_is_interrupted_has_its_entry(
    installation: Installation,
) -> None:
    file = installation.folder / "a.csv"
    file.write_text(f"{ADA}\n")
    values = suppressions.SuppressionValues()
    for dry_run in (True, False):
        suppressions.import_file(installation.app, file, values=values, dry_run=dry_run, by=BY)
    (made,) = entries(installation)
    assert made.action == "suppression.import"
    file.write_text("grace@example.org\n")
    with pytest.raises(ZeroDivisionError), _failing_insert(installation, "suppression"):
        suppressions.import_file(installation.app, file, values=values, by=BY)
    assert [each.action for each in entries(installation)] == ["suppression.import"] * 2
    with pytest.raises(SubscribersError):
        suppressions.import_file(installation.app, file.with_name("none"), values=values, by=BY)
    assert len(entries(installation)) == 2


@contextlib.contextmanager
def _failing_insert(installation: Installation, table: str) -> Iterator[None]:
    """
    Let every INSERT into a table fail, as if the process died.
    """
    engine = installation.app.database.engine

    def fail(*arguments: Any) -> None:
        if f"INSERT INTO {table} " in arguments[2]:
            raise ZeroDivisionError

    sa.event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", fail)


def test_the_files_that_were_added_as_briefs_are_named(
    installation: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "first.md"
    file.write_text("---\ntitle: The quieter quay\n---\nTwo boats fewer a day.\n")
    briefs.add(installation.app, [file], by=BY)
    (added,) = entries(installation)
    assert (added.action, added.changes) == ("brief.add", {"paths": ["first.md"]})

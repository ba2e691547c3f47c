"""
The restore guard: which databases send nothing until a person says so, and what they do then.
"""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
import sqlalchemy as sa
from installation import House
from scripted_provider import ACCEPTED, Scripted, all_of, sending, states

from newsletter import pipeline
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.errors import Refused, SettingsError, StoreError
from newsletter.model.delivery import DeliveryState, HoldReason
from newsletter.model.identifiers import instance_name
from newsletter.model.issue import IssueState
from newsletter.operations import restore_guard
from newsletter.operations.restore_guard import (
    RESTORED,
    Marker,
    marker_file,
    mismatch_reason,
    read_marker,
    require_same_secret,
    resume_only_copy,
    verify_identity,
)
from newsletter.store.delivery.status import recipient_statuses
from newsletter.store.flow_control import kill_switch
from newsletter.store.issues import issues
from newsletter.store.operations import database_identity
from newsletter.store.operations.database_identity import DatabaseIdentity
from newsletter.store.operations.restore import REASON, Restored
from newsletter.store.tables import batch
from newsletter.store.tables import database_identity as table
from newsletter.workers import scheduler

HERE = DatabaseIdentity(name="a", place="here", submitted_count=5)


@pytest.mark.parametrize(
    ("outside", "place", "why"),
    [
        (HERE, "here", None),
        (DatabaseIdentity(name="a", place="here", submitted_count=4), "here", None),
        (
            DatabaseIdentity(name="a", place="here", submitted_count=6),
            "here",
            "it is older than what",
        ),
        (
            DatabaseIdentity(name="b", place="here", submitted_count=5),
            "here",
            "the marker file beside it belongs",
        ),
        (None, "here", "the marker file beside it is missing"),
        (HERE, "there", "it is a copy: it was at here and is now at there"),
    ],
)
def test_a_database_is_known_as_a_copy(
    outside: DatabaseIdentity | None, place: str, why: str | None
) -> None:
    found = mismatch_reason(HERE, outside, place=place, needs_file=True)
    assert (found or "").startswith(why or "-") if why else found is None


def test_another_machine_may_send_from_postgresql_without_a_file() -> None:
    assert mismatch_reason(HERE, None, place="here", needs_file=False) is None


def stopped(house: House) -> str:
    with house.app.database.read() as connection:
        found = kill_switch.active_stop(connection)
    return found.reason if found else ""


def check(house: House) -> None:
    verify_identity(house.app.database, house.folder, now=house.now)


def resumed(house: House) -> Restored:
    return resume_only_copy(
        house.app.database,
        house.folder,
        instance=instance_name(house.app.secret),
        now=house.now,
    )


def rewind(house: House, by: int = 1) -> None:
    """
    The database is as it was before the last submissions, as one from a backup is.
    """
    with house.app.database.write() as connection:
        connection.execute(sa.update(table).values(submitted_count=table.c.submitted_count - by))


def test_the_database_that_sent_goes_on_sending(house: House) -> None:
    house.add_list()
    house.add_readers(2)
    for title in ("The Quiet Quay", "The Loud Quay"):
        pipeline.publish_issue(house.app.publishing, house.add_issue(title))
        house.submit_all()
    assert (stopped(house), len(house.mailed())) == ("", 4)
    with house.app.database.read() as connection:
        kept = database_identity.load_identity(connection)
    assert kept is not None
    assert kept.submitted_count >= 2
    assert (
        restore_guard.read_marker(restore_guard.marker_file(house.app.database, house.folder))
        == kept
    )


def test_a_restored_database_hands_nothing_over(house: House) -> None:
    house.add_list()
    house.add_readers(2)
    pipeline.publish_issue(house.app.publishing, house.add_issue())
    house.submit_all()
    rewind(house)
    issue_id = house.add_issue("The Loud Quay")
    pipeline.publish_issue(house.app.publishing, issue_id)
    house.submit_all(until=lambda: True)
    assert (
        stopped(house) == "it is older than what was sent from here: it was restored from a backup"
    )
    assert (states(house, issue_id), len(house.mailed())) == ({"pending": 2}, 2)
    assert scheduler.tick(house.app.publishing) == []


def test_the_only_copy_sends_again_and_a_person_decides_about_what_was_on_its_way(
    house: House,
) -> None:
    issue_id, dispatcher = sending(house, Scripted([all_of(ACCEPTED)]), readers=4)
    check(house)
    assert dispatcher.prepare_next() is not None
    rewind(house)
    check(house)
    restored = resumed(house)
    assert (restored.paused, restored.uncertain_batches) == ([issue_id], 1)
    assert states(house, issue_id) == {"pending": 2, "uncertain": 2}
    assert (stopped(house), house.state(issue_id)) == ("", IssueState.PAUSED)
    reconcile_next(dispatcher)
    assert states(house, issue_id) == {"pending": 2, "uncertain": 2}
    check(house)
    assert stopped(house) == ""


def test_who_was_held_for_the_canary_is_told_apart_after_a_restore(house: House) -> None:
    issue_id, dispatcher = sending(house, Scripted([all_of(ACCEPTED)]), readers=2)
    check(house)
    assert dispatcher.prepare_next() is not None
    with house.app.database.write() as connection:
        connection.execute(sa.update(batch).values(hold=HoldReason.CANARY))
    rewind(house)
    check(house)
    resumed(house)
    with house.app.database.read() as connection:
        found = recipient_statuses(connection, issue_id, only=DeliveryState.UNCERTAIN)
    assert {who.reason for who in found} == {REASON}


def test_slots_and_issues_of_the_gap_are_not_made_up_for(house: House) -> None:
    house.add_list()
    house.add_readers(1)
    house.add_schedule(sources=())
    later = house.add_issue()
    with house.app.database.write() as connection:
        at = house.now + dt.timedelta(hours=1)
        issues.move_issue(connection, later, IssueState.SCHEDULED, send_at=at)
        kill_switch.engage(connection, kill_switch.StopKind.COPY, reason="a copy", now=house.now)
    house.now += dt.timedelta(days=2)
    restored = resumed(house)
    assert (restored.missed, scheduler.tick(house.app.publishing)) == ([later], [])
    assert house.state(later) == IssueState.MISSED


def test_a_database_that_is_no_copy_has_nothing_to_resume(house: House) -> None:
    check(house)
    with pytest.raises(Refused, match="this database is not a copy"):
        resumed(house)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_a_person_said_on_one_machine_holds_on_the_others(house: House) -> None:
    elsewhere = house.folder / "elsewhere"
    elsewhere.mkdir()
    for folder in (house.folder, elsewhere):
        verify_identity(house.app.database, folder, now=house.now)
    rewind(house)
    check(house)
    resumed(house)
    verify_identity(house.app.database, elsewhere, now=house.now)
    assert stopped(house) == ""
    rewind(house)
    verify_identity(house.app.database, elsewhere, now=house.now)
    assert (
        stopped(house) == "it is older than what was sent from here: it was restored from a backup"
    )


def test_nobody_sends_or_serves_with_another_secret_than_signed_the_links(house: House) -> None:
    check(house)
    database = house.app.database
    for instance in ("mine", "mine"):
        require_same_secret(database, instance)
    with pytest.raises(SettingsError, match="copy it from the machine that has it"):
        require_same_secret(database, "another")


def test_where_the_secret_is_lost_a_person_says_so_and_another_signs(house: House) -> None:
    check(house)
    require_same_secret(house.app.database, "lost")
    with pytest.raises(SettingsError, match="the old links stop working"):
        house.submit_all(until=lambda: True)
    resumed(house)
    house.submit_all(until=lambda: True)
    assert stopped(house) == ""


def test_submissions_of_a_failed_heartbeat_are_counted_at_the_next(house: House) -> None:
    check(house)
    memory = Marker(house.app.database, house.folder)

    def beat(*, breaks: bool) -> None:
        with house.app.database.write() as connection:
            memory.advance(connection, 3)
            if breaks:
                raise StoreError("the disk is full")
        memory.write()

    with pytest.raises(StoreError):
        beat(breaks=True)
    beat(breaks=False)
    outside = read_marker(marker_file(house.app.database, house.folder))
    assert outside is not None
    assert outside.submitted_count == 1


def test_a_database_that_is_restored_under_a_sender_stops_everything(house: House) -> None:
    check(house)
    memory, begun = Marker(house.app.database, house.folder), itertools.count(1)

    def beat() -> str:
        with house.app.database.write() as connection:
            memory.watch(connection, now=house.now)
            memory.advance(connection, next(begun))
        memory.write()
        return stopped(house)

    assert (beat(), beat()) == ("", "")
    rewind(house)
    assert beat() == RESTORED
    resumed(house)
    assert beat() == ""

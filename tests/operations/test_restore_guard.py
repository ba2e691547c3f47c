"""
The restore guard: which databases send nothing until a person says so, and what they do then.
"""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import Installation
from no_free_files import no_free_files
from scripted_provider import ACCEPTED, Scripted, all_of, sending, states

from newsletter import pipeline
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.errors import Refused, SettingsError, StoreError
from newsletter.model.delivery import DeliveryState, HoldReason
from newsletter.model.identifiers import SigningKeys
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
from newsletter.store.delivery.status.recipients import recipient_statuses
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


def stopped(installation: Installation) -> str:
    with installation.app.database.read() as connection:
        found = kill_switch.active_stop(connection)
    return found.reason if found else ""


def check(installation: Installation) -> None:
    verify_identity(installation.app.database, installation.folder, now=installation.now)


def resumed(installation: Installation) -> Restored:
    return resume_only_copy(
        installation.app.database,
        installation.folder,
        keys=installation.app.signing_keys,
        now=installation.now,
    )


def rewind(installation: Installation, by: int = 1) -> None:
    """
    The database is as it was before the last submissions, as one from a backup is.
    """
    with installation.app.database.write() as connection:
        connection.execute(sa.update(table).values(submitted_count=table.c.submitted_count - by))


def test_the_database_that_sent_goes_on_sending(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    for title in ("The Quiet Quay", "The Loud Quay"):
        pipeline.publish_issue(installation.app.publishing, installation.add_issue(title))
        installation.submit_all()
    assert (stopped(installation), len(installation.mailed())) == ("", 4)
    with installation.app.database.read() as connection:
        kept = database_identity.load_identity(connection)
    assert kept is not None
    assert kept.submitted_count >= 2
    assert (
        restore_guard.read_marker(
            restore_guard.marker_file(installation.app.database, installation.folder)
        )
        == kept
    )


def test_a_restored_database_hands_nothing_over(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    pipeline.publish_issue(installation.app.publishing, installation.add_issue())
    installation.submit_all()
    rewind(installation)
    issue_id = installation.add_issue("The Loud Quay")
    pipeline.publish_issue(installation.app.publishing, issue_id)
    installation.submit_all(until=lambda: True)
    assert (
        stopped(installation)
        == "it is older than what was sent from here: it was restored from a backup"
    )
    assert (states(installation, issue_id), len(installation.mailed())) == ({"pending": 2}, 2)
    assert scheduler.tick(installation.app.publishing) == []


def test_the_only_copy_sends_again_and_a_person_decides_about_what_was_on_its_way(
    installation: Installation,
) -> None:
    issue_id, dispatcher = sending(installation, Scripted([all_of(ACCEPTED)]), readers=4)
    check(installation)
    assert dispatcher.prepare_next() is not None
    rewind(installation)
    check(installation)
    restored = resumed(installation)
    assert (restored.paused, restored.uncertain_batches) == ([issue_id], 1)
    assert states(installation, issue_id) == {"pending": 2, "uncertain": 2}
    assert (stopped(installation), installation.state(issue_id)) == ("", IssueState.PAUSED)
    reconcile_next(dispatcher)
    assert states(installation, issue_id) == {"pending": 2, "uncertain": 2}
    check(installation)
    assert stopped(installation) == ""


def test_who_was_held_for_the_canary_is_told_apart_after_a_restore(
    installation: Installation,
) -> None:
    issue_id, dispatcher = sending(installation, Scripted([all_of(ACCEPTED)]), readers=2)
    check(installation)
    assert dispatcher.prepare_next() is not None
    with installation.app.database.write() as connection:
        connection.execute(sa.update(batch).values(hold=HoldReason.CANARY))
    rewind(installation)
    check(installation)
    resumed(installation)
    with installation.app.database.read() as connection:
        found = recipient_statuses(connection, issue_id, only=DeliveryState.UNCERTAIN)
    assert {who.reason for who in found} == {REASON}


def test_slots_and_issues_of_the_gap_are_not_made_up_for(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(1)
    installation.add_schedule(sources=())
    later = installation.add_issue()
    with installation.app.database.write() as connection:
        at = installation.now + dt.timedelta(hours=1)
        issues.move_issue(connection, later, IssueState.SCHEDULED, send_at=at)
        kill_switch.engage(
            connection, kill_switch.StopKind.COPY, reason="a copy", now=installation.now
        )
    installation.now += dt.timedelta(days=2)
    restored = resumed(installation)
    assert (restored.missed, scheduler.tick(installation.app.publishing)) == ([later], [])
    assert installation.state(later) == IssueState.MISSED


def test_a_database_that_is_no_copy_has_nothing_to_resume(installation: Installation) -> None:
    check(installation)
    with pytest.raises(Refused, match="this database is not a copy"):
        resumed(installation)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_a_person_said_on_one_machine_holds_on_the_others(installation: Installation) -> None:
    elsewhere = installation.folder / "elsewhere"
    elsewhere.mkdir()
    for folder in (installation.folder, elsewhere):
        verify_identity(installation.app.database, folder, now=installation.now)
    rewind(installation)
    check(installation)
    resumed(installation)
    verify_identity(installation.app.database, elsewhere, now=installation.now)
    assert stopped(installation) == ""
    rewind(installation)
    verify_identity(installation.app.database, elsewhere, now=installation.now)
    assert (
        stopped(installation)
        == "it is older than what was sent from here: it was restored from a backup"
    )


def test_nobody_sends_or_serves_with_another_secret_than_signed_the_links(
    installation: Installation,
) -> None:
    check(installation)
    database = installation.app.database
    for _ in range(2):
        require_same_secret(database, SigningKeys(("mine",)))
    with pytest.raises(SettingsError, match="copy it from the machine that has it"):
        require_same_secret(database, SigningKeys(("another",)))


def test_where_the_secret_is_lost_a_person_says_so_and_another_signs(
    installation: Installation,
) -> None:
    check(installation)
    require_same_secret(installation.app.database, SigningKeys(("lost",)))
    with pytest.raises(SettingsError, match="the old links stop working"):
        installation.submit_all(until=lambda: True)
    resumed(installation)
    installation.submit_all(until=lambda: True)
    assert stopped(installation) == ""


def test_submissions_of_a_failed_heartbeat_are_counted_at_the_next(
    installation: Installation,
) -> None:
    check(installation)
    memory = Marker(installation.app.database, installation.folder)

    def heartbeat(*, breaks: bool) -> None:
        with installation.app.database.write() as connection:
            memory.advance(connection, 3)
            if breaks:
                raise StoreError("the disk is full")
        memory.write()

    with pytest.raises(StoreError):
        heartbeat(breaks=True)
    heartbeat(breaks=False)
    outside = read_marker(marker_file(installation.app.database, installation.folder))
    assert outside is not None
    assert outside.submitted_count == 1


def test_a_database_that_is_restored_under_a_sender_stops_everything(
    installation: Installation,
) -> None:
    check(installation)
    memory, begun = Marker(installation.app.database, installation.folder), itertools.count(1)

    def heartbeat() -> str:
        with installation.app.database.write() as connection:
            memory.watch(connection, now=installation.now)
            memory.advance(connection, next(begun))
        memory.write()
        return stopped(installation)

    assert (heartbeat(), heartbeat()) == ("", "")
    rewind(installation)
    assert heartbeat() == RESTORED
    resumed(installation)
    assert heartbeat() == ""


def test_what_cannot_be_read_at_the_moment_makes_no_database_a_copy(
    installation: Installation,
) -> None:
    check(installation)
    with no_free_files(), pytest.raises(StoreError, match="Too many open files"):
        check(installation)
    check(installation)
    assert stopped(installation) == ""


def test_a_marker_file_that_cannot_be_read_is_not_a_missing_one(tmp_path: Path) -> None:
    assert read_marker(tmp_path / "none") is None
    with pytest.raises(StoreError, match="let this user read it"):
        read_marker(tmp_path)


def test_a_damaged_marker_file_counts_as_missing(tmp_path: Path) -> None:
    for text in (b"", b"{", b"[]", b"{}", b"\xff"):
        (tmp_path / "marker").write_bytes(text)
        assert read_marker(tmp_path / "marker") is None

"""
Who left stays out: what a restored backup or a copy does not know is read from the departures file.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import Installation
from origins import READER

from newsletter.actions.operations import installation as actions
from newsletter.actions.operations import secrets
from newsletter.actions.operations.departures import complete_file
from newsletter.actions.people import lists, subscribers, suppressions
from newsletter.actions.people.person import show
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.errors import StoreError
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR
from newsletter.operations.restore_guard import require_same_secret, verify_identity
from newsletter.operations.resume import resume_installation
from newsletter.store.database import Database
from newsletter.store.migrate import head, upgrade
from newsletter.store.tables import list_settings
from subscribers.audience.selection import select_audience
from subscribers.database.history_tables import history
from subscribers.database.request_tables import departure
from subscribers.departures.file import DepartureFile
from subscribers.departures.model import DepartureKind
from subscribers.errors import SubscribersError, UnknownSubscriber
from subscribers.lists import find_list
from subscribers.model import ImportReport, SubscriptionState
from subscribers.preferences.address import change_address
from subscribers.subscriptions.end import unsubscribe_address
from subscribers.suppression.model import ALL_LISTS
from subscribers.validation.address import parse_address

ADA, BEA, CARL, DORA, EVE = (
    f"{name}@example.org" for name in ("ada", "bea", "carl", "dora", "eve")
)


@pytest.fixture
def filled(installation: Installation) -> Installation:
    """
    An installation with four readers of the list daily, which has sent.
    """
    installation.add_list()
    installation.subscribe([ADA, BEA, CARL, DORA])
    verify_identity(installation.app.database, installation.folder, now=installation.now)
    require_same_secret(installation.app.database, installation.app.signing_keys)
    return installation


def leave(installation: Installation, address: str, slug: str = "daily") -> None:
    subscribers.unsubscribe(installation.app, address, slug, by=OPERATOR)


def rename(installation: Installation, old: str, new: str) -> None:
    lists.edit(installation.app, old, ListValues(slug=new), by=OPERATOR)


def come_back(installation: Installation, address: str) -> None:
    installation.now += dt.timedelta(hours=1)
    subscribers.add(
        installation.app, address, "daily", by=OPERATOR, consent="again", resubscribe=True
    )
    assert address in active(installation)


def lines(installation: Installation) -> list[DepartureKind]:
    return [line.kind for line in installation.app.departure_log.file.read() if line is not None]


def active(installation: Installation) -> set[str]:
    """
    The addresses that an issue to any list would go to.
    """
    found = set()
    for address in (ADA, BEA, CARL, DORA):
        try:
            person = show(installation.app, address, by=OPERATOR).person
        except UnknownSubscriber:
            continue
        suppressed = {each.scope for each in person.suppressions}
        for each in person.subscriptions:
            scopes = {ALL_LISTS, each.list_slug}
            if each.state is SubscriptionState.ACTIVE and not suppressed & scopes:
                found.add(address)
    return found


def import_eve(installation: Installation) -> ImportReport:
    """
    Import a file in which Eve is active.
    """
    file = installation.folder / "people.csv"
    file.write_text(f"email\n{EVE}\n")
    return subscribers.import_people(
        installation.app,
        [file],
        "daily",
        by=OPERATOR,
        consent="asked",
        dry_run=False,
        progress=lambda done, size: None,
    )["daily"]


def held(installation: Installation) -> list[str]:
    with installation.app.database.read() as connection:
        reasons = sa.select(list_settings.c.held_reason)
        return [reason for reason in connection.scalars(reasons) if reason]


def test_whatever_ends_suppresses_or_erases_is_in_the_table_and_in_the_file(
    filled: Installation,
) -> None:
    leave(filled, ADA)
    suppressions.add(filled.app, BEA, by=OPERATOR, values=SuppressionValues())
    subscribers.erase_person(filled.app, CARL, by=OPERATOR)
    kinds = [DepartureKind.LEFT, DepartureKind.SUPPRESSED, DepartureKind.ERASED]
    assert lines(filled) == kinds
    with filled.app.database.read() as connection:
        rows = connection.execute(sa.select(departure).order_by(departure.c.id)).all()
    assert [row.what for row in rows] == kinds
    hashed = [filled.app.links.keys.fingerprint(key) for key in (ADA, BEA, CARL)]
    assert [row.email_hash for row in rows] == hashed
    assert [row.scope for row in rows] == ["daily", "", ""]
    assert "example" not in filled.app.departure_log.file.path.read_text()


def test_an_import_notes_who_is_ended_by_it(filled: Installation) -> None:
    file = filled.folder / "people.csv"
    file.write_text(f"email,status\n{ADA},unsubscribed\n{BEA},bounced\n{DORA},active\n")
    subscribers.import_people(
        filled.app,
        [file],
        "daily",
        by=OPERATOR,
        consent=None,
        dry_run=False,
        progress=lambda done, size: None,
    )
    keys = filled.app.links.keys
    named = {keys.fingerprint(key): key for key in (ADA, BEA, DORA)}
    found = {
        (named[line.email_hash], line.kind) for line in filled.app.departure_log.file.read() if line
    }
    assert {address for address, _ in found} == {ADA, BEA}


def test_nothing_of_a_transaction_that_fails_is_written(filled: Installation) -> None:
    with pytest.raises(SubscribersError):
        subscribers.unsubscribe(filled.app, "nobody@example.org", "daily", by=OPERATOR)
    assert lines(filled) == []


def test_a_server_that_ends_the_connection_is_named_and_nothing_is_written(
    tmp_path: Path, new_postgres: Callable[[], Database]
) -> None:
    database = new_postgres()
    upgrade(database)
    url = database.engine.url.render_as_string(hide_password=False)
    installation = Installation(tmp_path, url, now=dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC))
    installation.add_list()
    installation.subscribe([ADA])

    def end_connection(connection: sa.Connection) -> None:
        number = connection.scalar(sa.text("SELECT pg_backend_pid()"))
        with database.read() as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:n, 5000)"), {"n": number})

    with pytest.raises(StoreError, match="the server ended the connection"):
        leave_before(installation, ADA, end_connection)
    assert (lines(installation), active(installation)) == ([], {ADA})
    leave(installation, ADA)
    assert lines(installation) == [DepartureKind.LEFT]
    installation.close()


def leave_before(
    installation: Installation, address: str, event: Callable[[sa.Connection], None]
) -> None:
    """
    Let somebody leave, and *event* happen to the connection before the commit.
    """
    with installation.app.database.write() as connection:
        unsubscribe_address(
            connection,
            parse_address(address),
            mailing_list=find_list(connection, "daily"),
            reason="",
            by=READER,
            now=installation.now,
        )
        event(connection)
        connection.execute(sa.select(1))


def test_a_line_is_on_disk_before_its_transaction_is_committed(filled: Installation) -> None:
    seen = []

    def before_commit(connection: sa.Connection) -> None:
        seen.append(lines(filled))

    sa.event.listen(filled.app.database.engine, "commit", before_commit)
    leave(filled, ADA)
    assert seen == [[DepartureKind.LEFT]]


def test_nobody_is_kept_from_leaving_by_a_file_that_cannot_be_written(
    filled: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    log = filled.app.departure_log
    path = log.file.path
    path.mkdir()
    leave(filled, ADA)
    assert active(filled) == {BEA, CARL, DORA}
    assert [record.event for record in caplog.records if hasattr(record, "event")] == [
        "departures.not_written"
    ]
    path.rmdir()
    leave(filled, BEA)
    assert lines(filled) == [DepartureKind.LEFT] * 2


def test_what_the_file_lacks_is_added_from_the_table_when_a_process_starts(
    filled: Installation,
) -> None:
    complete_file(filled.app)
    assert filled.app.departure_log.file.path.exists()
    leave(filled, ADA)
    leave(filled, BEA)
    path = filled.app.departure_log.file.path
    text = path.read_text().splitlines(keepends=True)
    path.write_text(text[1])
    complete_file(filled.app)
    complete_file(filled.app)
    assert sorted(path.read_text().splitlines(keepends=True)) == sorted(text)


Restore = Callable[[Installation], actions.Restoration]
# A backup on PostgreSQL is made by pg_dump.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def restore(tmp_path: Path, filled: Installation) -> Restore:
    """
    Restores the backup that `back_up` made.
    """
    with filled.app.database.write() as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num TEXT)"))
        newest = {"newest": head()}
        connection.execute(sa.text("INSERT INTO alembic_version VALUES (:newest)"), newest)

    def run(installation: Installation) -> actions.Restoration:
        return actions.restore_backup(installation.app, tmp_path / "backup.db", by=OPERATOR)

    return run


def back_up(installation: Installation) -> None:
    file = installation.folder / "backup.db"
    file.touch()
    actions.back_up(installation.app, file, by=OPERATOR)


@on_sqlite
def test_who_left_after_the_backup_stays_out(filled: Installation, restore: Restore) -> None:
    back_up(filled)
    leave(filled, ADA)
    suppressions.add(filled.app, BEA, by=OPERATOR, values=SuppressionValues())
    subscribers.erase_person(filled.app, CARL, by=OPERATOR)
    done = restore(filled)
    assert done.merged.replayed.as_json() == {
        "left": 1,
        "suppressed": 1,
        "erased": 1,
        "unknown": 0,
        "damaged": 0,
    }
    assert active(filled) == {DORA}
    assert held(filled) == []
    with pytest.raises(UnknownSubscriber):
        show(filled.app, CARL, by=OPERATOR)


@on_sqlite
def test_who_left_and_came_back_before_the_backup_stays(
    filled: Installation, restore: Restore
) -> None:
    leave(filled, ADA)
    come_back(filled, ADA)
    back_up(filled)
    assert restore(filled).merged.replayed.left == 0
    assert active(filled) == {ADA, BEA, CARL, DORA}


@on_sqlite
def test_who_left_after_the_backup_and_came_back_stays_out(
    filled: Installation, restore: Restore
) -> None:
    back_up(filled)
    leave(filled, ADA)
    come_back(filled, ADA)
    restore(filled)
    assert active(filled) == {BEA, CARL, DORA}
    # A second restore of the same backup does it again.
    restore(filled)
    assert active(filled) == {BEA, CARL, DORA}


@on_sqlite
def test_who_is_not_in_the_backup_is_brought_back_by_no_import(
    filled: Installation, restore: Restore
) -> None:
    back_up(filled)
    filled.subscribe([EVE])
    leave(filled, EVE)
    assert restore(filled).merged.replayed.unknown == 1
    assert import_eve(filled).created == 0


@on_sqlite
def test_who_left_a_list_that_was_renamed_after_the_backup_stays_out(
    filled: Installation, restore: Restore
) -> None:
    back_up(filled)
    rename(filled, "daily", "weekly")
    leave(filled, ADA, "weekly")
    suppressions.add(filled.app, BEA, by=OPERATOR, values=SuppressionValues(list_slug="weekly"))
    filled.subscribe([EVE], "weekly")
    leave(filled, EVE, "weekly")
    restore(filled)
    assert active(filled) == {CARL, DORA}
    assert import_eve(filled).created == 0


@on_sqlite
def test_who_left_one_of_two_lists_that_exchanged_slugs_after_the_backup_stays_out(
    filled: Installation, restore: Restore
) -> None:
    filled.add_list("weekly")
    back_up(filled)
    for old, new in (("daily", "other"), ("weekly", "daily"), ("other", "weekly")):
        rename(filled, old, new)
    leave(filled, ADA, "weekly")
    restore(filled)
    assert active(filled) == {BEA, CARL, DORA}


@on_sqlite
def test_who_left_a_list_that_was_added_after_the_backup_stays_on_the_others(
    filled: Installation, restore: Restore
) -> None:
    back_up(filled)
    filled.add_list("weekly")
    filled.subscribe([ADA, EVE], "weekly")
    leave(filled, ADA, "weekly")
    leave(filled, EVE, "weekly")
    restore(filled)
    ada = show(filled.app, ADA, by=OPERATOR).person
    assert [each.state for each in ada.subscriptions] == [SubscriptionState.ACTIVE]
    assert [each.scope for each in ada.suppressions] == ["weekly"]
    assert import_eve(filled).created == 1


@on_sqlite
def test_who_left_a_list_that_the_backup_lacks_is_kept_out_of_one_added_later_under_its_slug(
    filled: Installation, restore: Restore
) -> None:
    back_up(filled)
    filled.add_list("weekly")
    filled.subscribe([ADA], "weekly")
    leave(filled, ADA, "weekly")
    values = SuppressionValues(list_slug="weekly")
    suppressions.add(filled.app, BEA, by=OPERATOR, values=values)
    for _ in range(2):
        restore(filled)
        assert active(filled) == {ADA, BEA, CARL, DORA}
    with filled.app.database.read() as connection:
        assert set(connection.scalars(sa.select(departure.c.scope))) == {"weekly"}
        details = connection.scalars(
            sa.select(history.c.detail).where(history.c.what == "suppressed")
        )
        assert {detail["list"] for detail in details} == {"weekly"}

    filled.add_list("weekly")
    filled.subscribe([CARL], "weekly")
    subscribers.add(filled.app, BEA, "weekly", by=OPERATOR, consent="a card")
    with filled.app.database.read() as connection:
        weekly = find_list(connection, "weekly")
        rows = connection.execute(select_audience([weekly], now=filled.now))
        assert [row.email for row in rows] == [CARL]


@on_sqlite
def test_what_a_person_left_before_they_moved_stays_left_under_the_new_address(
    filled: Installation, restore: Restore
) -> None:
    back_up(filled)
    leave(filled, ADA)
    person = show(filled.app, ADA, by=OPERATOR).person.id
    with filled.app.database.write() as connection:
        eve = parse_address(EVE)
        change_address(connection, person, eve, by=READER, now=filled.now)
    restore(filled)
    assert import_eve(filled).created == 0


@on_sqlite
def test_the_former_database_tells_too_who_left(filled: Installation, restore: Restore) -> None:
    back_up(filled)
    leave(filled, ADA)
    filled.app.departure_log.file.path.unlink()
    assert restore(filled).merged.replayed.left == 1
    assert (active(filled), held(filled)) == ({BEA, CARL, DORA}, [])


@on_sqlite
def test_where_nothing_tells_who_left_the_lists_are_held(
    filled: Installation, restore: Restore
) -> None:
    back_up(filled)
    leave(filled, ADA)
    filled.app.departure_log.file.path.unlink()
    assert filled.app.database.file is not None
    filled.app.database.close()
    filled.app.database.file.unlink()
    assert restore(filled).merged.is_held
    assert len(held(filled)) == 1


@on_sqlite
def test_an_address_is_recognised_after_the_secret_was_rotated(
    filled: Installation, restore: Restore
) -> None:
    back_up(filled)
    leave(filled, ADA)
    secrets.rotate(filled.app, by=OPERATOR)
    for name in ("signing_secrets", "instance", "links"):
        filled.app.__dict__.pop(name, None)
    assert restore(filled).merged.replayed.left == 1
    assert active(filled) == {BEA, CARL, DORA}


def as_copy(installation: Installation) -> None:
    """
    Make the database look as if it was copied from another place.
    """
    with installation.app.database.write() as connection:
        connection.execute(sa.text("UPDATE database_identity SET place = 'elsewhere'"))
    verify_identity(installation.app.database, installation.folder, now=installation.now)


def test_a_copy_sends_again_without_those_who_left_on_other_machines(filled: Installation) -> None:
    complete_file(filled.app)
    leave(filled, ADA)
    own = filled.app.departure_log.file.path
    other = own.with_name("other.log")
    shutil.copy(own, other)
    with filled.app.database.write() as connection:
        # The copy was made before.
        connection.execute(departure.delete())
        connection.execute(sa.text("UPDATE subscription SET state = 'active'"))
    own.unlink()
    as_copy(filled)
    resumed = resume_installation(filled.app, [other], by=OPERATOR)
    assert resumed.merged is not None
    assert (resumed.merged.replayed.left, resumed.merged.is_held) == (1, False)
    assert active(filled) == {BEA, CARL, DORA}


def test_a_copy_without_any_file_holds_its_lists(filled: Installation) -> None:
    as_copy(filled)
    # A file that is begun on the copy does not tell who left before.
    complete_file(filled.app)
    leave(filled, ADA)
    resumed = resume_installation(filled.app, [], by=OPERATOR)
    assert resumed.merged is not None
    assert resumed.merged.is_held
    assert len(held(filled)) == 1


def test_a_million_lines_of_a_known_past_change_nothing(filled: Installation) -> None:
    leave(filled, ADA)
    path = filled.app.departure_log.file.path
    path.write_text(path.read_text() * 20_000)
    as_copy(filled)
    resumed = resume_installation(filled.app, [DepartureFile(path).path], by=OPERATOR)
    assert resumed.merged is not None
    assert resumed.merged.replayed.left == 0

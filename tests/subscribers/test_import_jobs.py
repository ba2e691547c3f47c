"""
Imports as jobs: continued to the same end, and worked by one process at a time.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import ImportText, states

from newsletter.store.database import Database
from subscribers.database.tables import metadata
from subscribers.erasure import erase
from subscribers.errors import ImportBlocked, JobRefused
from subscribers.fields.declare import add_field
from subscribers.fields.model import FieldType
from subscribers.import_export.importer import import_csv
from subscribers.import_export.jobs.connection import open_connection
from subscribers.import_export.jobs.lock import hold, is_held
from subscribers.import_export.jobs.model import FileJob, JobKind, JobState
from subscribers.import_export.jobs.records import due_jobs, end, find_job
from subscribers.import_export.jobs.work_import import work_import
from subscribers.lists import add_list, find_list
from subscribers.model import ImportReport, MailingList
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

ROWS = 4_500


def mixed_rows() -> str:
    """
    Return a file with people of every status, twice, with errors and with duplicates across
    batches.
    """
    words = itertools.cycle(["active", "unsubscribed", "bounced", "pending", "what", "active"])
    lines = [f"p{n}@example.org,Name {n},{next(words)},Europe/Oslo" for n in range(ROWS)]
    lines[100] = "nobody,,active,"
    lines[2_100] = "p7@example.org,Other,bounced,Nowhere/At-all"
    lines[3_200] = "p4@example.org,Said what,active,"
    lines[4_200] = "p12@example.org,Again,active,Mars/Base"
    return "email,name,status,timezone\n" + "\n".join(lines) + "\n"


def contents(engine: sa.Engine) -> dict[str, list[tuple[Any, ...]]]:
    """
    Return the rows of every table, without those of the job itself.
    """
    with engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
            if table.name not in ("file_job", "epoch")
        }


class Killed(BaseException):
    """
    Stands for the end of the process at that moment.
    """


@pytest.fixture
def reference(sqlite_template: Path, tmp_path: Path) -> Iterator[sa.Engine]:
    """
    Another database, for an import that nothing interrupts.
    """
    (tmp_path / "reference").mkdir()
    file = tmp_path / "reference" / "newsletter.db"
    shutil.copy(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    yield database.engine
    database.close()


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(mixed_rows(), encoding="utf-8")
    return file


def test_a_killed_import_continues_to_the_same_end(
    engine: sa.Engine, reference: sa.Engine, people: Path, now: dt.datetime
) -> None:
    for each in (engine, reference):
        with each.begin() as connection:
            add_list(connection, "weekly", name="Weekly", now=now)
            add_field(connection, "edition", FieldType.TEXT, labels={})
    whole = import_into(reference, people, now)
    assert whole.errors_file is not None
    rejected = whole.errors_file.read_text()
    whole.errors_file.unlink()

    for batches in (0, 1, 2, 1):
        with pytest.raises(Killed):
            import_into(engine, people, now, progress=kill_after(batches))
    report = import_into(engine, people, now + dt.timedelta(hours=1))

    assert report == whole
    assert contents(engine) == contents(reference)
    assert report.errors_file is not None
    assert report.errors_file.read_text() == rejected
    assert [path.name for path in people.parent.iterdir() if ".new" in path.name] == []


def test_what_was_written_before_the_transaction_failed_is_not_kept_twice(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime
) -> None:
    whole = import_into(engine, people, now, list_slug="weekly")
    assert whole.errors_file is not None
    rejected = whole.errors_file.read_text()
    whole.errors_file.unlink()
    with engine.begin() as connection:
        add_list(connection, "other", name="Other", now=now)
    with pytest.raises(Killed):
        import_into(engine, people, now, list_slug="other", progress=kill_after(1))
    (unfinished,) = (path for path in people.parent.iterdir() if path.name.endswith(".new"))
    with unfinished.open("a") as file:
        file.write("half a row that no transaction counted")

    report = import_into(engine, people, now, list_slug="other")

    assert report.errors_file is not None
    assert report.errors_file.read_text() == rejected


def test_a_dry_run_of_a_file_that_repeats_people_counts_as_the_import_does(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime
) -> None:
    dry = import_into(engine, people, now, dry_run=True)
    report = import_into(engine, people, now)
    assert dataclasses.replace(report, errors_file=None) == dry


def test_a_word_that_refuses_somebody_counts_against_every_later_row(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime
) -> None:
    people.write_text(
        "email,status\nada@example.org,what\n"
        + "".join(f"p{n}@example.org,active\n" for n in range(1_500))
        + "ada@example.org,active\n"
    )
    report = import_into(engine, people, now)
    assert (report.refused, report.duplicate) == (1, 1)
    assert "ada@example.org" not in states(engine)


def test_two_processes_never_work_one_import(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime
) -> None:
    refused: list[str] = []

    def try_too(_done: int, _size: int) -> None:
        with pytest.raises(JobRefused) as error:
            import_into(engine, people, now)
        refused.append(str(error.value))
        with pytest.raises(JobRefused, match="another process is already working on"):
            work_import(engine, 1, keyring=None, now=now)

    import_into(engine, people, now, progress=try_too)

    assert set(refused) == {
        "import 1 is importing people.csv now: newsletter import show 1 says how far it is"
    }
    assert len(refused) == 5


def test_a_lock_ends_with_its_holder(engine: sa.Engine) -> None:
    with open_connection(engine) as one, open_connection(engine) as other:
        with hold(one, 7) as is_first:
            assert (is_first, is_held(other, 7), is_held(other, 8)) == (True, True, False)
            with hold(other, 7) as is_second:
                assert not is_second
        assert not is_held(other, 7)
        with hold(other, 7) as is_free:
            assert is_free


def test_a_file_that_changed_is_not_continued(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime
) -> None:
    with pytest.raises(Killed):
        import_into(engine, people, now, progress=kill_after(1))
    people.write_text(mixed_rows() + "new@example.org,New,active,\n")
    with pytest.raises(ImportBlocked, match="this file has changed since import 1 began"):
        work_import(engine, 1, keyring=None, now=now)
    assert (job(engine).state, "has changed" in job(engine).error) == (JobState.STOPPED, True)
    assert import_into(engine, people, now).number == 2


def test_an_import_with_other_options_does_not_continue_an_interrupted_one(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime
) -> None:
    with pytest.raises(Killed):
        import_into(engine, people, now, progress=kill_after(1))
    with pytest.raises(JobRefused, match="newsletter import resume 1 continues it"):
        import_into(engine, people, now, consent="another form")
    report = work_import(engine, 1, keyring=None, now=now)
    assert report is not None
    assert report.rows == ROWS


def test_an_import_that_a_person_stops_waits_for_a_person(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime
) -> None:
    def stop(_done: int, _size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_into(engine, people, now, progress=stop)
    assert (job(engine).state, job(engine).position) == (JobState.STOPPED, 1_000)
    with engine.connect() as connection:
        assert due_jobs(connection) == []


def test_an_import_that_cannot_go_on_for_now_is_stopped_and_can_be_continued(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime
) -> None:
    keyring = KeyRing(b"a secret of at least sixteen bytes")
    with pytest.raises(Killed):
        import_into(engine, people, now, progress=kill_after(1))
    with engine.begin() as connection:
        erase(connection, parse_address("p0@example.org"), keyring=keyring, by=STAFF, now=now)

    with pytest.raises(ImportBlocked, match="without the site's secret"):
        work_import(engine, 1, keyring=None, now=now)

    assert job(engine).state is JobState.STOPPED
    assert "without the site's secret" in job(engine).error
    assert work_import(engine, 1, keyring=keyring, now=now) is not None
    assert (job(engine).state, job(engine).error) == (JobState.DONE, "")


def test_a_file_that_is_copied_to_a_writable_folder_is_a_new_import(
    engine: sa.Engine, weekly: MailingList, people: Path, tmp_path: Path, now: dt.datetime
) -> None:
    nowhere = tmp_path / "not-there" / "people.errors.csv"
    with pytest.raises(ImportBlocked, match="copy the file to a writable folder"):
        import_into(engine, people, now, errors_path=nowhere)
    assert job(engine).state is JobState.STOPPED
    (tmp_path / "other").mkdir()
    copy = Path(shutil.copy(people, tmp_path / "other"))

    report = import_into(engine, copy, now)

    assert (report.number, report.rows) == (2, ROWS)
    assert "from another folder" in job(engine).error


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_file_that_is_away_for_a_while_is_continued_later(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime, is_gone: bool
) -> None:
    with pytest.raises(Killed):
        import_into(engine, people, now, progress=kill_after(1))
    content = people.read_bytes()
    people.unlink() if is_gone else people.write_text("email\n")
    with pytest.raises(ImportBlocked):
        work_import(engine, 1, keyring=None, now=now)
    assert job(engine).state is JobState.STOPPED
    people.write_bytes(content)

    report = work_import(engine, 1, keyring=None, now=now)

    assert report is not None
    assert (report.rows, job(engine).state) == (ROWS, JobState.DONE)


def test_an_import_that_a_person_stops_says_how_to_continue(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime
) -> None:
    def stop(_done: int, _size: int) -> None:
        raise KeyboardInterrupt

    line = "stopped after 1,000 rows; to continue: newsletter import resume 1"
    with pytest.raises(KeyboardInterrupt, match=line):
        import_into(engine, people, now, progress=stop)
    assert job(engine).state is JobState.STOPPED


def test_a_failed_import_is_not_continued(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime
) -> None:
    import_into(engine, people, now)
    with engine.begin() as connection:
        end(connection, 1, JobState.FAILED, now=now)
    with pytest.raises(JobRefused, match="import 1 failed: there is nothing to continue"):
        work_import(engine, 1, keyring=None, now=now)


def test_an_import_ends_when_it_is_done(
    engine: sa.Engine, weekly: MailingList, people: Path, now: dt.datetime
) -> None:
    later = now + dt.timedelta(minutes=3)
    import_into(engine, people, now, clock=lambda: later)
    assert (job(engine).started_at, job(engine).ended_at) == (now, later)


def import_into(
    engine: sa.Engine, file: Path, now: dt.datetime, *, list_slug: str = "weekly", **options: Any
) -> ImportReport:
    with engine.connect() as connection:
        mailing_list = find_list(connection, list_slug)
    chosen = {"consent": "a form", "dry_run": False, "by": STAFF, **options}
    return import_csv(engine, file, mailing_list=mailing_list, now=now, **chosen)


def job(engine: sa.Engine, number: int = 1) -> FileJob:
    with engine.connect() as connection:
        return find_job(connection, number, JobKind.IMPORT)


def kill_after(batches: int) -> Callable[[int, int], None]:
    """
    Return a progress function that ends the process after one more batch than that.
    """
    left = itertools.count(batches, -1)

    def kill(_done: int, _size: int) -> None:
        if next(left) == 0:
            raise Killed

    return kill


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_plans_for_the_people_of_a_large_import(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text("email\n" + "".join(f"p{number}@example.org\n" for number in range(10_000)))
    counted = sa.text("SELECT reltuples FROM pg_class WHERE relname = 'subscription'")
    with engine.connect() as connection:
        assert connection.scalar(counted) == 10_000

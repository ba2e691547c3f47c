"""
Imports and exports that wait are worked by `newsletter serve`, and those whose process died are
continued.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import Installation

from newsletter.actions.people.files import exports, imports
from newsletter.actions.people.files.uploads import UploadedFile, upload_folder
from newsletter.errors import Refused, StoreError
from newsletter.model.access import OPERATOR
from newsletter.workers.file_jobs import FileJobWorker
from subscribers.database.job_tables import file_job
from subscribers.errors import UnknownList
from subscribers.filters.model import PeopleFilter, PersonState
from subscribers.import_export.jobs.model import JobKind, JobState
from subscribers.import_export.jobs.records import find_job, set_undo


def upload(installation: Installation, text: str = "email\nada@example.org\nnobody\n") -> int:
    file = io.BytesIO(text.encode())
    started = start(installation, file, "../people.csv", consent="a form")
    assert started.job.state is JobState.WAITING
    return started.job.id


def start(
    installation: Installation, content: io.BytesIO, name: str, *, consent: str = "x"
) -> imports.ImportJob:
    files = [UploadedFile(name=name, content=content)]
    choices = imports.ImportChoices(consent=consent)
    return imports.start(installation.app, files, "daily", by=OPERATOR, choices=choices)


def work(installation: Installation) -> int:
    return FileJobWorker(installation.app, wait=lambda _seconds: False).work_due()


@pytest.fixture
def folder(installation: Installation) -> Path:
    installation.add_list()
    return upload_folder(installation.app)


def test_serve_works_an_import_that_waits(installation: Installation, folder: Path) -> None:
    number = upload(installation)

    assert work(installation) == 1

    job = imports.show(installation.app, number, by=OPERATOR).job
    assert (job.state, job.counts["created"], job.by_name) == (JobState.DONE, 1, "a person")
    assert [file.name for file in folder.rglob("*") if file.is_file()] == ["people.errors.csv"]
    assert Path(job.counts["errors_file"]).read_text().startswith("email,line,reason\nnobody,")
    assert work(installation) == 0


def test_a_process_that_stops_leaves_the_import_to_the_next(
    installation: Installation, folder: Path
) -> None:
    number = upload(installation, "email\n" + "".join(f"p{n}@a.org\n" for n in range(2_500)))
    asked: list[float] = []

    def stop_after_two(seconds: float) -> bool:
        asked.append(seconds)
        return len(asked) > 2

    FileJobWorker(installation.app, wait=stop_after_two).work_due()
    interrupted = imports.show(installation.app, number, by=OPERATOR)
    assert (interrupted.is_interrupted, interrupted.job.position) == (True, 2_000)

    assert work(installation) == 1
    done = imports.show(installation.app, number, by=OPERATOR)
    assert (done.job.state, done.job.counts["created"]) == (JobState.DONE, 2_500)


def test_the_same_file_again_leaves_no_second_copy(
    installation: Installation, folder: Path
) -> None:
    number = upload(installation)
    assert upload(installation) == number
    assert len(list(folder.iterdir())) == 1


def test_a_file_that_fails_to_arrive_leaves_no_copy(
    installation: Installation, folder: Path
) -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise OSError("the connection was closed")

    with pytest.raises(OSError, match="closed"):
        start(installation, Broken(), "a.csv")
    with pytest.raises(UnknownList):
        exports.start(installation.app, PeopleFilter(list_slug="none"), by=OPERATOR)
    assert list(folder.iterdir()) == []


def test_an_interrupted_import_says_how_far_it_is_and_how_it_goes_on(
    installation: Installation, folder: Path
) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("people.csv", "email\n" + "".join(f"p{n}@a.org\n" for n in range(2_500)))
    archive.seek(0)
    app = installation.app
    number = start(installation, archive, "a.zip").job.id
    asked: list[float] = []

    def stop_after_two(seconds: float) -> bool:
        asked.append(seconds)
        return len(asked) > 2

    FileJobWorker(app, wait=stop_after_two).work_due()
    found = imports.show(app, number, by=OPERATOR)
    assert 0 < found.job.progress["bytes"] <= found.job.progress["size"]
    assert found.next_command == f"newsletter import resume {number}"

    work(installation)
    assert imports.show(app, number, by=OPERATOR).next_command is None

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imports.undo_import(app, number, by=OPERATOR, progress=stop)
    assert imports.show(app, number, by=OPERATOR).next_command == f"newsletter import undo {number}"


def test_an_import_whose_file_is_elsewhere_waits(installation: Installation, folder: Path) -> None:
    number = upload(installation)
    for file in folder.rglob("people.csv"):
        file.rename(folder / "hidden")

    assert work(installation) == 0
    assert imports.show(installation.app, number, by=OPERATOR).job.state is JobState.WAITING


def test_a_file_that_cannot_be_read_fails_and_says_why(
    installation: Installation, folder: Path
) -> None:
    number = upload(installation, "name\nAda\n")
    work(installation)
    job = imports.show(installation.app, number, by=OPERATOR).job
    assert job.state is JobState.FAILED
    assert "no column contains addresses" in job.error
    assert list(folder.rglob("people.csv")) == []


def test_serve_works_an_export_that_waits(installation: Installation, folder: Path) -> None:
    installation.subscribe(["ada@example.org", "ben@example.org"])
    which = PeopleFilter(list_slug="daily", state=PersonState.ACTIVE, begins="ada")
    job = exports.start(installation.app, which, by=OPERATOR)

    assert work(installation) == 1

    (file,) = (path for path in folder.rglob("*") if path.is_file())
    assert file == job.files[0].path
    assert [line.split(",")[1] for line in file.read_text().splitlines()] == [
        "email",
        "ada@example.org",
    ]
    assert work(installation) == 0


def test_an_export_to_a_file_that_exists_fails_and_says_why(
    installation: Installation, folder: Path
) -> None:
    file = installation.folder / "people.csv"
    file.write_text("mine")
    config = installation.folder / "newsletter.toml"
    with pytest.raises(Refused, match="already exists"):
        exports.export_to_file(installation.app, PeopleFilter(), file, by=OPERATOR, config=config)
    assert file.read_text() == "mine"
    with installation.app.database.read() as connection:
        job = find_job(connection, 1, JobKind.EXPORT)
    assert (job.state, "already exists" in job.error) == (JobState.FAILED, True)


def spoil(installation: Installation, number: int, **options: object) -> None:
    """
    Store a job as a later version may, with *options* that this one does not know.
    """
    with installation.app.database.write() as connection:
        spoilt = sa.update(file_job).where(file_job.c.id == number)
        connection.execute(spoilt.values(options=options))


def test_a_job_that_crashes_fails_once_and_the_others_go_on(
    installation: Installation, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad = exports.start(installation.app, PeopleFilter(), by=OPERATOR)
    spoil(installation, bad.id, is_raw=False, as_json_lines=False, filter={"colour": "red"})
    good = upload(installation)

    assert (work(installation), work(installation)) == (2, 0)

    with installation.app.database.read() as connection:
        failed = find_job(connection, bad.id, JobKind.EXPORT)
    assert (failed.state, failed.error) == (JobState.FAILED, "TypeError: see the log of the server")
    assert imports.show(installation.app, good, by=OPERATOR).job.state is JobState.DONE
    logged = [each for each in caplog.records if each.levelname == "ERROR"]
    assert [each.message.partition(":")[0] for each in logged] == [f"export {bad.id} failed"]
    assert logged[0].exc_info


def test_an_import_that_crashes_leaves_no_copy_of_its_file(
    installation: Installation, folder: Path
) -> None:
    number = upload(installation)
    spoil(installation, number, colour="red")
    work(installation)
    assert imports.show(installation.app, number, by=OPERATOR).job.state is JobState.FAILED
    assert list(folder.rglob("*.csv")) == []


def test_an_undo_that_crashes_fails_and_can_be_continued(
    installation: Installation, folder: Path
) -> None:
    number = upload(installation)
    work(installation)
    crashing = {
        "by": "a person",
        "through": "a page",
        "at": "2026-03-04T12:00:00+00:00",
        "counts": {"people": "many"},
    }
    with installation.app.database.write() as connection:
        set_undo(connection, number, JobState.UNDOING, crashing)

    assert (work(installation), work(installation)) == (1, 0)

    assert imports.show(installation.app, number, by=OPERATOR).job.state is JobState.FAILED
    with installation.app.database.write() as connection:
        set_undo(connection, number, JobState.UNDOING, crashing | {"counts": {}})
    work(installation)
    assert imports.show(installation.app, number, by=OPERATOR).job.state is JobState.UNDONE


def test_jobs_wait_until_the_database_works_again(installation: Installation, folder: Path) -> None:
    number = upload(installation)
    job = exports.start(installation.app, PeopleFilter(), by=OPERATOR)
    for table in ("suppression", "subscription"):
        rename(installation, table, "elsewhere_" + table)

    with pytest.raises(StoreError):
        work(installation)

    for table in ("suppression", "subscription"):
        rename(installation, "elsewhere_" + table, table)
    assert imports.show(installation.app, number, by=OPERATOR).job.error == ""
    assert work(installation) == 2
    assert imports.show(installation.app, number, by=OPERATOR).job.state is JobState.DONE
    with installation.app.database.read() as connection:
        assert find_job(connection, job.id, JobKind.EXPORT).state is JobState.DONE


def rename(installation: Installation, table: str, name: str) -> None:
    with installation.app.database.write() as connection:
        connection.execute(sa.text(f"ALTER TABLE {table} RENAME TO {name}"))

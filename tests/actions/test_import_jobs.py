"""
Imports that wait are worked by `newsletter serve`, and those whose process died are continued.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from installation import Installation

from newsletter.actions.people.files import imports
from newsletter.model.access import OPERATOR
from newsletter.workers.file_jobs import FileJobWorker
from subscribers.import_export.jobs.model import JobState


def upload(installation: Installation, text: str = "email\nada@example.org\nnobody\n") -> int:
    file = io.BytesIO(text.encode())
    started = imports.start(
        installation.app, file, "../people.csv", "daily", by=OPERATOR, consent="a form"
    )
    assert started.job.state is JobState.WAITING
    return started.job.id


def work(installation: Installation) -> int:
    return FileJobWorker(installation.app, wait=lambda _seconds: False).work_due()


@pytest.fixture
def folder(installation: Installation) -> Path:
    installation.add_list()
    return imports.upload_folder(installation.app)


def test_serve_works_an_import_that_waits(installation: Installation, folder: Path) -> None:
    number = upload(installation)

    assert work(installation) == 1

    job = imports.show(installation.app, number).job
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
    interrupted = imports.show(installation.app, number)
    assert (interrupted.is_interrupted, interrupted.job.position) == (True, 2_000)

    assert work(installation) == 1
    done = imports.show(installation.app, number)
    assert (done.job.state, done.job.counts["created"]) == (JobState.DONE, 2_500)


def test_an_import_whose_file_is_elsewhere_waits(installation: Installation, folder: Path) -> None:
    number = upload(installation)
    for file in folder.rglob("people.csv"):
        file.rename(folder / "hidden")

    assert work(installation) == 0
    assert imports.show(installation.app, number).job.state is JobState.WAITING


def test_a_file_that_cannot_be_read_fails_and_says_why(
    installation: Installation, folder: Path
) -> None:
    number = upload(installation, "name\nAda\n")
    work(installation)
    job = imports.show(installation.app, number).job
    assert job.state is JobState.FAILED
    assert "no column contains addresses" in job.error

"""
Imports that are prepared: their file is kept, tried, imported or dropped, and expires.
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import Installation

from newsletter.actions.people import fields, subscribers
from newsletter.actions.people.files import drafts, imports
from newsletter.actions.people.files.imports import ImportChoices
from newsletter.actions.people.files.uploads import UploadedFile, upload_folder
from newsletter.errors import Forbidden
from newsletter.model.access import OPERATOR, Permission
from newsletter.workers.file_jobs import TRIALS, WORK, FileJobWorker
from subscribers.database.tables import subscriber
from subscribers.errors import FieldExists, JobRefused
from subscribers.import_export.drafts import records
from subscribers.import_export.drafts.trial import samples_of
from subscribers.import_export.jobs.model import FileJob, JobState
from subscribers.lists import find_list

PEOPLE = "email,name\nada@example.org,New Name\nbo@example.org,Bo\nnobody,x\n"


def prepare(installation: Installation, text: str = PEOPLE) -> int:
    file = UploadedFile(name="people.csv", content=io.BytesIO(text.encode()))
    return drafts.prepare(installation.app, file, "daily", by=OPERATOR)


def tried(installation: Installation, number: int, choices: ImportChoices) -> FileJob:
    return drafts.set_up(installation.app, number, "daily", choices=choices, by=OPERATOR)


def files_in(installation: Installation) -> list[Path]:
    return [file for file in upload_folder(installation.app).rglob("*") if file.is_file()]


def shown(installation: Installation, number: int) -> FileJob:
    return imports.show(installation.app, number, by=OPERATOR).job


def test_a_draft_is_tried_and_then_imported_as_it_was_tried(installation: Installation) -> None:
    installation.add_list("daily")
    app = installation.app
    subscribers.add(app, "ada@example.org", "daily", by=OPERATOR, name="Ada", consent="x")
    number = prepare(installation)
    refused = tried(installation, number, ImportChoices(columns={"name": "nonesuch"}))
    assert "is not a known field" in refused.error
    job = tried(installation, number, ImportChoices(consent="signed"))
    assert (job.state, job.counts["created"], job.counts["updated"]) == (JobState.DRAFT, 1, 1)
    job = tried(installation, number, ImportChoices(consent="signed", keeps_values=True))
    assert (job.counts["created"], job.counts["unchanged"], job.counts["invalid"]) == (1, 1, 1)
    found = samples_of(job)
    assert {name: [row.line for row in rows] for name, rows in found.items()} == {
        "created": [3], "unchanged": [2], "invalid": [4],
    }  # fmt: skip
    drafts.run(app, number, by=OPERATOR)
    assert [file.name for file in files_in(installation)] == ["people.csv"]
    assert work(installation) == 1
    done = shown(installation, number)
    expected = {name: job.counts[name] for name in ("created", "updated", "unchanged", "invalid")}
    assert {name: done.counts[name] for name in expected} == expected
    with app.database.read() as connection:
        names = connection.scalars(sa.select(subscriber.c.name).order_by(subscriber.c.name)).all()
    assert names == ["Ada", "Bo"]


def work(installation: Installation) -> int:
    return FileJobWorker(installation.app, wait=lambda _seconds: False).work_due()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_large_draft_is_tried_by_serve_and_again_after_it_stopped(
    installation: Installation,
) -> None:
    installation.add_list("daily")
    rows = [f"reader{n}@example.org,{'x' * 400}" for n in range(2_600)]
    number = prepare(installation, "email,name\n" + "\n".join(rows))
    assert tried(installation, number, ImportChoices()).state is JobState.TRYING
    # Before the job, and after each of two batches.
    waits = itertools.chain([False, False], itertools.repeat(True))
    FileJobWorker(installation.app, wait=lambda _seconds: next(waits)).work_due()
    halfway = shown(installation, number)
    assert (halfway.state, halfway.progress["rows"]) == (JobState.TRYING, 2_000)
    assert work(installation) == 1
    job = shown(installation, number)
    assert (job.state, job.counts["created"], job.progress) == (JobState.DRAFT, 2_600, {})


def test_a_file_is_tried_while_another_one_is_imported(installation: Installation) -> None:
    installation.add_list("daily")
    first, second = prepare(installation), prepare(installation, "email\ncarl@example.org\n")
    tried(installation, first, ImportChoices())
    drafts.run(installation.app, first, by=OPERATOR)
    with installation.app.database.write() as connection:
        list_id = find_list(connection, "daily").id
        records.ask_for_trial(connection, second, list_id=list_id, options={})
    seen = set()

    def look(_seconds: float) -> bool:
        trials = FileJobWorker(installation.app, wait=lambda _seconds: False, states=TRIALS)
        trials.work_due()
        seen.add((shown(installation, first).state, shown(installation, second).state))
        return False

    assert FileJobWorker(installation.app, wait=look, states=WORK).work_due() == 1
    assert (JobState.RUNNING, JobState.DRAFT) in seen
    assert shown(installation, second).counts["created"] == 1


def test_a_draft_is_dropped_by_somebody_or_after_seven_days(installation: Installation) -> None:
    installation.add_list("daily")
    app = installation.app
    first, second = prepare(installation), prepare(installation)
    tried(installation, first, ImportChoices())
    drafts.drop(app, first, by=OPERATOR)
    now = installation.now
    assert drafts.delete_expired(app, now=now + dt.timedelta(days=6)) == 0
    assert [file.name for file in files_in(installation)] == ["people.csv"]
    assert drafts.delete_expired(app, now=now + dt.timedelta(days=8)) == 1
    assert files_in(installation) == []
    assert imports.list_imports(app, before=None, limit=9, by=OPERATOR) == []
    assert (first, second) == (1, 2)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_file_of_an_import_that_is_not_done_is_not_imported_twice(
    installation: Installation,
) -> None:
    installation.add_list("daily")
    first, second = prepare(installation), prepare(installation)
    for number in (first, second):
        tried(installation, number, ImportChoices())
    drafts.run(installation.app, first, by=OPERATOR)
    for number, why in ((second, "of the same file is not done"), (first, "is waiting")):
        with pytest.raises(JobRefused, match=why):
            drafts.run(installation.app, number, by=OPERATOR)


def test_new_fields_are_declared_by_who_may_when_the_import_begins(
    installation: Installation,
) -> None:
    installation.add_list("daily")
    app, number = installation.app, prepare(installation, "email,Town\nada@example.org,Voss\n")
    choices = ImportChoices(columns={"Town": "town"}, new_fields={"town": {"en": "Town"}})
    limited = replace(OPERATOR, permissions=OPERATOR.permissions - {Permission.FIELDS_WRITE})
    with pytest.raises(Forbidden):
        drafts.set_up(app, number, "daily", choices=choices, by=limited)
    assert (tried(installation, number, choices).error, fields.show_all(app, by=OPERATOR)) == (
        "",
        [],
    )
    with pytest.raises(Forbidden):
        drafts.run(app, number, by=limited)
    assert fields.show_all(app, by=OPERATOR) == []
    drafts.run(app, number, by=OPERATOR)
    assert [each.field.labels for each in fields.show_all(app, by=OPERATOR)] == [{"en": "Town"}]
    other = prepare(installation, "email,Town\nbo@example.org,Voss\n")
    with pytest.raises(FieldExists):
        tried(installation, other, choices)

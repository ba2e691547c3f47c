"""
The types of jobs: an import or export, its state, its files, and how it is to be done.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from subscribers.fields.model import Field, FieldType
from subscribers.history.model import Origin, OriginKind
from subscribers.import_export.reading.find_columns import ReadingChoices
from subscribers.model import MailingList
from subscribers.text.phrases import phrase


class JobKind(enum.StrEnum):
    """
    What a job does.
    """

    IMPORT = "import"
    EXPORT = "export"


class JobState(enum.StrEnum):
    """
    How far a job is. A DRAFT is an import that somebody prepares in the newsroom; TRYING is one of
    which a process finds out what it would change. WAITING, RUNNING and UNDOING jobs are worked by
    any process that can read their files; a STOPPED one waits for a person to continue it, or for
    the command that added it. A FAILED one cannot be continued.
    """

    DRAFT = "draft"
    TRYING = "trying"
    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


# The states in which a job may still change people.
UNFINISHED = (JobState.WAITING, JobState.RUNNING, JobState.STOPPED)
# The states in which a process may take a job unasked.
DUE = (JobState.TRYING, JobState.WAITING, JobState.RUNNING, JobState.UNDOING)
_IN_WORDS = {
    JobState.FAILED: phrase("failed"),
    JobState.DRAFT: phrase("is a draft"),
    JobState.TRYING: phrase("is being tried"),
}


class JobFile(NamedTuple):
    """
    A file of a job. Size and SHA-256 tell whether it is still the same file. A file that an earlier
    version imported has neither; a copy was made for the job and is deleted with its end.
    """

    path: Path
    size: int = 0
    sha256: str = ""
    is_copy: bool = False


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """
    How the files of an import are read. `consent` says how these people agreed, `source` names the
    file in the consents, and `errors_path` is where rows with errors are written to. `product` and
    `columns` are what a person says about the files. If `only_listed`, rows that are about other
    lists are left out; if `keep_values`, no value is replaced that a person has. With `reach`,
    slugs of lists, nothing is changed that people on other lists share with these. `new_fields` are
    the labels of the fields for text that are declared when the import begins, by their names.
    """

    consent: str | None = None
    source: str | None = None
    errors_path: str | None = None
    product: str | None = None
    columns: Mapping[str, str] | None = None
    only_listed: bool | None = None
    keep_values: bool | None = None
    reach: Sequence[str] | None = None
    new_fields: Mapping[str, Mapping[str, str]] | None = None

    @property
    def fields_to_declare(self) -> list[Field]:
        """
        Return the fields that are not there yet, for a trial.
        """
        return [
            Field(id=0, name=name, type=FieldType.TEXT, labels=labels)
            for name, labels in (self.new_fields or {}).items()
        ]

    @property
    def slugs_in_reach(self) -> frozenset[str] | None:
        """
        Return the slugs of the only lists about which anything is changed; None: of all.
        """
        return None if self.reach is None else frozenset(self.reach)

    def choices(self, into: MailingList) -> ReadingChoices:
        """
        Return what a person says about the files to import into that list.
        """
        return ReadingChoices(
            product=self.product, columns=self.columns or {}, into=(into.slug, into.name)
        )


@dataclass(frozen=True, kw_only=True)
class FileJob:
    """
    An import or export. `list_id` and `list_slug` are empty if it is about all lists. `position` is
    the number of rows that are done, `people_before` the highest number of a person when it began.
    `progress` is what else a worker needs to continue, `undo` how far an undo is.
    """

    id: int
    kind: JobKind
    state: JobState
    list_id: int | None
    list_slug: str
    files: Sequence[JobFile]
    options: Mapping[str, Any]
    product: str
    by_name: str
    through: str
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    position: int
    counts: Mapping[str, Any]
    error: str
    people_before: int | None
    progress: Mapping[str, Any] = field(default_factory=dict)
    undo: Mapping[str, Any] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        """
        Return the names of its files, without their folders.
        """
        return ", ".join(file.path.name for file in self.files)

    @property
    def as_words(self) -> str:
        """
        Return what became of it, to go on with: `import 7 is done`, `import 7 failed`.
        """
        return phrase(
            "{kind} {number} {what}",
            kind=self.kind,
            number=self.id,
            what=_IN_WORDS.get(self.state) or phrase("is {state}", state=self.state),
        )

    @property
    def origin(self) -> Origin:
        """
        Return the import as the history names it.
        """
        return Origin(kind=OriginKind.IMPORT, name=str(self.id), through=self.through)


def no_such_job(kind: JobKind, number: int) -> str:
    """
    Say that there is no job of that kind and number.
    """
    if kind is JobKind.IMPORT:
        return phrase(
            "there is no import {number}: newsletter import list names them", number=number
        )
    return phrase("there is no {kind} {number}", kind=kind, number=number)


def lost_job(number: int) -> str:
    """
    Say that the job was removed while this process worked it.
    """
    return phrase(
        "import or export {number} was removed, or another process is working on it", number=number
    )


def busy_import(number: int) -> str:
    """
    Say that another process works the import.
    """
    return phrase("another process is already working on import {number}", number=number)

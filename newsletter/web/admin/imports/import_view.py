"""
What pages show of an import: how far it is, what became of its rows, and its errors without the
folders of the server.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.actions.people.files.imports import ImportJob
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.refusals import line_of
from subscribers.import_export.import_policy import RowOutcome
from subscribers.import_export.jobs.model import FileJob, JobState

IMPORTS = "/admin/imports"
# A process works on it, or is about to.
MOVING = frozenset({JobState.TRYING, JobState.WAITING, JobState.RUNNING, JobState.UNDOING})
UNDOABLE = frozenset({JobState.DONE, JobState.FAILED, JobState.STOPPED, JobState.WAITING})
# The lines of the ledger, in this order.
_OUTCOMES = (
    RowOutcome.CREATED,
    RowOutcome.UPDATED,
    RowOutcome.UNCHANGED,
    RowOutcome.DUPLICATE,
    RowOutcome.KEPT_SUPPRESSED,
    RowOutcome.REFUSED,
    RowOutcome.INVALID,
)
# The folder of a file, before its name.
_FOLDERS = re.compile(r"(?<![\w/])/(?:[^/\s:]+/)+")


@dataclass(frozen=True, kw_only=True)
class ImportView:
    """
    An import as its page shows it. `percent` is how much of it is done, None if that is not known;
    `rows` has the number of rows of each outcome.
    """

    job: FileJob
    is_moving: bool
    percent: int | None
    rows: Sequence[tuple[str, int]]

    @property
    def total(self) -> int:
        """
        Return the number of rows.
        """
        return sum(number for _, number in self.rows)

    @property
    def tried_at(self) -> dt.datetime | None:
        """
        Return when it was found out what the import would change.
        """
        at = self.job.counts.get("tried_at")
        return dt.datetime.fromisoformat(at) if at else None

    @property
    def counts(self) -> Mapping[str, Any]:
        """
        Return what it came to, or would.
        """
        return self.job.counts


def path_of(number: int) -> str:
    """
    Return the path of an import.
    """
    return f"{IMPORTS}/{number}"


def view_of(found: ImportJob) -> ImportView:
    """
    Return what the page of an import shows.
    """
    job = found.job
    size, done = job.progress.get("size"), job.progress.get("bytes")
    return ImportView(
        job=job,
        is_moving=job.state in MOVING,
        percent=min(100, 100 * done // size) if size and done is not None else None,
        rows=[(outcome.value, job.counts.get(outcome.value, 0)) for outcome in _OUTCOMES],
    )


def without_folders(line: str, words: StaffWords) -> str:
    """
    Return a line about a file in the language of the page, without the folders of the server, with
    a capital letter.
    """
    return line_of(Exception(_FOLDERS.sub("", words.translate(line))), words)

"""
The bodies of the requests and responses about exports.
"""

from __future__ import annotations

import enum
from typing import Any, ClassVar

from pydantic import Field

from newsletter.actions.people.files.exports import KEPT_FOR
from newsletter.web.api.bodies.people.acts import PeopleChoice
from newsletter.web.api.body import RequestBody, Resource
from newsletter.web.api.text import Explanation
from newsletter.web.api.times import Moment
from subscribers.import_export.jobs.model import FileJob, JobState


class ExportFormat(enum.StrEnum):
    """
    How people are written: CSV, or JSON Lines with the history and all consents.
    """

    CSV = "csv"
    JSON_LINES = "jsonl"


class PeopleToExport(RequestBody):
    """
    The people to export, as they are on the list in `which`, or on all.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"which": {"list": "daily"}, "format": "csv"}
    which: PeopleChoice = Field(default_factory=PeopleChoice)
    format: ExportFormat = ExportFormat.CSV
    is_raw: bool = Field(
        default=False, description="No apostrophe before cells that are formulas in a spreadsheet"
    )


class SuppressionsToExport(RequestBody):
    """
    How suppressions are written: as addresses, or as their SHA-256.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"is_hashed": True}
    is_hashed: bool = False


class ExportBody(Resource):
    """
    An export. Its file can be downloaded once it is `done`, until `expires_at`. `lines` are those
    written so far, and `written` the number of people or suppressions in the whole file.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 8,
        "state": "done",
        "list": "daily",
        "file": "people.csv",
        "by": "shop",
        "created_at": "2026-03-04T12:00:00Z",
        "started_at": "2026-03-04T12:00:02Z",
        "ended_at": "2026-03-04T12:00:03Z",
        "expires_at": "2026-03-11T12:00:03Z",
        "lines": 4_211,
        "written": 4_210,
        "error": None,
    }
    id: int
    state: JobState
    list: str | None
    file: str
    by: str
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    expires_at: Moment | None
    lines: int
    written: int | None
    error: Explanation | None

    @classmethod
    def of(cls, job: FileJob) -> ExportBody:
        """
        Return the body of an export.
        """
        is_kept = job.ended_at is not None and any(each.is_copy for each in job.files)
        return cls(
            id=job.id,
            state=job.state,
            list=job.list_slug or None,
            file=job.file_name,
            by=job.by_name,
            created_at=job.created_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            expires_at=job.ended_at + KEPT_FOR if is_kept and job.ended_at else None,
            lines=job.position,
            written=job.counts.get("exported"),
            error=job.error or None,
        )

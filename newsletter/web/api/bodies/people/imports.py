"""
The bodies of the requests and responses about imports.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.actions.people.files.imports import ImportChoices, ImportJob
from newsletter.web.api.bodies.people.uploads import UploadBody
from newsletter.web.api.bodies.subscriptions import Consent
from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Explanation, Explanations, Slug
from newsletter.web.api.times import Moment
from subscribers.import_export.jobs.model import JobState
from subscribers.model import ImportReport

JobNumber = Annotated[int, Path(ge=1, lt=2**63, description="The number of the job", examples=[1])]
_SHORT = Field(min_length=1, max_length=200)


class FilesToImport(RequestBody):
    """
    Files of people who are to be on a list, and what is known about the files.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "files": [UploadBody.EXAMPLE],
        "list": "daily",
        "consent": "subscribed to our old list in 2024",
        "columns": {"Edition": "edition"},
    }
    files: Annotated[list[UploadBody], Field(min_length=1, max_length=20)]
    list: Slug
    consent: Consent | None = None
    product: Annotated[str, _SHORT] | None = Field(
        default=None, description="That wrote the files; without it, recognised by its columns"
    )
    columns: Annotated[
        dict[Annotated[str, _SHORT], Annotated[str, _SHORT]],
        Field(
            max_length=100, description="What columns are read as, such as `company` or `ignore`"
        ),
    ] = Field(default_factory=dict)
    keep_values: bool = Field(
        default=False, description="Replace no name, time zone or value that people have here"
    )

    def as_choices(self) -> ImportChoices:
        """
        Return what an action takes.
        """
        return ImportChoices(
            consent=self.consent,
            product=self.product,
            columns=self.columns,
            keeps_values=self.keep_values,
        )


class ImportedFileBody(ResponseBody):
    """
    A file of an import.
    """

    name: str
    size: int


Files = list[ImportedFileBody]


class ImportBody(Resource):
    """
    An import. `progress` is the share that is read, null before it begins.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 7,
        "state": "running",
        "is_interrupted": False,
        "list": "daily",
        "files": [{"name": "people.csv", "size": 48_210}],
        "product": "",
        "by": "shop",
        "created_at": "2026-03-04T12:00:00Z",
        "started_at": "2026-03-04T12:00:02Z",
        "ended_at": None,
        "rows": 2_000,
        "progress": 0.4,
        "counts": {"created": 1_990, "invalid": 10},
        "has_errors_file": False,
        "undone": {},
        "error": None,
    }
    id: int
    state: JobState
    is_interrupted: bool = Field(description="Its process ended; any other goes on with it")
    list: str | None
    files: Files
    product: str
    by: str
    created_at: Moment
    started_at: Moment | None
    ended_at: Moment | None
    rows: int
    progress: float | None
    counts: dict[str, Any]
    has_errors_file: bool
    undone: dict[str, int]
    error: Explanation | None

    @classmethod
    def of(cls, found: ImportJob) -> ImportBody:
        """
        Return the body of an import.
        """
        job = found.job
        counts = dict(job.counts)
        has_errors = counts.pop("errors_file", None) is not None
        error = job.error
        for file in job.files:
            error = error.replace(str(file.path), file.path.name)
        return cls(
            id=job.id,
            state=job.state,
            is_interrupted=found.is_interrupted,
            list=job.list_slug or None,
            files=[ImportedFileBody(name=each.path.name, size=each.size) for each in job.files],
            product=job.product,
            by=job.by_name,
            created_at=job.created_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            rows=job.position,
            progress=_progress(found),
            counts=counts,
            has_errors_file=has_errors,
            undone=dict(job.undo.get("counts", {})),
            error=error or None,
        )


def _progress(found: ImportJob) -> float | None:
    job = found.job
    if job.state is JobState.DONE:
        return 1.0
    size, done = job.progress.get("size"), job.progress.get("bytes")
    return round(done / size, 4) if size and done is not None else None


class ImportReportBody(ResponseBody):
    """
    What an import of files would change. Every row counts once, in one of `created` to
    `duplicate`.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "product": "generic",
        "created": 1_990,
        "updated": 0,
        "unchanged": 0,
        "kept_suppressed": 0,
        "refused": 0,
        "invalid": 10,
        "duplicate": 0,
        "by_status": {"active": 1_990},
        "guessed_encoding": None,
        "columns": {"email": "email"},
        "ignored_columns": ["Shoe size"],
        "first_errors": ["line 12: 'nobody' is not a valid address"],
        "hints": [],
        "keys_left_out": {},
    }
    product: str
    created: int
    updated: int
    unchanged: int
    kept_suppressed: int
    refused: int
    invalid: int
    duplicate: int
    by_status: dict[str, int]
    guessed_encoding: str | None
    columns: dict[str, str]
    ignored_columns: list[str]
    first_errors: Explanations
    hints: Explanations
    keys_left_out: dict[str, int] = Field(
        description="Names of values in attributes that no field has, and how many people have them"
    )

    @classmethod
    def of(cls, report: ImportReport) -> ImportReportBody:
        """
        Return the body of a report.
        """
        values = report.as_json()
        return cls(**{name: values[name] for name in cls.model_fields})


class UndoCountsBody(ResponseBody):
    """
    What undoing an import would change.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"counts": {"people": 1_980, "kept_mailed": 10}}
    counts: dict[str, int]

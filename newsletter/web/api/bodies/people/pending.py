"""
The bodies of the requests and responses about people who have not confirmed, and about the runs
that ask people again.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from newsletter.actions.people.asking import Asked
from newsletter.web.api.bodies.subscribers import Address
from newsletter.web.api.body import RequestBody, ResponseBody
from newsletter.web.api.text import Explanations, Slug
from newsletter.web.api.times import Moment
from subscribers.ask_again.model import (
    AskAudience,
    AskedState,
    AskRunState,
    AskRunStatus,
    AskTerms,
)
from subscribers.signup.model import PendingPerson


class PendingPersonBody(ResponseBody):
    """
    Somebody who is on a list but has not confirmed it. `requests` is how often they were asked, and
    `requested_at` when last.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "address": "ada@example.org",
        "name": "Ada Byron",
        "list": "daily",
        "since": "2026-03-04T12:00:00Z",
        "form": "footer",
        "requests": 1,
        "requested_at": "2026-03-04T12:00:00Z",
        "expires_at": "2026-03-11T12:00:00Z",
        "reminded_at": None,
        "warnings": [],
    }
    address: str
    name: str
    list: str
    since: Moment
    form: str
    requests: int
    requested_at: Moment | None
    expires_at: Moment | None
    reminded_at: Moment | None
    warnings: Explanations

    @classmethod
    def of(cls, person: PendingPerson) -> PendingPersonBody:
        """
        Return the body of a pending person.
        """
        return cls(
            address=person.address,
            name=person.name,
            list=person.list_slug,
            since=person.since,
            form=person.form,
            requests=person.requests,
            requested_at=person.requested_at,
            expires_at=person.expires_at,
            reminded_at=person.reminded_at,
            warnings=[*person.warnings],
        )


class PendingToAsk(RequestBody):
    """
    Whom to ask again: one `address`, on one list or all; or at most so many people of a `list`.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"list": "daily", "most": 100}
    address: Address | None = None
    list: Slug | None = None
    most: Annotated[int, Field(ge=1, le=1_000)] | None = None

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        is_one = self.address is not None and self.most is None
        if not is_one and (self.address is not None or self.list is None or self.most is None):
            raise ValueError("give an `address`, or a `list` with `most`")
        return self


class AskedBody(ResponseBody):
    """
    How many people were asked, and how many are left who may be asked.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"asked": 100, "left": 12}
    asked: int
    left: int

    @classmethod
    def of(cls, done: Asked) -> AskedBody:
        """
        Return the body of how many were asked.
        """
        return cls(asked=done.asked, left=done.left)


class PendingToDrop(RequestBody):
    """
    Which pending subscriptions are to end: those that are older, on one list or on all.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"older_than_days": 30, "list": "daily", "dry_run": True}
    older_than_days: Annotated[int, Field(ge=1, le=36_500)]
    list: Slug | None = None
    dry_run: bool = Field(default=False, description="Only count")


class DroppedBody(ResponseBody):
    """
    How many pending subscriptions were ended, or would be.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"dropped": 31}
    dropped: int


class AskRunToStart(RequestBody):
    """
    Whom to ask whether they want the list, and how many in 24 hours. Those who do not answer in
    `days` are unsubscribed.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"audience": "all", "per_day": 500, "days": 30}
    audience: AskAudience = AskAudience.PENDING
    per_day: Annotated[int, Field(ge=1, le=10_000_000)]
    days: Annotated[int, Field(ge=1, le=365)] = 30
    segment: Annotated[str, Field(max_length=60)] | None = None
    number: Annotated[int, Field(ge=1, lt=2**63)] | None = Field(
        default=None, description="That of the import, for the audience `import`"
    )

    @model_validator(mode="after")
    def _require_audience(self) -> Self:
        has_segment = self.audience is AskAudience.SEGMENT
        has_import = self.audience is AskAudience.IMPORT
        if has_segment == (self.segment is None) or has_import == (self.number is None):
            raise ValueError("give `segment` for the audience `segment`, `number` for `import`")
        return self

    def as_terms(self) -> AskTerms:
        """
        Return what an action takes.
        """
        return AskTerms(
            audience=self.audience,
            per_day=self.per_day,
            days=self.days,
            segment=self.segment,
            import_id=self.number,
        )


class AskRunBody(ResponseBody):
    """
    A run that asks people of a list again, with the number of its people by what became of them.
    `ends_at` is when it ended, or will end if all emails are accepted at once.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 3,
        "state": "running",
        "audience": "pending",
        "per_day": 500,
        "days": 30,
        "segment": None,
        "import_id": None,
        "by": "shop",
        "started_at": "2026-03-04T12:00:00Z",
        "ends_at": "2026-04-05T12:00:00Z",
        "people": 740,
        "counts": {
            "waiting": 240, "asked": 490, "answered": 10, "left": 0, "no_answer": 0,
            "unreached": 0,
        },
    }  # fmt: skip
    id: int
    state: AskRunState
    audience: AskAudience
    per_day: int
    days: int
    segment: str | None
    import_id: int | None
    by: str
    started_at: Moment
    ends_at: Moment
    people: int
    counts: dict[AskedState, int]

    @classmethod
    def of(cls, found: AskRunStatus) -> AskRunBody:
        """
        Return the body of a run.
        """
        run, terms = found.run, found.run.terms
        return cls(
            id=run.id,
            state=run.state,
            audience=terms.audience,
            per_day=terms.per_day,
            days=terms.days,
            segment=terms.segment,
            import_id=terms.import_id,
            by=run.by_name,
            started_at=run.started_at,
            ends_at=found.ends_at,
            people=found.people,
            counts={state: found.counts.get(state, 0) for state in AskedState},
        )

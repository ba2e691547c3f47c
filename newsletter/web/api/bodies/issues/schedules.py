"""
The bodies of requests and responses about schedules.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from fastapi import Path
from pydantic import Field

from newsletter.model.issue import DeadlineAction, ShownAs
from newsletter.model.schedule import (
    Approval,
    Group,
    MisfirePolicy,
    Order,
    Schedule,
)
from newsletter.web.api.bodies.issues.issues import SegmentName, Slugs, SomeSlugs, Template
from newsletter.web.api.body import RequestBody, Resource
from newsletter.web.api.text import Line
from subscribers.model import Cadence

ScheduleName = Annotated[
    str, Path(max_length=100, description="The name of the schedule", examples=["morning"])
]
Seconds = Annotated[int, Field(ge=0, le=366 * 86_400)]
Count = Annotated[int, Field(ge=0, le=1_000)]
Lines = Annotated[list[Line], Field(max_length=100)]
Pattern = Annotated[str, Field(max_length=500)]
Cron = Annotated[str, Field(max_length=200)]
Zone = Annotated[str, Field(max_length=60)]
SourceNames = Annotated[list[Line], Field(min_length=1, max_length=100)]
_FIELDS: dict[str, Any] = {
    "not_lists": [],
    "segment": None,
    "cadence": "each",
    "template": None,
    "each": False,
    "sender": None,
    "fallback_provider": None,
    "min": 1,
    "max": 10,
    "categories": ["News"],
    "not_categories": [],
    "title": None,
    "not_title": None,
    "look_back_s": 86_400,
    "skip_singles": True,
    "order": "newest",
    "lead": None,
    "group": "category",
    "show": None,
    "show_lead": "full",
    "approval": "deadline",
    "deadline_s": 7_200,
    "at_deadline": "hold",
    "editors": ["desk@example.org"],
    "reader_time": False,
    "quiet": "22:00-06:00",
    "days_off": ["12-25"],
    "late": "send",
    "latest_s": 7_200,
    "repeat": False,
}
# The fields of a schedule whose name in bodies is another.
_NAMES = {
    "not_lists": "minus",
    "min": "least",
    "max": "most",
    "look_back_s": "look_back",
    "deadline_s": "deadline",
    "reader_time": "is_local",
    "late": "misfire_policy",
    "latest_s": "misfire_limit",
}


class ScheduleFieldsBody(RequestBody):
    """
    The settings of a schedule beside its time. What is left out stays as it is, and has its default
    in a new one; an empty text or list, or 0, takes a value away.
    """

    not_lists: Slugs | None = None
    segment: SegmentName | None = None
    cadence: Cadence | None = None
    template: Template | None = None
    each: bool | None = Field(default=None, description="Make one issue per brief")
    sender: Line | None = None
    fallback_provider: Annotated[str, Field(max_length=60)] | None = None
    min: Count | None = Field(default=None, description="With fewer briefs nothing is sent")
    max: Count | None = Field(default=None, description="The most briefs in an issue")
    categories: Lines | None = None
    not_categories: Lines | None = None
    title: Pattern | None = Field(default=None, description="A regular expression for headlines")
    not_title: Pattern | None = None
    look_back_s: Seconds | None = Field(default=None, description="Older briefs are not taken")
    skip_singles: bool | None = None
    order: Order | None = None
    lead: Line | None = Field(default=None, description="The category whose first brief leads")
    group: Group | Literal[""] | None = None
    show: ShownAs | Literal[""] | None = None
    show_lead: ShownAs | Literal[""] | None = None
    approval: Approval | None = None
    deadline_s: Seconds | None = None
    at_deadline: DeadlineAction | None = None
    editors: Lines | None = Field(default=None, description="Who is asked about each draft")
    reader_time: bool | None = Field(default=None, description="In the local time of each reader")
    quiet: Annotated[str, Field(max_length=20)] | None = None
    days_off: Lines | None = None
    late: MisfirePolicy | None = None
    latest_s: Seconds | None = None
    repeat: bool | None = None

    def as_fields(self) -> dict[str, Any]:
        """
        Return what an action takes.
        """
        given = self.model_dump(exclude_none=True, include=set(ScheduleFieldsBody.model_fields))
        return {
            _NAMES.get(name, name): f"{value}s" if name.endswith("_s") and value else value
            for name, value in given.items()
        }


class ScheduleToAdd(ScheduleFieldsBody):
    """
    A new schedule.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "morning",
        "cron": "0 6 * * mon-fri",
        "timezone": "Europe/Oslo",
        "lists": ["daily"],
        "sources": ["site"],
        **_FIELDS,
    }
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.-]+$")]
    cron: Cron = Field(description="Minute, hour, day, month, weekday")
    timezone: Zone
    lists: SomeSlugs
    sources: SourceNames


class ScheduleChanges(ScheduleFieldsBody):
    """
    What is to change about a schedule. A new time counts from now on; lists and sources replace all
    that it had.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"cron": "30 6 * * mon-fri", "max": 0}
    cron: Cron | None = None
    timezone: Zone | None = None
    lists: SomeSlugs | None = None
    sources: SourceNames | None = None


class ScheduleBody(Resource):
    """
    A schedule.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {**ScheduleToAdd.EXAMPLE, "paused": False}
    name: str
    cron: str
    timezone: str
    lists: list[str]
    not_lists: list[str]
    segment: str | None
    cadence: Cadence
    sources: list[str]
    template: str | None
    each: bool
    sender: str | None
    fallback_provider: str | None
    min: int
    max: int | None
    categories: list[str]
    not_categories: list[str]
    title: str | None
    not_title: str | None
    look_back_s: int | None
    skip_singles: bool
    order: Order
    lead: str | None
    group: Group | None
    show: ShownAs | None
    show_lead: ShownAs | None
    approval: Approval
    deadline_s: int | None
    at_deadline: DeadlineAction
    editors: list[str]
    reader_time: bool
    quiet: str | None
    days_off: list[str]
    late: MisfirePolicy
    latest_s: int
    repeat: bool
    paused: bool


def schedule_body(rule: Schedule) -> ScheduleBody:
    """
    Return the body of a schedule.
    """
    return ScheduleBody(
        name=rule.name,
        cron=rule.cron,
        timezone=rule.timezone,
        lists=list(rule.audience.lists),
        not_lists=list(rule.audience.minus),
        segment=rule.audience.segment,
        cadence=rule.cadence,
        sources=list(rule.sources),
        template=rule.template,
        each=rule.each,
        sender=rule.sender,
        fallback_provider=rule.fallback_provider,
        **rule.rules.as_json(),
        approval=rule.approval,
        deadline_s=int(rule.deadline.total_seconds()) if rule.deadline else None,
        at_deadline=rule.at_deadline,
        editors=list(rule.editors),
        reader_time=rule.is_local,
        quiet=str(rule.quiet) if rule.quiet else None,
        days_off=list(rule.days_off),
        late=rule.misfire_policy,
        latest_s=int(rule.misfire_limit.total_seconds()),
        repeat=rule.repeat,
        paused=rule.is_paused,
    )

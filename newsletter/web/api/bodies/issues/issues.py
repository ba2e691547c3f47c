"""
The bodies of requests and responses about issues until they are sent.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.actions.issues.issue_details import ListedIssue
from newsletter.actions.issues.issue_pages import StoredIssue
from newsletter.actions.issues.issues import IssueTexts
from newsletter.model.issue import (
    AudienceRule,
    ChosenBrief,
    DeadlineAction,
    IssueKind,
    IssueState,
    ShownAs,
)
from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Explanation, Line, Slug
from newsletter.web.api.times import Moment
from subscribers.model import Cadence

IssueNumber = Annotated[
    int, Path(ge=1, le=2**53, description="The number of the issue", examples=[3])
]
Slugs = Annotated[list[Slug], Field(max_length=50)]
SomeSlugs = Annotated[list[Slug], Field(min_length=1, max_length=50)]
Cadences = Annotated[list[Cadence], Field(max_length=len(Cadence))]
BriefNumbers = Annotated[list[Annotated[int, Field(ge=1, le=2**53)]], Field(max_length=200)]
SegmentName = Annotated[str, Field(max_length=100)]
Template = Annotated[str, Field(max_length=100)]
Intro = Annotated[str, Field(max_length=100_000)]
_INTRO = "The introductory text, or all of a letter, in Markdown with merge fields"


class IssueToMake(RequestBody):
    """
    A draft of briefs, in their order; without briefs it is a letter.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "lists": ["daily"],
        "not_lists": [],
        "cadences": ["each"],
        "segment": None,
        "briefs": [12, 14],
        "template": None,
        "subject": "The quieter quay",
        "preheader": "Two boats fewer a day",
        "intro": "Good morning %%first_name|reader%%,",
        "show": None,
    }
    lists: SomeSlugs = Field(description="Who is on several of them gets it through the first")
    not_lists: Slugs = Field(default_factory=list, description="Who is on these does not get it")
    cadences: Cadences = Field(default_factory=lambda: [Cadence.EACH])
    segment: SegmentName | None = Field(default=None, description="Only people in it get it")
    briefs: BriefNumbers = Field(default_factory=list)
    template: Template | None = None
    subject: Line | None = Field(default=None, description="By default the template's")
    preheader: Line | None = Field(default=None, description="By default the template's")
    intro: Intro | None = Field(default=None, description=_INTRO)
    show: ShownAs | None = Field(default=None, description="How much of each brief is shown")

    def as_audience(self) -> AudienceRule:
        """
        Return who is to get it.
        """
        return AudienceRule(
            lists=tuple(dict.fromkeys(self.lists)),
            minus=tuple(dict.fromkeys(self.not_lists)),
            cadences=tuple(dict.fromkeys(self.cadences)) or (Cadence.EACH,),
            segment=self.segment or None,
        )

    def as_texts(self) -> IssueTexts:
        """
        Return its texts.
        """
        return IssueTexts(subject=self.subject, preheader=self.preheader, intro=self.intro)


class IssueChanges(RequestBody):
    """
    What is to change about a draft. An approval becomes void.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"subject": "The quiet quay", "briefs": [14, 12]}
    lists: SomeSlugs | None = None
    not_lists: Slugs | None = None
    cadences: Cadences | None = None
    segment: SegmentName | None = Field(default=None, description="Empty: everybody on the lists")
    briefs: BriefNumbers | None = Field(
        default=None, min_length=1, description="All of them, in their order"
    )
    template: Template | None = None
    subject: Line | None = None
    preheader: Line | None = None
    intro: Intro | None = Field(default=None, description=_INTRO)
    show: ShownAs | None = None

    def as_texts(self) -> IssueTexts:
        """
        Return the texts that were given.
        """
        return IssueTexts(subject=self.subject, preheader=self.preheader, intro=self.intro)


class CorrectionToMake(RequestBody):
    """
    What a correction says; by default what changed.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"subject": "Correction: the quieter quay"}
    subject: Line | None = None
    intro: Intro | None = None


class IssueSummaryBody(ResponseBody):
    """
    An issue in a list. `headline` is that of its first brief.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 3,
        "number": 41,
        "state": "submitted",
        "lists": ["daily"],
        "subject": "The quieter quay",
        "headline": "The Quieter Quay",
        "send_at": None,
        "sent_at": "2026-03-05T05:00:00Z",
        "created_at": "2026-03-04T12:00:00Z",
    }
    id: int
    number: int | None = Field(description="What readers see; null before it is sent")
    state: IssueState
    lists: list[str]
    subject: str | None
    headline: str | None
    send_at: Moment | None
    sent_at: Moment | None
    created_at: Moment | None


class ChosenBriefBody(ResponseBody):
    """
    A brief in an issue.
    """

    id: int
    title: str
    shown_as: ShownAs
    heading: str | None


class IssueBody(Resource):
    """
    An issue as it is stored. `kind` is `issue`, `test` for a test email and `notice` for an email
    of the program; `parent` is the issue that those two are about.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 3,
        "kind": "issue",
        "parent": None,
        "number": None,
        "state": "draft",
        "reason": None,
        "lists": ["daily"],
        "not_lists": [],
        "cadences": ["each"],
        "segment": None,
        "corrects": None,
        "template": "digest",
        "subject": "The quieter quay",
        "preheader": "Two boats fewer a day",
        "intro": "Good morning %%first_name|reader%%,",
        "sender": "The Desk <desk@example.org>",
        "reply_to": None,
        "provider": "outbox",
        "fallback_provider": None,
        "failed_over_at": None,
        "needs_approval": True,
        "is_approved": False,
        "approved_at": None,
        "ignores_quiet": False,
        "send_at": None,
        "sent_at": None,
        "submitted_at": None,
        "url": None,
        "deadline": None,
        "at_deadline": None,
        "schedule": None,
        "slot": None,
        "created_at": "2026-03-04T12:00:00Z",
        "briefs": [{"id": 12, "title": "The Quieter Quay", "shown_as": "full", "heading": None}],
    }
    id: int
    kind: IssueKind
    parent: int | None
    number: int | None = Field(description="What readers see; null before it is sent")
    state: IssueState
    reason: Explanation | None = Field(
        description="Why it is in this state, if there is more to say"
    )
    lists: list[str]
    not_lists: list[str]
    cadences: list[Cadence]
    segment: str | None
    corrects: int | None = Field(description="The issue whose readers get it, as a correction")
    template: str
    subject: str | None = Field(
        description="What it was sent with or was typed; null for the template's"
    )
    preheader: str | None
    intro: str | None
    sender: str
    reply_to: str | None
    provider: str
    fallback_provider: str | None
    failed_over_at: Moment | None
    needs_approval: bool
    is_approved: bool = Field(
        description="It was approved; what changed since shows whether that still counts"
    )
    approved_at: Moment | None
    ignores_quiet: bool
    send_at: Moment | None = Field(description="When it is to be sent; null if no time was given")
    sent_at: Moment | None = Field(description="When it began to be sent; null before")
    submitted_at: Moment | None = Field(
        description="When the provider had answered for the last reader; null before"
    )
    url: str | None = Field(
        description="Its page for browsers, without personal data; null before it is sent"
    )
    deadline: Moment | None
    at_deadline: DeadlineAction | None
    schedule: str | None
    slot: str | None
    created_at: Moment | None
    briefs: list[ChosenBriefBody]


def issue_summary(found: ListedIssue) -> IssueSummaryBody:
    """
    Return the body of an issue in a list.
    """
    issue = found.issue
    return IssueSummaryBody(
        id=issue.id,
        number=issue.number,
        state=issue.state,
        lists=list(issue.audience.lists),
        subject=found.subject,
        headline=found.headline,
        send_at=issue.send_at,
        sent_at=issue.frozen_at,
        created_at=issue.created_at,
    )


def issue_body(found: StoredIssue) -> IssueBody:
    """
    Return the body of an issue.
    """
    issue, audience = found.issue, found.issue.audience
    return IssueBody(
        id=issue.id,
        kind=issue.kind,
        parent=issue.parent_id,
        number=issue.number,
        state=issue.state,
        reason=issue.pause_reason,
        lists=list(audience.lists),
        not_lists=list(audience.minus),
        cadences=list(audience.cadences),
        segment=audience.segment,
        corrects=audience.sent_to_issue,
        template=issue.template,
        subject=found.subject,
        preheader=issue.preheader,
        intro=issue.intro,
        sender=f"{issue.sender.name} <{issue.sender.address}>".strip(),
        reply_to=issue.reply_to,
        provider=issue.provider,
        fallback_provider=issue.fallback_provider,
        failed_over_at=issue.failed_over_at,
        needs_approval=issue.needs_approval,
        is_approved=issue.approved_hash is not None,
        approved_at=issue.approved_at,
        ignores_quiet=issue.timing is not None and issue.timing.ignores_quiet,
        send_at=issue.send_at,
        sent_at=issue.frozen_at,
        submitted_at=issue.submitted_at,
        url=found.url,
        deadline=issue.deadline,
        at_deadline=issue.at_deadline,
        schedule=found.schedule,
        slot=issue.slot,
        created_at=issue.created_at,
        briefs=[_chosen(each) for each in found.briefs],
    )


def _chosen(chosen: ChosenBrief) -> ChosenBriefBody:
    return ChosenBriefBody(
        id=chosen.brief_id,
        title=chosen.brief.title,
        shown_as=chosen.shown_as,
        heading=chosen.heading,
    )

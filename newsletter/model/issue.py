"""
An issue, who it goes to, and which moves between its states are allowed.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from newsletter.model.brand import Brand
from newsletter.model.brief import Brief
from newsletter.model.image import Picture
from newsletter.model.mail import Sender
from newsletter.model.timing import Timing


class IssueState(enum.StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    FREEZING = "freezing"
    SENDING = "sending"
    PAUSED = "paused"
    SUBMITTED = "submitted"
    CANCELLED = "cancelled"
    MISSED = "missed"


_S = IssueState
ISSUE_MOVES: Mapping[IssueState, frozenset[IssueState]] = {
    _S.DRAFT: frozenset({_S.APPROVED, _S.SCHEDULED, _S.FREEZING, _S.CANCELLED}),
    # An approval that became void is given anew.
    _S.APPROVED: frozenset({_S.APPROVED, _S.DRAFT, _S.SCHEDULED, _S.FREEZING, _S.CANCELLED}),
    _S.SCHEDULED: frozenset({_S.DRAFT, _S.FREEZING, _S.MISSED, _S.CANCELLED}),
    _S.MISSED: frozenset({_S.DRAFT, _S.FREEZING, _S.CANCELLED}),
    # SENDING comes of the freeze alone: without an audience the issue would end there and then.
    _S.FREEZING: frozenset({_S.DRAFT, _S.CANCELLED}),
    _S.SENDING: frozenset({_S.PAUSED, _S.SUBMITTED, _S.CANCELLED}),
    _S.PAUSED: frozenset({_S.SENDING, _S.CANCELLED}),
    _S.SUBMITTED: frozenset(),
    _S.CANCELLED: frozenset(),
}
EDITABLE = frozenset({_S.DRAFT, _S.APPROVED, _S.SCHEDULED, _S.MISSED})


class IssueKind(enum.StrEnum):
    """
    ISSUE goes to an audience. TEST (a test mail of one issue, to typed addresses) and NOTICE (a
    mail that is not an issue) go through the same pipeline.
    """

    ISSUE = "issue"
    TEST = "test"
    NOTICE = "notice"


class DeadlineAction(enum.StrEnum):
    """
    What becomes of a draft that nobody decided about in time: it is sent, or cancelled, or it
    goes on waiting.
    """

    SEND = "send"
    SKIP = "skip"
    HOLD = "hold"


class HeldBy(enum.StrEnum):
    """
    Who or what said that only a person sends a draft: an editor or a command, or its deadline.
    """

    PERSON = "person"
    DEADLINE = "deadline"


class ShownAs(enum.StrEnum):
    """
    How much of a brief an issue shows.
    """

    FULL = "full"
    TAKEAWAYS = "takeaways"
    EXCERPT = "excerpt"
    LINE = "line"


@dataclass(frozen=True, kw_only=True)
class AudienceRule:
    """
    Who an issue goes to: list slugs in order, minus lists. A reader on two of the lists gets one
    mail, through the first. `addresses` are the typed ones of a test mail, which has no lists'
    readers. `got` is the issue that a correction corrects: of the lists' readers, only those who
    got it.
    """

    lists: tuple[str, ...]
    minus: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    sent_to_issue: int | None = None

    def __str__(self) -> str:
        words = ", ".join(self.lists)
        if self.minus:
            words += f", not {', '.join(self.minus)}"
        return (
            words
            if self.sent_to_issue is None
            else f"{words}: those who got issue {self.sent_to_issue}"
        )


@dataclass(frozen=True, kw_only=True)
class ChosenBrief:
    """
    A stored brief in an issue, at its place in the order; it stands under `heading`, with those
    beside it that have the same one (None: under none). `corrected_on` is the day it was last
    changed, where readers were sent another wording before. Where there is no room for all of
    it, its text ends within `most_chars`.
    """

    brief_id: int
    shown_as: ShownAs
    brief: Brief
    heading: str | None = None
    corrected_on: dt.date | None = None
    most_chars: int | None = None

    @property
    def reads_on(self) -> str | None:
        """
        The address of the whole brief, where it has one.
        """
        return self.brief.url or (self.brief.cta.url if self.brief.cta else None)

    @property
    def shows_all(self) -> bool:
        """
        Whether the body is shown: a brief with nowhere to read on is shown in full and not by its
        takeaways, or its text would be lost.
        """
        is_short = self.shown_as in (ShownAs.TAKEAWAYS, ShownAs.EXCERPT)
        return self.shown_as is ShownAs.FULL or (is_short and self.reads_on is None)


@dataclass(frozen=True, kw_only=True)
class Issue:
    """
    One edition. `subject`, `preheader` and `intro` are what staff typed (None: the template's own);
    `slot` and `part` say which slot of `schedule_id` made it; `about` is the issue that a test mail
    shows or a notice speaks of; `second_since` is when it went over to its second provider, and
    `second_reason` why; `send_at` and `deadline` are aware, in UTC. A deadline that has acted, or
    that a person put off, is None; `at_deadline` stays.
    """

    id: int
    kind: IssueKind
    state: IssueState
    audience: AudienceRule
    template: str
    sender: Sender
    provider: str
    second_provider: str | None = None
    second_since: dt.datetime | None = None
    second_reason: str = ""
    reply_to: str | None = None
    subject: str | None = None
    preheader: str | None = None
    intro: str | None = None
    schedule_id: int | None = None
    slot: str | None = None
    part: str = ""
    about: int | None = None
    send_at: dt.datetime | None = None
    timing: Timing | None = None
    deadline: dt.datetime | None = None
    at_deadline: DeadlineAction | None = None
    needs_approval: bool = False
    approved_hash: str | None = None
    approved_count: int | None = None
    pause_reason: str | None = None
    held_by: HeldBy | None = None
    created_at: dt.datetime | None = None

    @property
    def goes_by(self) -> str:
        """
        The provider that carries it now.
        """
        return self.provider if self.second_since is None else self.second_provider or self.provider


@dataclass(frozen=True, kw_only=True)
class Site:
    """
    What a template may know of the place that sends: `[site]` and `[brand]` of the settings.
    """

    name: str
    base_url: str
    postal_address: str = ""
    language: str = "en"
    brand: Brand = field(default_factory=Brand)

    def list_id(self, slug: str) -> str:
        """
        What a mail's List-Id (RFC 2919) names the list *slug* by, in ASCII.
        """
        host = urlsplit(self.base_url).hostname or "localhost"
        return f"{slug}.{host if host.isascii() else host.encode('idna').decode('ascii')}"


@dataclass(frozen=True, kw_only=True)
class IssueContent:
    """
    Everything a template is rendered from. `view_url` is the issue in the browser; `list_name`
    the public name of the first list; `date` the day on the masthead. `pictures` are those of the
    briefs that were measured, by their addresses in the briefs.
    """

    site: Site
    briefs: tuple[ChosenBrief, ...]
    sender: Sender
    list_name: str
    list_slug: str
    view_url: str
    date: dt.date
    number: int
    reply_to: str | None = None
    subject: str | None = None
    preheader: str | None = None
    intro: str | None = None
    is_test: bool = False
    pictures: Mapping[str, Picture] = field(default_factory=dict)

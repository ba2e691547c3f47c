"""
An issue, who it goes to, and which moves between its states are allowed.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from newsletter.model.brand import Brand
from newsletter.model.brief import Brief
from newsletter.model.mail import Sender
from newsletter.model.timing import Timing
from subscribers.model import Cadence


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
    # An approval that became void can be given again.
    _S.APPROVED: frozenset({_S.APPROVED, _S.DRAFT, _S.SCHEDULED, _S.FREEZING, _S.CANCELLED}),
    _S.SCHEDULED: frozenset({_S.DRAFT, _S.FREEZING, _S.MISSED, _S.CANCELLED}),
    _S.MISSED: frozenset({_S.DRAFT, _S.FREEZING, _S.CANCELLED}),
    # Only the freeze moves an issue to SENDING: without deliveries it would end at once.
    _S.FREEZING: frozenset({_S.DRAFT, _S.CANCELLED}),
    _S.SENDING: frozenset({_S.PAUSED, _S.SUBMITTED, _S.CANCELLED}),
    _S.PAUSED: frozenset({_S.SENDING, _S.CANCELLED}),
    # Only what adds deliveries to it moves it to SENDING again.
    _S.SUBMITTED: frozenset(),
    _S.CANCELLED: frozenset(),
}
EDITABLE = frozenset({_S.DRAFT, _S.APPROVED, _S.SCHEDULED, _S.MISSED})
PUBLISHED = frozenset({_S.SENDING, _S.PAUSED, _S.SUBMITTED})
WAITS_FOR_STAFF = EDITABLE - {_S.SCHEDULED}


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
    What happens to a draft if nobody has made a decision by its deadline: it is sent, it is
    cancelled, or it waits for a person.
    """

    SEND = "send"
    SKIP = "skip"
    HOLD = "hold"


class HeldBy(enum.StrEnum):
    """
    Who or what decided that only a person may send a draft: an editor, a command, or its deadline.
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
    Who an issue goes to: the readers of `lists` who chose one of `cadences`, except the readers of
    `minus`. A reader on two of the lists gets one mail, through the first. `addresses` are typed
    for a test mail or a notice, which then goes only to them. With `sent_to_issue` only the readers
    who were sent that issue get this one, whatever their cadence is now: it is a correction.
    Without it only the people of `segment` get it; `segment_rule` is that segment's rule as it was
    at the freeze.
    """

    lists: tuple[str, ...]
    minus: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    sent_to_issue: int | None = None
    cadences: tuple[Cadence, ...] = (Cadence.EACH,)
    segment: str | None = None
    segment_rule: str | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> AudienceRule:
        """
        Read a rule as it was stored.
        """
        slugs = {name: tuple(values.get(name, ())) for name in ("lists", "minus", "addresses")}
        cadences = tuple(Cadence(word) for word in values.get("cadences", (Cadence.EACH,)))
        return cls(
            **slugs,
            sent_to_issue=values.get("sent_to_issue"),
            cadences=cadences,
            segment=values.get("segment"),
            segment_rule=values.get("segment_rule"),
        )

    def selects_as(self, other: AudienceRule) -> bool:
        """
        Return whether both rules select the same readers; the order of the lists does not count.
        """
        ordered = ("lists", "minus", "cadences")
        rest = ("addresses", "sent_to_issue", "segment")
        return all(set(getattr(self, n)) == set(getattr(other, n)) for n in ordered) and all(
            getattr(self, n) == getattr(other, n) for n in rest
        )

    def may_share_readers_with(self, other: AudienceRule) -> bool:
        """
        Return whether a reader can be selected by both rules: they name a common list and cadence.
        """
        return not set(self.lists).isdisjoint(other.lists) and not set(self.cadences).isdisjoint(
            other.cadences
        )

    @property
    def counted_cadences(self) -> tuple[Cadence, ...] | None:
        """
        Return the cadences whose readers are selected; None if it does not matter which they chose.
        """
        does_not_matter = self.sent_to_issue is not None or set(self.cadences) == set(Cadence)
        return None if does_not_matter else self.cadences

    @property
    def counted_segment(self) -> str | None:
        """
        Return the segment that narrows the readers; None if there is none or it does not matter.
        """
        return None if self.sent_to_issue is not None or self.addresses else self.segment

    def __str__(self) -> str:
        lists = ", ".join(self.lists)
        if self.minus:
            lists += f", not {', '.join(self.minus)}"
        if self.cadences != (Cadence.EACH,):
            lists += f", cadence {', '.join(self.cadences)}"
        if self.counted_segment is not None:
            lists += f", segment {self.segment}"
            lists += f" ({self.segment_rule})" if self.segment_rule else ""
        if self.sent_to_issue is None:
            return lists
        return f"{lists}: readers of issue {self.sent_to_issue}"


@dataclass(frozen=True, kw_only=True)
class ChosenBrief:
    """
    A stored brief in an issue, in its place in the order. Neighbours with the same `heading` are
    shown together under it (None: no heading). `corrected_on` is the day of its last change, if
    readers were sent another wording before. `most_chars` limits its text if there is no room for
    all of it.
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
        Return the address at which the whole brief can be read, if it has one.
        """
        return self.brief.url or (self.brief.cta.url if self.brief.cta else None)

    @property
    def shows_all(self) -> bool:
        """
        Return whether the body is shown. A brief that cannot be read elsewhere is shown in full
        instead of by its takeaways, because readers could not read its text otherwise.
        """
        is_short = self.shown_as in (ShownAs.TAKEAWAYS, ShownAs.EXCERPT)
        return self.shown_as is ShownAs.FULL or (is_short and self.reads_on is None)


@dataclass(frozen=True, kw_only=True)
class Issue:
    """
    One edition.

    `subject`, `preheader` and `intro` are what staff typed (None: the template's own). `slot` and
    `part` say which slot of `schedule_id` made it. `parent_id` is the issue that a test mail shows
    or a notice is about. `number` is what readers see, None before the freeze. `failed_over_at` is
    when it failed over to its fallback provider, and `failover_reason` why. `send_at` and
    `deadline` are aware, in UTC; a deadline that was enforced or lifted is None, while
    `at_deadline` stays. `held_by` is set while only a person may send it, `stuck_at` once sending
    failed in a way that only a person can fix. It began to be sent at `frozen_at`, and the last of
    its readers had a result at `submitted_at`. The epochs are those of the installation when it
    was made and when it was frozen (`store.epochs`).
    """

    id: int
    kind: IssueKind
    state: IssueState
    audience: AudienceRule
    template: str
    sender: Sender
    provider: str
    fallback_provider: str | None = None
    failed_over_at: dt.datetime | None = None
    failover_reason: str = ""
    reply_to: str | None = None
    subject: str | None = None
    preheader: str | None = None
    intro: str | None = None
    schedule_id: int | None = None
    slot: str | None = None
    part: str = ""
    parent_id: int | None = None
    number: int | None = None
    send_at: dt.datetime | None = None
    timing: Timing | None = None
    deadline: dt.datetime | None = None
    at_deadline: DeadlineAction | None = None
    needs_approval: bool = False
    approved_hash: str | None = None
    approved_count: int | None = None
    approved_number: int | None = None
    approved_at: dt.datetime | None = None
    approved_by: str | None = None
    changed_by: str | None = None
    pause_reason: str | None = None
    held_by: HeldBy | None = None
    stuck_at: dt.datetime | None = None
    created_at: dt.datetime | None = None
    frozen_at: dt.datetime | None = None
    submitted_at: dt.datetime | None = None
    created_epoch: str = ""
    frozen_epoch: str = ""

    @property
    def content_id(self) -> int:
        """
        Return the number of the issue whose briefs it shows: its own, or its parent's.
        """
        return self.parent_id or self.id

    @property
    def is_published(self) -> bool:
        """
        Return True if readers can see it in a browser.
        """
        return self.state in PUBLISHED

    @property
    def current_provider(self) -> str:
        """
        Return the provider that it is sent through now.
        """
        return (
            self.provider
            if self.failed_over_at is None
            else self.fallback_provider or self.provider
        )


@dataclass(frozen=True, kw_only=True)
class Site:
    """
    What mails say about the sending site: `[site]` and `[brand]` of the settings, and the address
    to which readers can send an email to unsubscribe (empty if there is none).
    """

    name: str
    base_url: str
    postal_address: str = ""
    language: str = "en"
    brand: Brand = field(default_factory=Brand)
    unsubscribe_address: str = ""

    def list_id(self, slug: str) -> str:
        """
        Return the List-Id (RFC 2919) of the list *slug*, in ASCII.
        """
        host = urlsplit(self.base_url).hostname or "localhost"
        return f"{slug}.{host if host.isascii() else host.encode('idna').decode('ascii')}"

"""
Say what became of a slot, or what will: a chip, and why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import babel.dates
import babel.numbers

from newsletter.model.issue import IssueState
from newsletter.model.schedule import Schedule, SlotOutcome
from newsletter.scheduling.coming_slots import ComingSlot
from newsletter.scheduling.firing import FIRED_WITHIN
from newsletter.scheduling.quiet_hours import day_off_on
from newsletter.store.scheduling.calendar import CalendarSlot, SlotIssue
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.schedules.when_words import day_off_words

_WAITING = (IssueState.DRAFT, IssueState.MISSED, IssueState.PAUSED, IssueState.CANCELLED)


@dataclass(frozen=True, kw_only=True)
class SlotChip:
    """
    A chip: the class of its shape, and its word.
    """

    kind: str
    word: str


@dataclass(frozen=True, kw_only=True)
class ShownSlot:
    """
    A slot as pages show it. `detail` says what it sent or will, `reason` why it sent nothing, and
    `stored_reason` is everything that was stored of it; these two are in English. `issue` is the
    number of its issue, `part` the brief that this is about if there is an issue for each. The
    calendar says of the one that `is_next` what it would take.
    """

    schedule: str
    wall: str
    due: dt.datetime
    chip: SlotChip
    detail: str = ""
    reason: str = ""
    stored_reason: str = ""
    part: str = ""
    issue: int | None = None
    is_started: bool = False
    day_off: str = ""
    more: int = 0
    is_next: bool = False

    @property
    def can_be_called_off(self) -> bool:
        """
        Return True if it has not been started and is not on a day off.
        """
        return not self.is_started and not self.day_off

    @property
    def can_be_put_back(self) -> bool:
        """
        Return True if it is on a day off that is this one day.
        """
        return bool(self.day_off) and self.day_off == self.wall[:10]


def shown_start(rule: Schedule, found: CalendarSlot, words: StaffWords) -> ShownSlot:
    """
    Return what is shown of a slot of *rule* that was started.
    """
    row, issue = found.row, found.issue
    return ShownSlot(
        schedule=rule.name,
        wall=row.slot.wall,
        due=row.slot.due,
        chip=_chip(found, rule.days_off, words),
        detail=_issue_words(issue, words) if issue else "",
        reason=_reason(found),
        stored_reason=row.reason,
        part=row.part,
        issue=issue.id if issue else None,
        is_started=True,
    )


def shown_coming(
    name: str, coming: ComingSlot, words: StaffWords, *, zone: dt.tzinfo, late_before: dt.datetime
) -> ShownSlot:
    """
    Return what is shown of a slot of the schedule *name* that was not started. Times are in *zone*.
    """
    _ = words.gettext
    if coming.day_off:
        chip, detail = SlotChip(kind="cancelled", word=_("Called off")), ""
        if coming.day_off != coming.slot.wall[:10]:
            detail = _("One of its days off: %(days)s", days=day_off_words(coming.day_off, words))
    elif coming.slot.due < late_before:
        chip = SlotChip(kind="late", word=_("Not started"))
        detail = _("It was due, and nothing has started it. Is “newsletter serve” running?")
    else:
        chip = SlotChip(kind="next", word=_("Planned"))
        detail = sent_at_words(coming.sent_at, words, zone)
    return ShownSlot(
        schedule=name,
        wall=coming.slot.wall,
        due=coming.slot.due,
        chip=chip,
        detail=detail,
        day_off=coming.day_off or "",
        more=coming.more,
    )


def sent_at_words(sent_at: dt.datetime | None, words: StaffWords, zone: dt.tzinfo) -> str:
    if sent_at is None:
        return ""
    time = babel.dates.format_time(sent_at.astimezone(zone), format="short", locale=words.locale)
    return words.gettext("Sent at %(time)s, when its quiet hours end", time=time)


def _chip(found: CalendarSlot, days_off: Sequence[str], words: StaffWords) -> SlotChip:
    _, row, issue = words.gettext, found.row, found.issue
    if row.outcome is SlotOutcome.SKIPPED:
        if day_off_on(days_off, row.slot.day) is not None:
            return SlotChip(kind="cancelled", word=_("Called off"))
        return SlotChip(kind="skipped", word=_("Skipped"))
    if row.outcome is SlotOutcome.FAILED:
        return SlotChip(kind="error", word=_("Failed"))
    if row.outcome is SlotOutcome.DUE:
        return SlotChip(kind="held", word=_("Waits"))
    if issue is None:
        return SlotChip(kind="sent", word=_("Issue made"))
    if issue.state is IssueState.SUBMITTED and row.fired_at - row.slot.due > FIRED_WITHIN:
        return SlotChip(kind="late", word=_("Sent late"))
    return _issue_chip(issue.state, words)


def _issue_chip(state: IssueState, words: StaffWords) -> SlotChip:
    _ = words.gettext
    chips = {
        IssueState.DRAFT: ("draft", _("Needs a decision")),
        IssueState.APPROVED: ("approved", _("Approved")),
        IssueState.SCHEDULED: ("scheduled", _("Scheduled")),
        IssueState.FREEZING: ("sending", _("Sending")),
        IssueState.SENDING: ("sending", _("Sending")),
        IssueState.PAUSED: ("paused", _("Paused")),
        IssueState.SUBMITTED: ("sent", _("Sent")),
        IssueState.CANCELLED: ("cancelled", _("Cancelled")),
        IssueState.MISSED: ("late", _("Too late, needs a decision")),
    }
    kind, word = chips[state]
    return SlotChip(kind=kind, word=word)


def _issue_words(issue: SlotIssue, words: StaffWords) -> str:
    """
    Say how many briefs the issue has and how many readers it was frozen for.
    """

    def number(value: int) -> str:
        return str(babel.numbers.format_decimal(value, locale=words.locale))

    briefs = words.ngettext("%(n)s brief", "%(n)s briefs", issue.briefs, n=number(issue.briefs))
    if not issue.readers:
        return briefs
    return words.ngettext(
        "%(briefs)s to %(n)s reader",
        "%(briefs)s to %(n)s readers",
        issue.readers,
        briefs=briefs,
        n=number(issue.readers),
    )


def _reason(found: CalendarSlot) -> str:
    """
    Return why it ended as it did, or why its issue waits.
    """
    row, issue = found.row, found.issue
    if row.outcome is not SlotOutcome.ISSUED:
        return row.reason
    waits = issue is not None and issue.state in _WAITING
    return (issue.pause_reason or "") if issue is not None and waits else ""

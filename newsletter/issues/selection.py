"""
Select the briefs of the next issue of a schedule, or say why there is none.

The second step of the pipeline, after `collect`. Pure; `drafts` stores the result.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import regex

from newsletter.errors import Refused
from newsletter.model import choice_words
from newsletter.model.issue import ShownAs
from newsletter.model.schedule import Group, IssueRules, Order
from newsletter.model.source import SourceStanding
from newsletter.store.content.briefs import StoredBrief
from subscribers.text.phrases import joined, phrase

# A digest shows its lead in full, this many more by their takeaways, and the others in one line
# each.
WITH_TAKEAWAYS = 5
# How long a title pattern may search one title, because nested repetitions may take forever.
PATTERN_S = 0.5
# In how many titles of an issue: beyond, it is the pattern that has to be changed.
MOST_SLOW_TITLES = 3


class LeftOut(enum.StrEnum):
    """
    Why a rule excludes a brief, in the wording and order of the slot's reason.
    """

    SINGLE = "already sent on their own"
    CATEGORY = "not in the schedule's categories"
    NOT_CATEGORY = "in an excluded category"
    TITLE = "without a matching title"
    NOT_TITLE = "with an excluded title"
    OLD = "older than the look-back"
    FUTURE = "waiting for their date"
    SLOW = "with a title that a pattern takes too long for"


@dataclass(frozen=True, kw_only=True)
class Past:
    """
    What was sent before: when the schedule's last issue was made, and which briefs were sent to its
    lists on their own, and when.
    """

    last_issue_at: dt.datetime | None = None
    singles: Mapping[int, dt.datetime] = field(default_factory=dict)

    def is_news(self, found: StoredBrief) -> bool:
        """
        Return True if the brief came, or was sent on its own, since the last issue.
        """
        latest = max(found.first_seen_at, self.singles.get(found.id, found.first_seen_at))
        return self.last_issue_at is None or latest > self.last_issue_at


@dataclass(frozen=True, kw_only=True)
class Choice:
    """
    The briefs of the next issue in order and their headings; if there are none, `skip` says why.
    `left_over` are the briefs that wait for the next issue; `left_out` counts the new briefs that
    the rules exclude. `failing` says which sources could not be read or are held, and why.
    """

    briefs: tuple[StoredBrief, ...] = ()
    headings: Mapping[int, str] = field(default_factory=dict)
    left_over: tuple[StoredBrief, ...] = ()
    left_out: Mapping[LeftOut, int] = field(default_factory=dict)
    skip: str = ""
    failing: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """
        Summarise the choice for the slot: in one line, and one more for each failing source.
        """
        over = len(self.left_over)
        carried = [choice_words.carried_over(over)] if over else []
        refused = [
            phrase("{number} {why}", number=count, why=why) for why, count in self.left_out.items()
        ]
        line = joined(
            "; ", [self.skip or choice_words.brief_count(len(self.briefs)), *carried, *refused]
        )
        return joined("\n", [line, *self.failing])


NOTHING_BEFORE = Past()


def choose_briefs(
    rules: IssueRules,
    candidates: Sequence[StoredBrief],
    *,
    past: Past = NOTHING_BEFORE,
    failing: Sequence[SourceStanding] = (),
    now: dt.datetime,
) -> Choice:
    """
    Choose the *candidates* (newest first) that the rules admit, in the order that the rules set.

    Briefs beyond the maximum are left over for the next issue: the newest if the oldest come first,
    otherwise the oldest, and never a pinned one. *failing* are the sources that could not be read
    or are held.
    """
    lines = tuple(each.line for each in failing)
    why_not = reasons_against(rules, candidates, past, now)
    admitted = [found for found in candidates if why_not[found.id] is None]
    refused = Counter(why_not[found.id] for found in candidates if past.is_news(found))
    left_out = {why: refused[why] for why in LeftOut if refused[why]}
    if len(admitted) < rules.least:
        skip = _skip(rules, len(admitted), sum(left_out.values()), failing)
        return Choice(skip=skip, left_out=left_out, failing=lines)
    if rules.order is Order.OLDEST:
        admitted.reverse()
    taken, left_over = _up_to_most(rules, admitted)
    briefs, headings = _grouped(rules, _led(rules, taken))
    return Choice(
        briefs=tuple(briefs),
        headings=headings,
        left_over=tuple(left_over),
        left_out=left_out,
        failing=lines,
    )


def shown(
    brief_ids: Sequence[int], show: ShownAs | None = None, *, lead: ShownAs | None = None
) -> list[tuple[int, ShownAs]]:
    """
    Return how much of each brief the issue shows: a single brief and the lead of a digest as *lead*
    or in full, the others as *show* or by default.
    """
    others = [
        (brief_id, _shown_as(place, show)) for place, brief_id in enumerate(brief_ids[1:], start=1)
    ]
    return [*((brief_id, lead or ShownAs.FULL) for brief_id in brief_ids[:1]), *others]


def template_for(named: str | None, count: int) -> str:
    """
    Return the template's name: *named*, or else `letter` for no brief, `intelbrief` for one and
    `digest` for more.
    """
    return named or {0: "letter", 1: "intelbrief"}.get(count, "digest")


def _skip(rules: IssueRules, admitted: int, refused: int, failing: Sequence[SourceStanding]) -> str:
    if admitted:
        return choice_words.too_few(admitted, rules.least)
    if refused:
        return choice_words.none_matches(refused)
    if failing:
        return choice_words.failures(failing)
    return phrase("no new briefs since the last issue")


def reasons_against(
    rules: IssueRules, candidates: Sequence[StoredBrief], past: Past, now: dt.datetime
) -> dict[int, LeftOut | None]:
    """
    Return the rule that excludes each of the *candidates*, by its number.

    Raises:
        Refused: the search for a title pattern takes too long in many titles.
    """
    reasons: dict[int, LeftOut | None] = {}
    slow = 0
    for found in candidates:
        try:
            reasons[found.id] = _why_not(rules, found, past, now)
        except TimeoutError:
            reasons[found.id], slow = LeftOut.SLOW, slow + 1
        if slow > MOST_SLOW_TITLES:
            raise Refused(choice_words.slow_titles(found.id, slow - 1))
    return reasons


def _why_not(rules: IssueRules, found: StoredBrief, past: Past, now: dt.datetime) -> LeftOut | None:
    """
    Return the first rule that excludes the brief. Whether it was sent on its own is checked last,
    so that only briefs that would fit are counted there.
    """
    if found.dated_at > now:
        return LeftOut.FUTURE
    if rules.look_back is not None and found.dated_at < now - rules.look_back:
        return LeftOut.OLD
    if rules.categories and not _is_of_any(found, rules.categories):
        return LeftOut.CATEGORY
    if _is_of_any(found, rules.not_categories):
        return LeftOut.NOT_CATEGORY
    if rules.title is not None and not _is_titled(found, rules.title):
        return LeftOut.TITLE
    if rules.not_title is not None and _is_titled(found, rules.not_title):
        return LeftOut.NOT_TITLE
    return LeftOut.SINGLE if rules.skip_singles and found.id in past.singles else None


def _is_titled(found: StoredBrief, pattern: str) -> bool:
    """
    Return True if the pattern matches the title.

    Raises:
        TimeoutError: the search takes too long in this title, which others wrote.
    """
    # Other threads go on meanwhile.
    found_in = regex.search(
        pattern, found.brief.title, regex.IGNORECASE, timeout=PATTERN_S, concurrent=True
    )
    return found_in is not None


def _is_of_any(found: StoredBrief, wanted: Sequence[str]) -> bool:
    own = {name.casefold() for name in found.brief.categories}
    return any(name.casefold() in own for name in wanted)


def _up_to_most(
    rules: IssueRules, admitted: Sequence[StoredBrief]
) -> tuple[Sequence[StoredBrief], Sequence[StoredBrief]]:
    """
    Split *admitted* into those the issue takes, pinned ones first, and those that wait.
    """
    ordered = sorted(admitted, key=lambda found: not found.is_pinned)
    pinned = sum(found.is_pinned for found in ordered)
    most = max(rules.most or len(ordered), pinned)
    return ordered[:most], ordered[most:]


def _led(rules: IssueRules, briefs: Sequence[StoredBrief]) -> list[StoredBrief]:
    """
    Put the lead first: a pinned brief, or else the first brief in the lead's category.
    """
    if rules.lead is None or briefs[0].is_pinned:
        return list(briefs)
    lead = next((found for found in briefs if _is_of_any(found, [rules.lead])), briefs[0])
    return [lead, *(found for found in briefs if found is not lead)]


def _grouped(
    rules: IssueRules, briefs: Sequence[StoredBrief]
) -> tuple[list[StoredBrief], dict[int, str]]:
    """
    Group the briefs after the lead, groups in the order of their first brief and those without a
    heading last; return the headings too. Two spellings of a heading are one group.
    """
    groups: dict[str, list[StoredBrief]] = {}
    spelling: dict[str, str] = {}
    for found in briefs[1:]:
        heading = _heading(rules, found)
        groups.setdefault(heading.casefold(), []).append(found)
        spelling.setdefault(heading.casefold(), heading)
    ungrouped = groups.pop("", [])
    headings = {brief.id: spelling[key] for key, group in groups.items() for brief in group}
    return [briefs[0], *chain.from_iterable(groups.values()), *ungrouped], headings


def _heading(rules: IssueRules, found: StoredBrief) -> str:
    """
    Return the heading that a brief is shown under, or "". Of several categories it is the one that
    the rules name first, or else the brief's first.
    """
    if rules.group is Group.SOURCE:
        return found.source
    if rules.group is Group.SERIES:
        return found.brief.series or ""
    if rules.group is Group.CATEGORY:
        own = {name.casefold(): name for name in reversed(found.brief.categories)}
        wanted = [own[name.casefold()] for name in rules.categories if name.casefold() in own]
        return next(iter([*wanted, *found.brief.categories]), "")
    return ""


def _shown_as(place: int, show: ShownAs | None) -> ShownAs:
    if show is not None:
        return show
    return ShownAs.TAKEAWAYS if place <= WITH_TAKEAWAYS else ShownAs.LINE

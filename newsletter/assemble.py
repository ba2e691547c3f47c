"""
The second step: which briefs make the next issue of a schedule, or why there is none.

Pure choosing; `drafting` stores what comes out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.model.issue import ShownAs
from newsletter.model.schedule import IssueRules, Order
from newsletter.store.briefs import StoredBrief

# A digest's lead is shown whole, these many more by their takeaways, the rest as a line each.
WITH_TAKEAWAYS = 5


@dataclass(frozen=True, kw_only=True)
class Choice:
    """
    The briefs of the next issue in order, or, when there are none, the reason to skip it.
    `left_over` stay free for the issue after.
    """

    briefs: tuple[StoredBrief, ...] = ()
    left_over: tuple[StoredBrief, ...] = ()
    skip: str = ""


def choose_briefs(
    rules: IssueRules, candidates: Sequence[StoredBrief], *, now: dt.datetime
) -> Choice:
    """
    Those of *candidates* (newest first) that the rules admit, in their order, up to the most.
    What is above the most is carried over: of an order from the oldest, the newest wait.
    """
    if not candidates:
        return Choice(skip="no new briefs since the last issue")
    admitted = [found for found in candidates if _is_admitted(rules, found, now)]
    if not admitted:
        return Choice(skip=f"none of {_count(candidates)} fits the schedule's rules")
    if len(admitted) < rules.least:
        return Choice(skip=f"{_count(admitted)}, and the schedule wants at least {rules.least}")
    if rules.order is Order.OLDEST:
        admitted.reverse()
    most = rules.most or len(admitted)
    return Choice(briefs=tuple(_led(rules, admitted[:most])), left_over=tuple(admitted[most:]))


def shown(brief_ids: Sequence[int], show: ShownAs | None = None) -> list[tuple[int, ShownAs]]:
    """
    How much of each brief the issue shows: a single brief and a digest's lead in full, the
    others as *show*, or by what is usual.
    """
    return [(brief_id, _shown_as(place, show)) for place, brief_id in enumerate(brief_ids)]


def template_for(named: str | None, count: int) -> str:
    """
    The template folder: the one named, else `intelbrief` for one brief and `digest` for more.
    """
    return named or ("intelbrief" if count == 1 else "digest")


def _is_admitted(rules: IssueRules, found: StoredBrief, now: dt.datetime) -> bool:
    if rules.look_back is not None and found.dated_at < now - rules.look_back:
        return False
    if rules.title is not None and not re.search(rules.title, found.brief.title, re.IGNORECASE):
        return False
    return not rules.categories or any(_is_of(found, name) for name in rules.categories)


def _is_of(found: StoredBrief, category: str) -> bool:
    return category.casefold() in {name.casefold() for name in found.brief.categories}


def _led(rules: IssueRules, briefs: Sequence[StoredBrief]) -> list[StoredBrief]:
    """
    *briefs* with the first of the lead's category before all others.
    """
    if rules.lead is None:
        return list(briefs)
    lead = next((found for found in briefs if _is_of(found, rules.lead)), briefs[0])
    return [lead, *(found for found in briefs if found is not lead)]


def _shown_as(place: int, show: ShownAs | None) -> ShownAs:
    if place == 0:
        return ShownAs.FULL
    if show is not None:
        return show
    return ShownAs.TAKEAWAYS if place <= WITH_TAKEAWAYS else ShownAs.LINE


def _count(briefs: Sequence[StoredBrief]) -> str:
    return f"{len(briefs)} new brief{'s' if len(briefs) > 1 else ''}"

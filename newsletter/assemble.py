"""
The second step: which briefs make the next issue of a schedule, or why there is none.

Pure choosing; `pipeline` stores what comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.model.issue import ShownAs
from newsletter.model.schedule import Schedule
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


def choose_briefs(rule: Schedule, candidates: Sequence[StoredBrief]) -> Choice:
    """
    The newest of *candidates* (newest first) up to the schedule's most, if there are its least.
    """
    if not candidates:
        return Choice(skip="no new briefs since the last issue")
    if len(candidates) < rule.least:
        found = f"{len(candidates)} new brief{'s' if len(candidates) > 1 else ''}"
        return Choice(skip=f"{found}, and the schedule wants at least {rule.least}")
    most = rule.most or len(candidates)
    return Choice(briefs=tuple(candidates[:most]), left_over=tuple(candidates[most:]))


def shown(brief_ids: Sequence[int]) -> list[tuple[int, ShownAs]]:
    """
    How much of each brief the issue shows: a single brief and a digest's lead in full.
    """
    return [(brief_id, _shown_as(place)) for place, brief_id in enumerate(brief_ids)]


def _shown_as(place: int) -> ShownAs:
    if place == 0:
        return ShownAs.FULL
    return ShownAs.TAKEAWAYS if place <= WITH_TAKEAWAYS else ShownAs.LINE


def template_for(named: str | None, count: int) -> str:
    """
    The template folder: the one named, else `intelbrief` for one brief and `digest` for more.
    """
    return named or ("intelbrief" if count == 1 else "digest")

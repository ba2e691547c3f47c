"""
Decide how long a slot is held open for briefs that have just come or changed. Pure.

Authors correct the worst mistakes in the first minutes, so a brief that has settled is safe to
send.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.model.schedule import MisfirePolicy, Schedule
from newsletter.model.source import SourceSettings
from newsletter.store.content.briefs import StoredBrief
from newsletter.store.scheduling.schedules import SlotRow

NO_WAIT = dt.timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Hold:
    """
    The time until which a slot is held open, and the title of the brief it waits for.
    """

    until: dt.datetime
    title: str


def hold_for(
    briefs: Sequence[StoredBrief],
    sources: Mapping[str, SourceSettings],
    *,
    rule: Schedule,
    fired: SlotRow,
    now: dt.datetime,
) -> Hold | None:
    """
    Return until when the slot waits for the newest of *briefs*. Return None if all have settled, or
    if it has waited for the longest settle time of its sources.
    """
    if not briefs:
        return None
    freshest = max(briefs, key=lambda found: settled_at(found, sources))
    settled = settled_at(freshest, sources)
    window = max((sources[n].settle for n in rule.sources if n in sources), default=NO_WAIT)
    limit = fired.fired_at + window
    if rule.misfire_policy is not MisfirePolicy.SEND:
        # Waiting must not take the slot past its misfire limit.
        limit = min(limit, fired.slot.due + rule.misfire_limit)
    if settled <= now or limit <= now:
        return None
    return Hold(until=min(settled, limit), title=freshest.brief.title)


def settled_at(found: StoredBrief, sources: Mapping[str, SourceSettings]) -> dt.datetime:
    """
    Return when the brief will have been unchanged for the settle time of its source. Briefs that
    were there at the first poll of the source, or that a person stored, count as settled.
    """
    source = sources.get(found.source)
    if source is None or source.first_polled_at is None:
        return found.changed_at
    return found.changed_at + (
        source.settle if found.changed_at > source.first_polled_at else NO_WAIT
    )

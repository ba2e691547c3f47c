"""
Decide the status of an item that was never seen before, and why. Pure, so that every rule can be
read and tested on its own. `matching` calls it for each such item of a poll.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from newsletter.ingest.sources.kinds import source_kind
from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.known_item import KnownBrief
from newsletter.model.source import FirstPoll, SourceSettings

# A site that calls its local time UTC is up to half a day ahead.
AHEAD = dt.timedelta(hours=12)


class Intake(NamedTuple):
    """
    The status of a brief that is stored for the first time, and the reason as text.
    """

    status: BriefStatus
    why: str


def classify_new(
    settings: SourceSettings, brief: Brief, when: dt.datetime, now: dt.datetime
) -> Intake | None:
    """
    Decide the status of a brief that was never seen before. Return None if its category is not
    wanted.
    """
    is_first = settings.first_polled_at is None
    if is_first and settings.first_poll is FirstPoll.RECORD:
        return Intake(BriefStatus.RECORDED, "older than the source")
    if not _is_wanted(settings, brief):
        return None
    changed_at = settings.ids_changed_at
    if changed_at is not None and (after := _after_new_ids(brief, when, changed_at)) is not None:
        return after
    if accepts_unsolicited(settings):
        return Intake(BriefStatus.HELD, "came by email, which anybody can send")
    if is_first:
        return Intake(BriefStatus.NEW, "first poll")
    if when < now - settings.look_back:
        days = settings.look_back.days
        return Intake(BriefStatus.HELD, f"dated {when:%Y-%m-%d}, more than {days} days ago")
    return Intake(BriefStatus.NEW, "")


def _after_new_ids(brief: Brief, when: dt.datetime, changed_at: dt.datetime) -> Intake | None:
    """
    Decide about a brief that was not recognised after the ids in its source changed. It may be an
    old one, unless it is dated after the last poll with the old ids; then return None.
    """
    if brief.published_at is None and brief.date is None:
        return Intake(BriefStatus.HELD, "without a date, and the ids in its source changed")
    if when > changed_at:
        return None
    if brief.published_at is None and brief.date == changed_at.date():
        return Intake(BriefStatus.HELD, "of the day on which the ids in its source changed")
    return Intake(BriefStatus.RECORDED, "older than the change of ids in its source")


def accepted_ahead(settings: SourceSettings) -> dt.timedelta:
    """
    Return how far ahead of the clock the time of an item may be and still count as now. The dates
    in a folder are those that a person typed.
    """
    is_typed = source_kind(settings.kind).is_written_by_staff
    return dt.timedelta(0) if is_typed else AHEAD


def accepts_unsolicited(settings: SourceSettings) -> bool:
    """
    Return True if anybody can submit to the source, so that a person has to check each item.
    """
    return source_kind(settings.kind).is_open_to_anybody


def has_reused_id(known: KnownBrief, brief: Brief) -> bool:
    """
    Return True if *brief* is a different one with the id of the *known* brief, as in hand-made
    feeds: title, address and day all differ. An edit changes one or two of them.
    """
    both_have = all(value is not None for value in (known.url, brief.url, known.date, brief.date))
    return (
        both_have
        and known.title != brief.title
        and known.url != brief.url
        and known.date != brief.date
    )


def category_note(settings: SourceSettings, briefs: Sequence[Brief]) -> str | None:
    """
    Return a note on how many of *briefs* each category of the source accepted, and how many were
    left out; None if the source accepts every category.
    """
    is_recording = settings.first_polled_at is None and settings.first_poll is FirstPoll.RECORD
    if not settings.categories or not briefs or is_recording:
        return None
    through = [
        f"{sum(category.casefold() in _folded(brief.categories) for brief in briefs)} {category}"
        for category in settings.categories
    ]
    left_out = sum(not _is_wanted(settings, brief) for brief in briefs)
    return f"by category: {', '.join(through)}; {left_out} left out"


def _is_wanted(settings: SourceSettings, brief: Brief) -> bool:
    wanted = _folded(settings.categories)
    return not wanted or not wanted.isdisjoint(_folded(brief.categories))


def _folded(categories: Sequence[str]) -> set[str]:
    return {category.casefold() for category in categories}

"""
What an item is to us, and why: pure, so that every rule can be read and tested by itself.

`collect` asks, for each item of a poll.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.source import FirstPoll, SourceKind, SourceSettings


def classify_new(
    settings: SourceSettings, brief: Brief, when: dt.datetime, now: dt.datetime
) -> tuple[BriefStatus, str] | None:
    """
    What a brief never seen before is to be, and why; None when its category is not wanted.
    """
    is_first = settings.first_polled_at is None
    if is_first and settings.first_poll is FirstPoll.RECORD:
        return BriefStatus.RECORDED, "there before the source was added"
    if not _is_wanted(settings, brief):
        return None
    if accepts_unsolicited(settings):
        return BriefStatus.HELD, "came by mail, which anybody can send"
    if is_first:
        return BriefStatus.NEW, "first poll"
    if when < now - settings.look_back:
        days = settings.look_back.days
        return BriefStatus.HELD, f"dated {when:%Y-%m-%d}, more than {days} days back"
    return BriefStatus.NEW, ""


def accepts_unsolicited(settings: SourceSettings) -> bool:
    """
    Whether anybody can write into the source, so that a person looks at all that it brings.
    """
    return settings.kind is SourceKind.MAILBOX


def has_reused_id(known: Brief, brief: Brief) -> bool:
    """
    Whether *brief* is another one under a known id, as hand-made feeds do: title, address and day
    all differ. An edit changes one or two of them.
    """
    return (
        known.title != brief.title
        and None not in (known.url, brief.url, known.date, brief.date)
        and known.url != brief.url
        and known.date != brief.date
    )


def category_note(settings: SourceSettings, briefs: Sequence[Brief]) -> str | None:
    """
    How many of *briefs* each category of the source let through, and how many were left out; None
    where every one is taken.
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

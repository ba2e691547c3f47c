"""
Say how many briefs a schedule chose for an issue, or why it chose none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from newsletter.model.source import SourceStanding
from subscribers.text.phrase_values import Moment
from subscribers.text.phrases import joined, phrase, plural


def brief_count(number: int) -> str:
    return plural("{n} brief", "{n} briefs", number)


def carried_over(number: int) -> str:
    return phrase("{number} carried over", number=number)


def too_few(admitted: int, least: int) -> str:
    """
    Say that the rule admits *admitted* new briefs, and needs at *least* so many.
    """
    return plural(
        "{n} new brief, and the schedule needs at least {least}",
        "{n} new briefs, and the schedule needs at least {least}",
        admitted,
        least=least,
    )


def none_matches(refused: int) -> str:
    return plural(
        "none of {n} new brief matches the rules of the schedule",
        "none of {n} new briefs matches the rules of the schedule",
        refused,
    )


def failures(failing: Sequence[SourceStanding]) -> str:
    """
    Count the sources that could not be read and those that are held.
    """
    held = sum(each.source.hold is not None for each in failing)
    unread = len(failing) - held
    words = []
    if unread:
        words.append(
            plural("{n} source could not be read", "{n} sources could not be read", unread)
        )
    if held:
        words.append(plural("{n} source is held", "{n} sources are held", held))
    return joined(", ", words)


def no_readers(segment: str | None) -> str:
    """
    Say that nobody on the lists of a schedule, or of their *segment*, may be mailed.
    """
    if segment:
        return phrase("no active readers in segment {segment}", segment=segment)
    return phrase("no active readers on its lists")


def held_open(until: dt.datetime, title: str) -> str:
    """
    Say that a slot waits *until* a time in its schedule's zone, because the brief with that *title*
    may change.
    """
    return phrase(
        "held open until {time}: “{title}” is new or has just changed",
        time=Moment(f"{until:%H:%M}", until),
        title=title,
    )


def slow_titles(brief_id: int, others: int) -> str:
    return phrase(
        "the title patterns take too long, at brief {brief} and {number} others: write them "
        "without nested repetitions",
        brief=brief_id,
        number=others,
    )

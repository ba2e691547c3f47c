"""
Say dates and lists of names in the language of the staff who read them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import babel.dates
import babel.lists

from newsletter.mail.templating.translations import Translations, locale_of


def moment_in_words(words: Translations, when: dt.datetime, timezone: str) -> str:
    """
    Return an instant as a date and a time in *timezone*, which is named: "Thursday, March 5, 2026,
    08:00 (America/New_York)". *words* are those for staff.
    """
    return wall_in_words(words, when.astimezone(ZoneInfo(timezone)), timezone)


def wall_in_words(words: Translations, local: dt.datetime, timezone: str = "") -> str:
    """
    Return a wall time like `moment_in_words`; without a *timezone*, none is named.
    """
    locale = locale_of(words.lang)
    date = babel.dates.format_date(local, format="full", locale=locale)
    word = "moment" if timezone else "local_moment"
    return words.fill(word, date=date, time=f"{local:%H:%M}", zone=timezone)


def date_in_words(words: Translations, day: dt.date) -> str:
    """
    Return a day as a long date.
    """
    return babel.dates.format_date(day, format="long", locale=locale_of(words.lang))


def names_in_words(words: Translations, names: Sequence[str]) -> str:
    """
    Return *names* as a list in words: "Daily, Weekly and Alerts".
    """
    return babel.lists.format_list(list(names), locale=locale_of(words.lang))

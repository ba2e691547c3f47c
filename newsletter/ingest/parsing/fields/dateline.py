"""
Find the date beside a place: in the dateline of an agency's report, `ARLEN, N.D., March 5, 2019 –
The council met.`, and in the date line of a letter, `Berlin, 5. März 2019`.
"""

from __future__ import annotations

import datetime as dt
import re

from newsletter.ingest.parsing.fields import dates
from newsletter.ingest.parsing.fields.calendar_names import weekdays_of
from newsletter.ingest.parsing.fields.written_date import HAS_YEAR, parse_written

_LONGEST = 120
_END = re.compile(r"\s?[–—]|\s?--|\s-(?=\s)|\.-|:(?=\s)")
_IN_BRACKETS = re.compile(r"\((?P<inside>[^()]{6,90})\)")
# The agency after the date: /PRNewswire/, (GLOBE NEWSWIRE).
_AGENCY = re.compile(r"\s?(?:/[^/]{2,40}/|\([^()]{2,40}\))$")
_AFTER_TOWN = re.compile(r"[,،、，]\s?|\s[–—|·-]\s")
_SEPARATOR = re.compile(r"[,،、]\s?|\s?[–—]\s?|\s?--\s?|\s-\s|\s\(|\)\s")
# The small words in the names of places.
_IN_NAMES = (
    "al am an auf bei d da das de dei del den der des di do dos el em en la las le les los na nad "
    "of on op sur the upon van von"
)
# A sentence may start with one of these, a place does not.
_PREPOSITIONS = (
    "after as at before bis by depuis desde from im in nach on seit since until vor when à em en"
)
_MOST_WORDS = 7
# The names of towns in more than one word start with one of these, or are in capital letters.
_FIRST_OF_TOWNS = (
    "abu addis bad buenos cape cidade ciudad den el fort hong ho kuala la las le los mexico new "
    "nowy phnom port porto puerto rio saint san sankt santa santo st são tel the"
)
_LONGEST_LINE = 70
# Shorter names of weekdays are also parts of the names of places: La, San.
_SHORTEST_WEEKDAY = 5


def dateline_date(paragraph: str, *, day_first: bool) -> dt.date | None:
    """
    Return the date in the dateline that *paragraph* starts with: a place, a date and a dash or a
    colon, or a place and a date in brackets. None if it starts with a sentence.
    """
    start = paragraph[:_LONGEST]
    if bracketed := _IN_BRACKETS.match(start):
        return _after_place(bracketed["inside"], day_first=day_first)
    for end in _END.finditer(start):
        head = start[: end.start()]
        if HAS_YEAR.search(head):
            named = _AGENCY.sub("", head)
            return _after_place(named if HAS_YEAR.search(named) else head, day_first=day_first)
    return None


def date_line(text: str, *, day_first: bool) -> dt.date | None:
    """
    Return the date if *text* is nothing but a date, or a town and a date.
    """
    found = dates.whole_date(text, day_first=day_first)
    if found is not None or len(text) > _LONGEST_LINE or not HAS_YEAR.search(text):
        return found
    for separator in _AFTER_TOWN.finditer(text):
        written = parse_written(text[separator.end() :], day_first=day_first)
        if written is not None:
            return written.day if _is_town(text[: separator.start()]) else None
    return None


def _is_town(text: str) -> bool:
    first, *others = text.split() or [""]
    is_named = not others or text.isupper() or first.casefold() in _FIRST_OF_TOWNS.split()
    return is_named and _is_place(text)


def _after_place(head: str, *, day_first: bool) -> dt.date | None:
    for separator in _SEPARATOR.finditer(head):
        written = parse_written(head[separator.end() :], day_first=day_first)
        if written is not None:
            return written.day if _is_place(head[: separator.start()]) else None
    return None


def _is_place(text: str) -> bool:
    words = re.findall(r"[^\s,،、()/–—-]+", text)
    if not 0 < len(words) <= _MOST_WORDS or words[0].casefold() in _PREPOSITIONS.split():
        return False
    return _is_name(words[0]) and all(
        word.casefold() in _IN_NAMES.split() or _is_name(word) for word in words
    )


def _is_name(word: str) -> bool:
    is_weekday = len(word) >= _SHORTEST_WEEKDAY and weekdays_of(word)
    return word[0].isalpha() and not word[0].islower() and not is_weekday

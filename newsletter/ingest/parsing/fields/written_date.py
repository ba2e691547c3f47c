"""
Parse a date, possibly with a weekday and a time, as people and programs write it. `dates` decides
what counts as a date line or as the time of an item; `calendar_names` knows the words.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass

from newsletter.ingest.parsing.fields.calendar_names import months_of, weekdays_of
from newsletter.ingest.parsing.fields.time_of_day import TimeOfDay, take_time

LONGEST = 90
# Years of other calendars, such as 1397, 1440, 2562 and 5779, are outside.
YEARS = range(1900, 2100)
HAS_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
# The century of a year with two digits: RFC 5322, 4.3.
_PIVOT = 50
_UNSEEN = re.compile("[\u200e\u200f\u061c\u2066-\u2069]")
_NUMBERS = re.compile(
    r"(?P<y1>\d{4})\s?[年년]\s?(?P<m1>\d{1,2})\s?[月월]\s?(?P<d1>\d{1,2})\s?[日号號일]"
    r"|(?<![\w./-])(?P<d2>\d{1,2})\s(?:tháng|thg)\s(?P<m2>\d{1,2}),?\s(?:năm\s)?(?P<y2>\d{4})(?!\d)"
    r"|(?<![\w./-])(?P<y3>\d{4})(?P<mark3>[./-])\s?(?P<m3>\d{1,2})(?P=mark3)\s?(?P<d3>\d{1,2})"
    r"(?![\d/-]|\.\d)"
    r"|(?<![\w./-])(?P<one>\d{1,2})(?P<mark>[./-])\s?(?P<two>\d{1,2})(?P=mark)\s?(?P<y4>\d{4})"
    r"(?![\d/-]|\.\d)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\d+|[^\W\d_](?:[^\s\d.,،;:/()（）\[\]|·•–—-]|-(?=[^\W\d_]))*|\S")
_PUNCTUATION = frozenset(".,،、，/-–—()（）[]|·'’")
_OPENING = "([（"
_CALENDAR_TIME = re.compile(r"(?<=\d{4}):(?=\d{2}:)")
# The small words around and in a date: articles, "of", "year", the ends of ordinal numbers.
_SMALL_WORDS = (
    "of on the st nd rd th er ère º ª a e de del della d di do da le el il la les els den der dem "
    "am vom al op pada på dne dnia w we ve v во в у г год года гг го р рік року r rok roku g gada "
    "m an any año ano anul år thn tahun tanggal ngày năm én án թ ж يوم من سنة عام م روز ماه سال ב "
    "ה का की को το τις günü"
)
# The small words around a time of day.
_WORDS_OF_TIME = (
    "at um à as às las alle ore kl klo kello om o о ob u saat pukul jam lúc t uhr uur h hrs hour "
    "hours hora horas heure heures ora godz godzina hodin час часов ч στις ώρα בשעה الساعة ساعت "
    "बजे 分 분 time"
)
_SMALL = frozenset(_SMALL_WORDS.split())
_SMALL_WITH_TIME = _SMALL | frozenset(_WORDS_OF_TIME.split())
_PREFIX = re.compile("^(?:d[’']|ב)", re.IGNORECASE)
_ORDERS = frozenset({"DMY", "MDY", "YMD", "YDM"})
_LONGEST_NAME = 3


@dataclass(frozen=True, kw_only=True)
class WrittenDate:
    """
    A date as written, and the time with it, if any.
    """

    day: dt.date
    time: TimeOfDay | None = None


@dataclass(frozen=True)
class _Token:
    """
    A number, or the name of a month or weekday. `kind` is Y, D, M, W, or B if the name can mean
    both; `has_dot` if a full stop follows.
    """

    kind: str
    text: str
    has_dot: bool = False


def parse_written(
    text: str, *, day_first: bool | None, is_stated: bool = False
) -> WrittenDate | None:
    """
    Parse *text*, which must contain nothing besides the date; None if anything else is in it, a
    part of the date is missing, or it is not in the calendar. The weekday is not checked: authors
    get it wrong more often than the day.

    *day_first* says whether 03/04/2019 is in April; with None it is not read. *is_stated* means
    that the text is from a place that is for dates, where a year may have two digits.
    """
    if len(text) > LONGEST:
        return None
    text = _UNSEEN.sub("", unicodedata.normalize("NFC", " ".join(text.split())))
    if not text or not (text[0].isalnum() or text[0] in _OPENING):
        return None
    time, rest = take_time(_CALENDAR_TIME.sub(" ", text))
    small = _SMALL if time is None else _SMALL_WITH_TIME
    if found := _NUMBERS.search(rest):
        tokens = _tokens(f"{rest[: found.start()]} {rest[found.end() :]}", small)
        day = _of_numbers(found, tokens, day_first=day_first) if tokens is not None else None
    else:
        tokens = _tokens(rest, small)
        day = _of_names(tokens, is_stated=is_stated) if tokens is not None else None
    return WrittenDate(day=day, time=time) if day else None


def _of_numbers(
    found: re.Match[str], around: list[_Token], *, day_first: bool | None
) -> dt.date | None:
    if len(around) > 1 or any(token.kind not in "WB" for token in around):
        return None
    for group in "123":
        if found[f"y{group}"]:
            return _day(found[f"y{group}"], int(found[f"m{group}"]), found[f"d{group}"])
    one, two, year = found["one"], found["two"], found["y4"]
    by_day, by_month = _day(year, int(two), one), _day(year, int(one), two)
    if found["mark"] == "." or by_day == by_month or by_month is None:
        return by_day
    if by_day is None:
        return by_month
    return _settled_order(by_day, by_month, around, day_first=day_first)


def _settled_order(
    by_day: dt.date, by_month: dt.date, around: list[_Token], *, day_first: bool | None
) -> dt.date | None:
    """
    Return one of two readings of a date such as 03/04/2019: the one that is on the weekday beside
    it, else the one of the weekday's language, else as *day_first* says.
    """
    weekdays = weekdays_of(around[0].text) if around else {}
    fitting = [day for day in (by_day, by_month) if day.isoweekday() in weekdays]
    if len(fitting) == 1:
        return fitting[0]
    if weekdays and not any("en" in languages for languages in weekdays.values()):
        day_first = True
    return None if day_first is None else by_day if day_first else by_month


def _day(year: str, month: int, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), month, int(day)) if int(year) in YEARS else None
    except ValueError:
        return None


def _tokens(text: str, small: Collection[str]) -> list[_Token] | None:
    """
    Return the numbers and names in *text*; None if anything else is in it.
    """
    pieces = _TOKEN.findall(text)
    found: list[_Token] = []
    while pieces:
        has_dot = pieces[1:2] == ["."]
        if pieces[0].isdecimal() and len(pieces[0]) in (1, 2, 4):
            found.append(_Token("Y" if len(pieces[0]) == 4 else "D", pieces[0], has_dot))
            del pieces[0]
        elif (named := _named(pieces, small)) is not None:
            token, length = named
            found.append(token)
            del pieces[:length]
        elif pieces[0] in _PUNCTUATION or pieces[0].casefold() in small:
            del pieces[0]
        else:
            return None
    return found


def _named(pieces: Sequence[str], small: Collection[str]) -> tuple[_Token, int] | None:
    """
    Return the longest name that *pieces* start with, and how many of them it takes.
    """
    for length in range(min(_LONGEST_NAME, len(pieces)), 0, -1):
        name = " ".join(pieces[:length])
        if (kind := _kind(name)) and name.casefold() not in small:
            return _Token(kind, name), length
    # "d’abril" and "בינו׳" begin with a word of their own.
    name = _PREFIX.sub("", pieces[0])
    return (_Token("M", name), 1) if months_of(name) else None


def _kind(name: str) -> str:
    if months_of(name):
        return "B" if weekdays_of(name) else "M"
    return "W" if weekdays_of(name) else ""


def _of_names(tokens: list[_Token], *, is_stated: bool) -> dt.date | None:
    tokens = list(_settled(tokens))
    parts = [token for token in tokens if token.kind != "W"]
    weekdays = [token for token in tokens if token.kind == "W"]
    if weekdays and (len(weekdays) > 1 or weekdays[0] not in (tokens[0], tokens[-1])):
        return None
    order = "".join(token.kind for token in parts)
    if order == "DMD" and is_stated and len(parts[2].text) == 2:
        parts[2], order = _full_year(parts[2]), "DMY"
    if order not in _ORDERS:
        return None
    day, month, year = (parts[order.index(kind)] for kind in "DMY")
    beside = weekdays_of(weekdays[0].text) if weekdays else {}
    languages = frozenset[str]().union(*beside.values())
    number = _month(month.text, languages, day, year, is_stated=is_stated)
    return _day(year.text, number, day.text) if number else None


def _full_year(token: _Token) -> _Token:
    century = 2000 if int(token.text) < _PIVOT else 1900
    return _Token("Y", str(century + int(token.text)), token.has_dot)


def _settled(tokens: list[_Token]) -> Iterator[_Token]:
    """
    Yield *tokens* with each name that can be a month or a weekday settled: in "mar. 5 mar. 2019"
    the first is the weekday. A month named twice, as in "آذار/مارس", counts once.
    """
    last: _Token | None = None
    left = sum(token.kind in "MB" for token in tokens)
    for token in tokens:
        if token.kind == "B":
            left -= 1
            token = _Token("W" if left else "M", token.text)
        if last is None or not _is_same_month(last, token):
            yield token
        last = token


def _is_same_month(one: _Token, other: _Token) -> bool:
    months = months_of(one.text)
    return one.kind == other.kind == "M" and months.keys() == months_of(other.text).keys()


def _month(
    name: str, languages: Set[str], day: _Token, year: _Token, *, is_stated: bool
) -> int | None:
    """
    Return the number of the month *name* beside a weekday in one of *languages*, if any. Some
    programs translate only the weekday, so a stated date may mix languages.

    Some Slavic names are of two months: "listopad" is October in Croatian, November in Polish and
    Czech. Without a weekday the full stops tell them apart: Croatian puts one after the day and the
    year, Czech after the day.
    """
    months = months_of(name)
    fitting = {n for n, spoken in months.items() if not languages or spoken & languages}
    if not fitting and is_stated:
        fitting = set(months)
    if len(fitting) > 1:
        language = "hr" if year.has_dot else "cs" if day.has_dot else "pl"
        fitting = {number for number in fitting if language in months[number]}
    return fitting.pop() if len(fitting) == 1 else None

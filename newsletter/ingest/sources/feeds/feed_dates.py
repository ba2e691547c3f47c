"""
Read the dates of a feed's items. What one date leaves open, the feed's other dates, its language
and its host decide; nothing is guessed. `rss_atom` and `json_feed` use it.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from newsletter.ingest.parsing.fields import dates

_NUMBERS = re.compile(r"(?<![\d./-])(\d{1,2})[/-](\d{1,2})[/-]\d{4}(?!\d)")
# Where the month comes first in numbers; in Canada and for plain "en" both orders are common.
_MONTH_FIRST = frozenset({"en-us", "en-ph", "es-us", "es-pr", "es-pa", "fil"})
_EITHER = frozenset({"en", "en-ca", "fr-ca", "sw"})
# The names of time zones that mean several, by the end of the host or a part of the language.
_NEW_YORK, _CHICAGO, _DENVER, _LOS_ANGELES, _KOLKATA, _JERUSALEM, _DUBLIN, _SHANGHAI, _RIYADH = map(
    zoneinfo.ZoneInfo,
    (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
        "Asia/Kolkata",
        "Asia/Jerusalem",
        "Europe/Dublin",
        "Asia/Shanghai",
        "Asia/Riyadh",
    ),
)
_EVERYWHERE = {"ET": _NEW_YORK, "CT": _CHICAGO, "MT": _DENVER, "PT": _LOS_ANGELES}
_IN = {
    "in": {"IST": _KOLKATA},
    "hi": {"IST": _KOLKATA},
    "il": {"IST": _JERUSALEM},
    "he": {"IST": _JERUSALEM},
    "ie": {"IST": _DUBLIN},
    "ga": {"IST": _DUBLIN},
    "cn": {"CST": _SHANGHAI},
    "zh": {"CST": _SHANGHAI},
    "sa": {"AST": _RIYADH},
}
_LONGEST = 40


class ItemTimes(NamedTuple):
    """
    When an item was published and last edited.
    """

    published_at: dt.datetime | None
    updated_at: dt.datetime | None


class FeedDates:
    """
    The dates of one feed in *lang* at *host*; *texts* are all of them, as written.
    """

    def __init__(self, texts: Iterable[str], *, lang: str | None, host: str) -> None:
        language = (lang or "").strip().lower().replace("_", "-")
        orders = _order_in(texts)
        self._day_first = _order_of(language) if not orders else None
        if len(orders) == 1:
            (self._day_first,) = orders
        self._zones = _zones_of(language, host)
        self._unread: dict[int, str] = {}

    def times(self, published: str, updated: str, *, item: int) -> ItemTimes:
        """
        Read the times of the item at the position *item*, in UTC; a time without an offset is in
        UTC. The time of the last edit stands for a missing one of publication.
        """
        published_at, updated_at = (self._read(text, item) for text in (published, updated))
        return ItemTimes(published_at or updated_at, updated_at)

    def notes(self) -> tuple[str, ...]:
        """
        Return a note if dates could not be read.
        """
        if not self._unread:
            return ()
        first = next(iter(self._unread.values()))
        shown = first if len(first) <= _LONGEST else f"{first[:_LONGEST]}…"
        items = "1 item" if len(self._unread) == 1 else f"{len(self._unread)} items"
        return (f"the date “{shown}” of {items} cannot be read",)

    def _read(self, text: str, item: int) -> dt.datetime | None:
        if not text.strip():
            return None
        found = dates.moment(text, dt.UTC, day_first=self._day_first, zones=self._zones)
        if found is None:
            self._unread.setdefault(item, " ".join(text.split()))
        return found


def _order_in(texts: Iterable[str]) -> frozenset[bool]:
    """
    Return which orders the dates in numbers show: True for the day first, as in 25/03/2019.
    """
    pairs = [found.groups() for text in texts if (found := _NUMBERS.search(text))]
    return frozenset(int(one) > 12 for one, two in pairs if (int(one) > 12) != (int(two) > 12))


def _order_of(language: str) -> bool | None:
    if not language or language in _EITHER:
        return None
    return language not in _MONTH_FIRST


def _zones_of(language: str, host: str) -> Mapping[str, dt.tzinfo]:
    spoken, _, region = language.partition("-")
    # "in" alone is an old code of Indonesian.
    places = ["" if spoken == "in" else spoken, region, host.rpartition(".")[2]]
    zones: dict[str, dt.tzinfo] = dict(_EVERYWHERE)
    for place in places:
        zones |= _IN.get(place, {})
    return zones

"""
Remember for `full_text` which items' pages were read, and a hash of what the items said then; kept
as text in the state of a source.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from newsletter.model.brief import RawItem

# How long to wait after each failure of a page. It is given up after the last one, about a day in
# all.
RETRY_DELAYS = (
    dt.timedelta(minutes=10),
    dt.timedelta(hours=1),
    dt.timedelta(hours=6),
    dt.timedelta(hours=16),
)
# Kept in addition to the items of this poll: a feed lists about 200, and one that it dropped may
# come back.
MAX_OLD = 400


@dataclass(frozen=True)
class _PageRecord:
    """
    A hash of what an item said when its page was last requested, whether its full text was ever
    read, the failures since, when to try again (Unix seconds), and the image the page declared.
    """

    digest: str
    is_whole: bool = False
    failures: int = 0
    again_at: int = 0
    image: str | None = None


class PageMemory:
    """
    One record per item. A page that failed is fetched again after each of RETRY_DELAYS, then not
    until its item changes.
    """

    def __init__(self, known: dict[str, _PageRecord]) -> None:
        self._known = known
        self._present: dict[str, _PageRecord] = {}

    @classmethod
    def from_text(cls, text: str) -> PageMemory:
        """
        Parse what `as_text` wrote; anything else gives an empty memory.
        """
        try:
            return cls({name: _PageRecord(*values) for name, values in json.loads(text).items()})
        except (ValueError, TypeError, AttributeError):
            return cls({})

    def as_text(self) -> str:
        """
        Return the entries of this poll, then the newest of earlier ones; an empty string if there
        are none.
        """
        old = [(name, entry) for name, entry in self._known.items() if name not in self._present]
        kept = {**self._present, **dict(old[:MAX_OLD])}
        entries = {name: _trimmed(entry) for name, entry in kept.items()}
        return json.dumps(entries, separators=(",", ":")) if entries else ""

    def is_settled(self, item: RawItem, now: dt.datetime) -> bool:
        """
        Return True if the page of *item*, in its present version, need not be fetched now.
        """
        entry = self._known.get(_short(item.key))
        if entry is None or entry.digest != _digest(item):
            return False
        is_given_up = entry.failures > len(RETRY_DELAYS)
        return entry.failures == 0 or is_given_up or now.timestamp() < entry.again_at

    def is_failing(self, item: RawItem, *, most: int = len(RETRY_DELAYS)) -> bool:
        """
        Return True if the page of *item* failed, but at most *most* times, and will be tried again.
        """
        entry = self._entry(item)
        return entry is not None and 0 < entry.failures <= most

    def is_whole(self, item: RawItem) -> bool:
        """
        Return True if the full text of the page of *item* was ever read.
        """
        entry = self._entry(item)
        return entry is not None and entry.is_whole

    def image_of(self, item: RawItem) -> str | None:
        """
        Return the image that the page of *item* declared when it was last read.
        """
        entry = self._entry(item)
        return entry.image if entry else None

    def carry_over(self, item: RawItem) -> None:
        """
        Keep the entry of *item* for the next poll.
        """
        if (entry := self._entry(item)) is not None:
            self._present[_short(item.key)] = entry

    def settle(self, item: RawItem, *, is_whole: bool = False, image: str | None = None) -> None:
        """
        Record that the page of *item* was read (*is_whole*: its full text), or will not be.
        """
        self._present[_short(item.key)] = _PageRecord(_digest(item), is_whole, image=image)

    def add_failure(self, item: RawItem, now: dt.datetime) -> None:
        """
        Record that reading the page of *item* failed; an earlier success stays recorded.
        """
        old = self._entry(item)
        failures = old.failures + 1 if old is not None and old.digest == _digest(item) else 1
        delay = RETRY_DELAYS[min(failures, len(RETRY_DELAYS)) - 1]
        self._present[_short(item.key)] = _PageRecord(
            _digest(item),
            is_whole=old is not None and old.is_whole,
            failures=failures,
            again_at=int((now + delay).timestamp()),
            image=old.image if old is not None else None,
        )

    def _entry(self, item: RawItem) -> _PageRecord | None:
        name = _short(item.key)
        return self._present.get(name) or self._known.get(name)


def _trimmed(entry: _PageRecord) -> list[Any]:
    """
    Return the fields of *entry* without the empty ones at its end.
    """
    values = list(dataclasses.astuple(entry))
    while not values[-1]:
        values.pop()
    return values


def _digest(item: RawItem) -> str:
    # Without tags: numbers and URLs in the markup change without an edit.
    text = " ".join(re.sub(r"<[^<>]*>", " ", item.content).split())
    image = (item.image_url or "").partition("?")[0]
    edited = item.updated_at.isoformat() if item.updated_at else ""
    return _short("\n".join((item.title or "", text, item.url or "", image, edited)))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

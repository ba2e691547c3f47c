"""
Which items' pages were read, and what the items said then, kept as text in the state of a source
for `full_text`.
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

# How long a page rests after each failure. With the last one it has had a day, and is given up.
RETRY_DELAYS = (
    dt.timedelta(minutes=10),
    dt.timedelta(hours=1),
    dt.timedelta(hours=6),
    dt.timedelta(hours=16),
)
# Beside the items of this poll: a feed shows some 200, and one it shows no more may come back.
MAX_OLD = 400


@dataclass(frozen=True)
class _PageRecord:
    """
    What an item said (hashed) when its page was last asked for, whether its page was ever read,
    how often that failed since, when to ask again (seconds of the Unix clock), and the picture
    the page named.
    """

    digest: str
    is_whole: bool = False
    failures: int = 0
    again_at: int = 0
    image: str | None = None


class PageMemory:
    """
    One record an item. A page that failed is fetched again after each of RETRY_DELAYS, then no more
    until its item changes.
    """

    def __init__(self, known: dict[str, _PageRecord]) -> None:
        self._known = known
        self._present: dict[str, _PageRecord] = {}

    @classmethod
    def from_text(cls, text: str) -> PageMemory:
        """
        The memory that `as_text` wrote; an empty one of anything else.
        """
        try:
            return cls({name: _PageRecord(*values) for name, values in json.loads(text).items()})
        except (ValueError, TypeError, AttributeError):
            return cls({})

    def as_text(self) -> str:
        """
        The entries of this poll, then the newest of before; empty text when there are none.
        """
        old = [(name, entry) for name, entry in self._known.items() if name not in self._present]
        kept = {**self._present, **dict(old[:MAX_OLD])}
        entries = {name: _trimmed(entry) for name, entry in kept.items()}
        return json.dumps(entries, separators=(",", ":")) if entries else ""

    def is_settled(self, item: RawItem, now: dt.datetime) -> bool:
        """
        Whether the page of *item*, as it is now, need not be asked for at present.
        """
        entry = self._known.get(_short(item.key))
        if entry is None or entry.digest != _digest(item):
            return False
        is_given_up = entry.failures > len(RETRY_DELAYS)
        return entry.failures == 0 or is_given_up or now.timestamp() < entry.again_at

    def is_failing(self, item: RawItem, *, most: int = len(RETRY_DELAYS)) -> bool:
        """
        Whether the page of *item* failed, *most* times at most, and is to be asked for again.
        """
        entry = self._entry(item)
        return entry is not None and 0 < entry.failures <= most

    def is_whole(self, item: RawItem) -> bool:
        """
        Whether the page of *item* was read in full once, whatever became of it since.
        """
        entry = self._entry(item)
        return entry is not None and entry.is_whole

    def image_of(self, item: RawItem) -> str | None:
        """
        The picture that the page of *item* named when it was last read.
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
        Record that the page of *item* was read (*is_whole*: for its text), or will not be.
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
    The fields of *entry* without the ones at its end that say nothing.
    """
    values = list(dataclasses.astuple(entry))
    while not values[-1]:
        values.pop()
    return values


def _digest(item: RawItem) -> str:
    # Without tags: numbers and addresses in the markup change while nobody edits anything.
    text = " ".join(re.sub(r"<[^<>]*>", " ", item.content).split())
    image = (item.image_url or "").partition("?")[0]
    edited = item.updated_at.isoformat() if item.updated_at else ""
    return _short("\n".join((item.title or "", text, item.url or "", image, edited)))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

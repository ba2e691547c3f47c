"""
Which items' pages were read, by what the items said then: kept as text in the state of a source.
`whole_pages` is the caller.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.model.brief import RawItem

MAX_TRIES = 3
# Beside the items of this poll: a feed shows some 200, and one it shows no more may come back.
MAX_OLD = 400


@dataclass(frozen=True)
class _Entry:
    """
    What an item said (hashed) when its page was last asked for, how often that failed since, and
    the picture the page named.
    """

    said: str
    failures: int = 0
    image: str | None = None


class PageMemory:
    """
    One entry an item. A page that failed three times is not asked for again until its item changes.
    """

    def __init__(self, known: dict[str, _Entry]) -> None:
        self._known = known
        self._present: dict[str, _Entry] = {}

    @classmethod
    def from_text(cls, text: str) -> PageMemory:
        """
        The memory that `as_text` wrote; an empty one of anything else.
        """
        try:
            return cls({name: _Entry(*values) for name, values in json.loads(text).items()})
        except (ValueError, TypeError, AttributeError):
            return cls({})

    def as_text(self) -> str:
        """
        The entries of this poll, then the newest of before; empty text when there are none.
        """
        old = [(name, entry) for name, entry in self._known.items() if name not in self._present]
        kept = {**self._present, **dict(old[:MAX_OLD])}
        entries = {name: list(_trimmed(entry)) for name, entry in kept.items()}
        return json.dumps(entries, separators=(",", ":")) if entries else ""

    def is_settled(self, item: RawItem) -> bool:
        """
        Whether the page of *item*, as it is now, need not be asked for.
        """
        entry = self._entry(item)
        return entry is not None and (entry.failures == 0 or entry.failures >= MAX_TRIES)

    def image_of(self, item: RawItem) -> str | None:
        """
        The picture that the page of *item* named.
        """
        entry = self._entry(item)
        return entry.image if entry else None

    def keep(self, item: RawItem) -> None:
        """
        Nothing; the entry of *item* is one of this poll.
        """
        if (entry := self._entry(item)) is not None:
            self._present[_short(item.key)] = entry

    def settle(self, item: RawItem, *, image: str | None = None) -> None:
        """
        Nothing; the page of *item* is read, or will not be.
        """
        self._present[_short(item.key)] = _Entry(_said(item), image=image)

    def note_failure(self, item: RawItem) -> bool:
        """
        Whether the page that failed is to be asked for again at the next poll.
        """
        entry = self._entry(item)
        failures = (entry.failures if entry else 0) + 1
        self._present[_short(item.key)] = _Entry(_said(item), failures=failures)
        return failures < MAX_TRIES

    def _entry(self, item: RawItem) -> _Entry | None:
        entry = self._known.get(_short(item.key))
        return entry if entry is not None and entry.said == _said(item) else None


def _trimmed(entry: _Entry) -> Iterator[str | int | None]:
    """
    The fields of *entry* without the ones at its end that say nothing.
    """
    yield entry.said
    if entry.failures or entry.image:
        yield entry.failures
    if entry.image:
        yield entry.image


def _said(item: RawItem) -> str:
    # Without tags: numbers and addresses in the markup change while nobody edits anything.
    text = " ".join(re.sub(r"<[^<>]*>", " ", item.content).split())
    image = (item.image_url or "").partition("?")[0]
    return _short("\n".join((item.title or "", text, item.url or "", image)))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

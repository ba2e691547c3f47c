"""
The keys of briefs that a person joined: two items are one brief, and each may bring it a new
version. `matching` asks here what came last under a key.
"""

from __future__ import annotations

import datetime as dt

from newsletter.model.known_item import ItemKey, KnownBrief, KnownItems, ParsedItem


class JoinedKeys:
    """
    The keys of the joined briefs of one poll, with the hash of what came last under each.
    """

    def __init__(self, known: KnownItems) -> None:
        found = [stored for stored in known.keys if stored.seen_hash is not None]
        self._seen = {(each.key.key, each.key.reused_for): each.seen_hash for each in found}
        self._briefs = {each.brief_id for each in found}

    def has(self, known: KnownBrief | None) -> bool:
        """
        Return True if the brief was joined with another.
        """
        return known is not None and known.id in self._briefs

    def add(self, item: ParsedItem, known: KnownBrief) -> str | None:
        """
        Remember *item* under its key, which is new, and return its hash; None if the brief was not
        joined.
        """
        if not self.has(known):
            return None
        self._seen[item.key.key, item.key.reused_for] = item.content_hash
        return item.content_hash

    def is_known(self, item: ParsedItem) -> bool:
        """
        Return True if an item of a joined brief came like this before.
        """
        seen = self._seen.get(_place(item.key))
        return item.is_kept or item.is_partial or seen == item.content_hash


def _place(key: ItemKey) -> tuple[str, str]:
    return key.key, key.reused_for


def has_same_content(item: ParsedItem, known: KnownBrief, *, now: dt.datetime) -> bool:
    """
    Return True if an item has nothing new for a brief that was not joined.
    """
    # Two sources of one site word the same post differently; the first one's content stays.
    is_same_text = item.is_partial and item.text_hash in (None, known.text_hash)
    is_same = item.is_kept or is_same_text or known.content_hash == item.content_hash
    # Other changes of a date are no edit, but these decide when the brief is sent.
    is_due = max(item.dated_at, known.dated_at) <= now
    return is_same and (is_due or item.dated_at == known.dated_at)

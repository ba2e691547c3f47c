"""
Find known briefs by the keys of an item, for `matching`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from newsletter.model.brief import RawItem
from newsletter.model.known_item import ItemKey


def item_key(source: str, item: RawItem) -> ItemKey:
    """
    Return the keys of an item in its source.
    """
    return ItemKey(
        source=source, key=item.key, fallback_key=item.fallback_key, site_key=item.site_key
    )


@dataclass
class KeyIndex:
    """
    The ids of the briefs by each of their keys.
    """

    own: dict[tuple[str, str], int] = field(default_factory=dict)
    fallback: dict[str, int] = field(default_factory=dict)
    site: dict[str, int] = field(default_factory=dict)

    def find(self, key: ItemKey) -> int | None:
        """
        Find a brief by its key, then by its fallback key (a move to https is not a new brief), then
        by its site key (a post in the feed is the same post as in the API).
        """
        if self.has(key):
            return self.own[key.key, key.reused_for]
        found = self.fallback.get(key.fallback_key) if key.fallback_key is not None else None
        if found is None and key.site_key is not None:
            found = self.site.get(key.site_key)
        return found

    def has(self, key: ItemKey) -> bool:
        return (key.key, key.reused_for) in self.own

    def add(self, key: ItemKey, brief_id: int) -> None:
        self.own.setdefault((key.key, key.reused_for), brief_id)
        if key.fallback_key is not None:
            self.fallback.setdefault(key.fallback_key, brief_id)

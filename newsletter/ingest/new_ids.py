"""
Recognise the items that a source gives under another id than before: the same link, or the same
title and text, is the same brief. Pure; `matching` asks for each item whose id is not known.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from newsletter.model.decision import (
    Decision,
    KeyAdded,
    New,
    Renamed,
    Unchanged,
    Unparsable,
    Updated,
)
from newsletter.model.known_item import KnownBrief, ParsedItem
from subscribers.text.phrases import phrase

# A source is held if more than a third of its known items have new ids, but not for one or two.
LEAST_NEW_IDS = 3


class Resemblance(NamedTuple):
    """
    The brief that an item resembles, and whether it is the same one. If not, only the link is the
    same; or, if it `is_repeat`, only title and text.
    """

    brief_id: int
    is_same: bool
    is_repeat: bool = False

    def describe(self, title: str) -> str:
        """
        Say what the item has of the brief with that *title*, and what differs.
        """
        if self.is_repeat:
            return f"it has the title and text of “{title}” but another date and link"
        return f"it has the link of “{title}” but another date and text"


class BriefsByContent:
    """
    The known briefs by link and by text. *here* are those whose ids the poll contains too. If the
    source lists all its items (*lists_all*), a copy of one that is still there is another brief.
    """

    def __init__(
        self,
        briefs: Iterable[KnownBrief],
        items: Iterable[ParsedItem | Unparsable],
        *,
        here: Iterable[int],
        lists_all: bool,
    ) -> None:
        self._here = set(here)
        self._lists_all = lists_all
        self._by_link: dict[str, list[KnownBrief]] = {}
        self._by_text: dict[str, KnownBrief] = {}
        links = collections.Counter(item.link for item in items if isinstance(item, ParsedItem))
        self._shared = {link for link, count in links.items() if count > 1}
        for known in briefs:
            self._add(known)

    def add(self, brief: KnownBrief) -> None:
        """
        Add a brief of this poll.
        """
        self._here.add(brief.id)
        self._add(brief)

    def _add(self, brief: KnownBrief) -> None:
        if brief.link is not None:
            self._by_link.setdefault(brief.link, []).append(brief)
        if brief.text_hash is not None:
            self._by_text.setdefault(brief.text_hash, brief)

    def is_here(self, brief_id: int) -> bool:
        """
        Return True if the poll contains the brief under an id that was known before.
        """
        return brief_id in self._here

    def find(self, item: ParsedItem) -> Resemblance | None:
        """
        Find the brief that *item* is, or that has its link; None if it resembles none.

        A link that several items or briefs share tells nothing by itself. Nor does a link alone if
        both date and text differ, as at an address that shows another brief each day, or a text
        alone if both date and link differ, as of a teaser that is the same each day.
        """
        by_text = self._by_text.get(item.text_hash) if item.text_hash is not None else None
        if by_text is None or not self._may_be(by_text):
            return self._find_linked(item)
        if not (_differ(by_text.date, item.brief.date) and _differ(by_text.link, item.link)):
            return Resemblance(by_text.id, is_same=True)
        linked = self._find_linked(item)
        is_known = linked is not None and linked.is_same
        return linked if is_known else Resemblance(by_text.id, is_same=False, is_repeat=True)

    def _find_linked(self, item: ParsedItem) -> Resemblance | None:
        if item.link is None:
            return None
        linked = [known for known in self._by_link.get(item.link, ()) if self._may_be(known)]
        for known in linked:
            if known.title == item.brief.title and known.date == item.brief.date:
                return Resemblance(known.id, is_same=True)
        if len(linked) != 1 or item.link in self._shared or self.is_here(linked[0].id):
            return None
        return Resemblance(linked[0].id, is_same=not _differ(linked[0].date, item.brief.date))

    def _may_be(self, known: KnownBrief) -> bool:
        return not (self._lists_all and self.is_here(known.id))


def _differ(known: object, new: object) -> bool:
    """
    Return whether both are given and differ.
    """
    return known is not None and new is not None and known != new


def hold_reason(decisions: Sequence[Decision]) -> str | None:
    """
    Return why the source has to be held: so many of its known items have new ids that the others
    may be old ones too. None if there is no reason.
    """
    repeated = sum(isinstance(decision, New) and decision.is_repeat for decision in decisions)
    changed = repeated + sum(
        isinstance(decision, Renamed)
        or (isinstance(decision, KeyAdded) and decision.old_key is not None)
        for decision in decisions
    )
    known = repeated + sum(isinstance(decision, Unchanged | Updated) for decision in decisions)
    if changed < LEAST_NEW_IDS or 3 * changed <= known:
        return None
    return phrase("{changed} of {known} known items have new ids", changed=changed, known=known)

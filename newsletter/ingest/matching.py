"""
Match the items of a poll to the stored briefs: each is new, edited, renamed, another key of a known
brief, or not wanted. Briefs that the source no longer has are held.

Pure: `collect` loads what is known before it and saves the decisions after it. The rules for new
briefs are in `intake_rules`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.ingest.intake_rules import (
    accepts_unsolicited,
    classify_new,
    has_reused_id,
)
from newsletter.ingest.joined_keys import JoinedKeys, has_same_content
from newsletter.ingest.key_index import KeyIndex
from newsletter.ingest.new_ids import BriefsByContent
from newsletter.ingest.sources.kinds import source_kind
from newsletter.model.brief import BriefStatus, StatusCause
from newsletter.model.decision import (
    Decision,
    Held,
    KeyAdded,
    Missing,
    New,
    Reappeared,
    Renamed,
    Unchanged,
    Unparsable,
    Updated,
)
from newsletter.model.known_item import ItemKey, KnownBrief, KnownItems, ParsedItem
from newsletter.model.source import SourceSettings
from subscribers.text.phrases import phrase


def match_items(
    settings: SourceSettings,
    items: Sequence[ParsedItem | Unparsable],
    known: KnownItems,
    *,
    now: datetime,
) -> list[Decision]:
    """
    Decide about each item of a poll, in order, then about briefs that the source no longer has.
    """
    matcher = _Matcher(settings, known, items, now)
    for item in items:
        if isinstance(item, Unparsable):
            matcher.decisions.append(item)
        else:
            matcher.match(item)
    matcher.hold_missing()
    return matcher.decisions


class _Matcher:
    """
    Makes the decisions of one poll. An item may match a brief from an earlier item of the same
    poll, so each decision also updates what is known.
    """

    def __init__(
        self,
        settings: SourceSettings,
        known: KnownItems,
        items: Sequence[ParsedItem | Unparsable],
        now: datetime,
    ) -> None:
        self.decisions: list[Decision] = []
        self._settings = settings
        self._now = now
        self._briefs = dict(known.briefs)
        self._missing = list(known.missing)
        self._keys = KeyIndex(site=dict(known.by_site_key))
        self._was_new: dict[int, bool] = {}
        self._new_count = 0
        self._joined = JoinedKeys(known)
        for stored in known.keys:
            self._keys.add(stored.key, stored.brief_id)
            was_new = self._was_new.get(stored.brief_id, False)
            self._was_new[stored.brief_id] = was_new or stored.is_new
        self._by_content = self._briefs_by_content(known, items)

    def _briefs_by_content(
        self, known: KnownItems, items: Sequence[ParsedItem | Unparsable]
    ) -> BriefsByContent:
        found = (self._keys.find(item.key) for item in items if isinstance(item, ParsedItem))
        here = {brief_id for brief_id in found if brief_id is not None}
        if known.present is not None:
            here |= {k.brief_id for k in known.keys if k.key.key in known.present}
        own = {stored.brief_id for stored in known.keys}
        return BriefsByContent(
            [self._briefs[brief_id] for brief_id in sorted(own)],
            items,
            here=here,
            lists_all=source_kind(self._settings.kind).lists_all,
        )

    def match(self, item: ParsedItem) -> None:
        """
        Decide about one item.
        """
        known = self._find(item.key)
        if known is not None and self._has_reused_id(known, item):
            first_title = known.title
            # Only by its address: the other keys belong to the first brief.
            key = ItemKey(source=item.key.source, key=item.key.key, reused_for=item.brief.url or "")
            item = replace(item, key=key)
            known = self._find(key)
            if known is None and self._by_content.find(item) is None:
                why = phrase("its id was already used for “{title}”", title=first_title)
                self._store(item, BriefStatus.HELD, why)
                return
        if known is None:
            known = self._find_renamed(item)
        if known is None:
            self._match_content(item)
        else:
            self._update_known(item, known)

    def _has_reused_id(self, known: KnownBrief, item: ParsedItem) -> bool:
        return not self._joined.has(known) and has_reused_id(known, item.brief)

    def _match_content(self, item: ParsedItem) -> None:
        """
        Decide about an item with an id that is not known, by its link, or its title and text.
        """
        found = self._by_content.find(item)
        if found is not None and found.is_same:
            self._update_known(item, self._briefs[found.brief_id])
            return
        intake = classify_new(self._settings, item.brief, item.dated_at, self._now)
        if intake is None:
            return
        if found is None or intake.status is BriefStatus.RECORDED:
            self._store(item, intake.status, intake.why, warnings=self._warnings(item))
        else:
            why = found.describe(self._briefs[found.brief_id].title)
            self._store(item, BriefStatus.HELD, why, is_repeat=found.is_repeat)

    def hold_missing(self) -> None:
        """
        Hold missing briefs that were not sent yet, except those that a person released.
        """
        for missing in self._missing:
            brief = missing.brief
            if brief.status is BriefStatus.NEW and brief.cause is not StatusCause.FREED:
                self.decisions.append(Missing(brief_id=brief.id, key=missing.key))

    def _find(self, key: ItemKey) -> KnownBrief | None:
        brief_id = self._keys.find(key)
        return None if brief_id is None else self._briefs[brief_id]

    def _find_renamed(self, item: ParsedItem) -> KnownBrief | None:
        """
        Find the brief of a missing item with the same content, give it the new key, and return it;
        None if there is none.
        """
        old = next((m for m in self._missing if m.brief.content_hash == item.content_hash), None)
        if old is None:
            return None
        self._missing = [m for m in self._missing if m.brief.id != old.brief.id]
        self.decisions.append(Renamed(brief_id=old.brief.id, old_key=old.key, key=item.key))
        known = replace(self._briefs.get(old.brief.id, old.brief), key=str(item.key))
        self._briefs[known.id] = known
        self._keys.own.pop((old.key.key, old.key.reused_for), None)
        self._keys.own[item.key.key, item.key.reused_for] = known.id
        return known

    def _store(
        self,
        item: ParsedItem,
        status: BriefStatus,
        why: str,
        *,
        warnings: tuple[str, ...] = (),
        is_repeat: bool = False,
    ) -> None:
        self._new_count += 1
        brief_id = -self._new_count
        self.decisions.append(
            New(
                brief_id=brief_id,
                item=item,
                status=status,
                why=why,
                warnings=warnings,
                is_repeat=is_repeat,
            )
        )
        known = KnownBrief.new(brief_id, item, status)
        self._briefs[brief_id] = known
        self._by_content.add(known)
        self._keys.add(item.key, brief_id)
        if item.key.site_key is not None:
            self._keys.site[item.key.site_key] = brief_id
        self._was_new[brief_id] = status is BriefStatus.NEW

    def _update_known(self, item: ParsedItem, known: KnownBrief) -> None:
        """
        Decide about an item whose brief is already stored, from this source or another one.
        """
        if not self._keys.has(item.key):
            self._add_key(item, known)
        if known.status is BriefStatus.HELD and known.cause is StatusCause.ITEM_MISSING:
            self.decisions.append(Reappeared(brief_id=known.id, key=item.key))
            self._set_status(known.id, BriefStatus.NEW)
        if self._is_same(item, known):
            self.decisions.append(Unchanged(brief_id=known.id, key=known.key))
            return
        if known.status is BriefStatus.NEW and accepts_unsolicited(self._settings):
            why = phrase("came by email again, with different content")
            self.decisions.append(Held(brief_id=known.id, key=known.key, why=why))
            self._set_status(known.id, BriefStatus.HELD)
        self.decisions.append(
            Updated(
                brief_id=known.id,
                key=known.key,
                item=item,
                warnings=self._warnings(item),
                is_joined=self._joined.has(known),
            )
        )
        self._take_content(item, known)

    def _is_same(self, item: ParsedItem, known: KnownBrief) -> bool:
        if self._joined.has(known):
            return self._joined.is_known(item)
        is_same = has_same_content(item, known, now=self._now)
        return is_same or known.source != self._settings.name

    def _add_key(self, item: ParsedItem, known: KnownBrief) -> None:
        """
        Add a key to a known brief. A brief that was not new for a source stays so.
        """
        is_new = self._was_new.get(known.id)
        frees = False
        if is_new is None:
            intake = classify_new(self._settings, item.brief, known.dated_at, self._now)
            is_new = intake is not None and intake.status is BriefStatus.NEW
            frees = is_new and known.status is BriefStatus.RECORDED
        is_here = self._by_content.is_here(known.id)
        old_key = None if is_here or known.id not in self._was_new else known.key
        self.decisions.append(
            KeyAdded(
                brief_id=known.id,
                key=item.key,
                is_new=is_new,
                frees=frees,
                old_key=old_key,
                seen_hash=self._joined.add(item, known),
            )
        )
        self._keys.add(item.key, known.id)
        self._was_new[known.id] = self._was_new.get(known.id, False) or is_new
        if frees:
            self._set_status(known.id, BriefStatus.NEW)

    def _take_content(self, item: ParsedItem, known: KnownBrief) -> None:
        """
        Update what is known of the brief to its new content, except the fields that a person set.
        """
        edited = known.edited
        self._briefs[known.id] = replace(
            self._briefs[known.id],
            content_hash=item.content_hash,
            dated_at=item.dated_at,
            title=known.title if "title" in edited else item.brief.title,
            url=known.url if "url" in edited else item.brief.url,
            date=known.date if "date" in edited else item.brief.date,
        )

    def _set_status(self, brief_id: int, status: BriefStatus) -> None:
        self._briefs[brief_id] = replace(self._briefs[brief_id], status=status, cause=None)

    def _warnings(self, item: ParsedItem) -> tuple[str, ...]:
        """
        Return the parser's warnings, if it is the staff who wrote the item and can fix it.
        """
        is_ours = source_kind(self._settings.kind).is_written_by_staff
        return item.brief.warnings if is_ours else ()

"""
Combine the items of a poll with the briefs they were parsed into, ready to be matched.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from newsletter.ingest.intake_rules import accepted_ahead
from newsletter.ingest.key_index import item_key
from newsletter.model.brief import Brief, RawItem
from newsletter.model.decision import Unparsable
from newsletter.model.known_item import ParsedItem
from newsletter.model.link_key import link_key
from newsletter.model.source import SourceSettings
from newsletter.store.content.fingerprints import content_hash, dated_at, text_hash


def prepare_items(
    settings: SourceSettings,
    items: Sequence[RawItem],
    parsed: Sequence[Brief | str],
    *,
    now: datetime,
) -> list[ParsedItem | Unparsable]:
    """
    Combine each item of a poll with the brief it was *parsed* into: its key, the hash of its
    content and its date.
    """
    return [
        Unparsable(key=item.key, reason=brief)
        if isinstance(brief, str)
        else ParsedItem(
            place=place,
            key=item_key(settings.name, item),
            brief=brief,
            content_hash=content_hash(brief),
            dated_at=dated_at(brief, settings.timezone, now, ahead=accepted_ahead(settings)),
            link=link_key(brief.url),
            text_hash=text_hash(brief),
            is_kept=item.is_kept,
            is_partial=item.is_partial,
        )
        for place, (item, brief) in enumerate(zip(items, parsed, strict=True))
    ]

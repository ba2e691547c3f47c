"""
Mark the items of a site's feed that `source` reads while the API cannot be read: the feed lacks
images, captions and categories, so what the API gave of a post stays stored.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable

from newsletter.model.brief import RawItem


def mark_known(
    items: Iterable[RawItem], texts: str, *, until: dt.datetime | None
) -> tuple[tuple[RawItem, ...], str]:
    """
    Mark those of *items* that the API gave before, which are dated up to *until*: as kept, or as
    partial if the feed's text has changed since it was first read in place of the API. The feed
    words a post differently than the API, so only its own versions can be compared.

    *texts* is what was returned with the items at the last poll, empty at the first one.
    """
    known = _digests(texts)
    seen: dict[str, str] = {}
    marked = []
    for item in items:
        if until is None or (item.published_at is not None and item.published_at > until):
            marked.append(item)
            continue
        seen[item.key] = _digest(item)
        is_edited = known.get(item.key, seen[item.key]) != seen[item.key]
        # An excerpt is less than the text that the API gave.
        is_kept = item.is_excerpt or not is_edited
        marked.append(
            dataclasses.replace(item, is_kept=is_kept, is_partial=not is_kept, is_excerpt=False)
        )
    return tuple(marked), json.dumps(seen, separators=(",", ":"))


def _digests(texts: str) -> dict[str, str]:
    try:
        known = json.loads(texts)
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}


def _digest(item: RawItem) -> str:
    # Without tags: numbers and URLs in the markup change without an edit.
    text = " ".join(re.sub(r"<[^<>]*>", " ", item.content).split())
    said = f"{item.title or ''}\n{text}"
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]

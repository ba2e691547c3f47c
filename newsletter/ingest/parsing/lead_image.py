"""
Choose the lead image of a brief by the rule of its source. `layout` removes it from the text,
`compose` adds it to the brief.
"""

from __future__ import annotations

from newsletter.ingest.parsing.cleanup.images import BlockImage
from newsletter.ingest.parsing.formats.open_item import OpenedItem
from newsletter.model.brief import ImageRule

# Half the column of a mail. Thumbnails of feeds have 72 to 240 pixels.
_SMALL = 300


def named_image(opened: OpenedItem, rule: ImageRule) -> str | None:
    """
    Return the address of the image stated by the item, or by its page, as *rule* requires.
    """
    if rule is ImageRule.PAGE:
        return opened.page_image_url
    if rule is ImageRule.FEED:
        return opened.image_url or opened.fallback_image_url
    return opened.image_url if rule is ImageRule.AUTO and not _is_small(opened) else None


def choose_lead_image(
    opened: OpenedItem, inside: BlockImage | None, rule: ImageRule
) -> BlockImage | None:
    """
    Return the lead image: the stated one, completed from the same image *inside* the text; else the
    one inside; else, with rule AUTO, the one its page declares or that came with it. A small stated
    one leads only if there is no other.
    """
    named = named_image(opened, rule)
    if named is None and inside is None and rule is ImageRule.AUTO:
        named = opened.page_image_url or opened.image_url or opened.fallback_image_url
    if named is None:
        return inside
    shown = inside or BlockImage(url="")
    said = opened.image_alt if named == opened.image_url else ""
    return BlockImage(url=named, alt=said or shown.alt, width=shown.width, height=shown.height)


def _is_small(opened: OpenedItem) -> bool:
    return opened.image_width is not None and opened.image_width < _SMALL

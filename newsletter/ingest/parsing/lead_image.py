"""
Which picture leads a brief, by the rule of its source. `layout` takes it out of the text, `compose`
puts it on the brief.
"""

from __future__ import annotations

from newsletter.ingest.parsing.cleanup.images import BlockImage
from newsletter.ingest.parsing.formats.open_item import OpenedItem
from newsletter.model.brief import ImageRule


def named_image(opened: OpenedItem, rule: ImageRule) -> str | None:
    """
    The address of the picture that the item names, or its page, when that is what *rule* wants.
    """
    if rule is ImageRule.PAGE:
        return opened.page_image_url
    return opened.image_url if rule in (ImageRule.AUTO, ImageRule.FEED) else None


def choose_lead_image(
    opened: OpenedItem, inside: BlockImage | None, rule: ImageRule
) -> BlockImage | None:
    """
    The picture of the brief: the named one, with what the same one *inside* the text says of it,
    else that one, else by rule AUTO the one its page names, or that came with it.
    """
    named = named_image(opened, rule)
    if named is not None:
        shown = inside or BlockImage(url="")
        said = opened.image_alt if named == opened.image_url else ""
        return BlockImage(url=named, alt=said or shown.alt, width=shown.width, height=shown.height)
    if inside is None and rule is ImageRule.AUTO:
        url = opened.page_image_url or opened.fallback_image_url
        return BlockImage(url=url) if url else None
    return inside

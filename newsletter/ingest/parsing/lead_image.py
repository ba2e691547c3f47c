"""
Choose the lead image of a brief by the rule of its source. `layout` removes it from the text,
`compose` adds it to the brief.
"""

from __future__ import annotations

from newsletter.ingest.parsing.cleanup.images import BlockImage, is_same_image
from newsletter.ingest.parsing.formats.open_item import OpenedItem
from newsletter.ingest.parsing.page.lead_figure import LeadFigure
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
    one inside; else, with rule AUTO, the one above the text of its page, the one its page declares,
    or one that came with it. A small stated one leads only if there is no other.
    """
    named = named_image(opened, rule)
    if named is None and inside is None and rule is ImageRule.AUTO:
        named = _image_of_page(opened) or opened.image_url or opened.fallback_image_url
    if named is None:
        return inside
    shown = inside or BlockImage(url="")
    figure = figure_of(opened, named)
    said = opened.image_alt if named == opened.image_url else ""
    said = said or shown.alt or (figure.alt if figure else "")
    return BlockImage(url=named, alt=said, width=shown.width, height=shown.height)


def figure_of(opened: OpenedItem, url: str) -> LeadFigure | None:
    """
    Return the figure above the text of the page if it shows the image at *url*.
    """
    figure = opened.page_figure
    return figure if figure is not None and is_same_image(figure.url, url) else None


def _image_of_page(opened: OpenedItem) -> str | None:
    """
    Return the image above the text of the page, in the size that the page declares for sharing if
    that is the same image; else the one declared, which may be a card of the site.
    """
    figure, declared = opened.page_figure, opened.page_image_url
    if figure is None or (declared is not None and figure_of(opened, declared) is not None):
        return declared
    return figure.url


def _is_small(opened: OpenedItem) -> bool:
    return opened.image_width is not None and opened.image_width < _SMALL

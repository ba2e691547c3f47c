"""
Read the caption and the credit in a figure, where its markup tells them apart. `split_blocks` does
so in the text and `lead_figure` above it; `captions` splits what is one text.
"""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import captions, characters, html_tree

# Class names of news sites and themes, and the properties of schema.org.
_CAPTIONS = "figcaption, .wp-caption-text, [class*='caption' i], [itemprop='caption']"
_CREDITS = (
    "[class*='credit' i], [class*='copyright' i], [class*='photographer' i]"
    ", [class*='attribution' i], [class*='bildquelle' i], [itemprop='creditText']"
    ", [itemprop='copyrightHolder']"
)
_BETWEEN = " \u00a0|/–—-(["
_AFTER = " \u00a0|/–—-)]"


def figure_words(figure: LexborNode) -> tuple[str | None, str | None]:
    """
    Return the caption and the credit in *figure*; None for each that is missing.
    """
    said = next((node for node in figure.css(_CAPTIONS) if not _holds_image(node)), None)
    text = html_tree.text_of(said) if said is not None else ""
    credit = stated_credit(figure)
    if credit is None:
        return captions.split_caption(text)
    before, _, after = text.partition(credit)
    rest = characters.line(f"{before.rstrip(_BETWEEN)} {after.lstrip(_AFTER)}")
    return rest or None, captions.credit_of(credit)


def stated_credit(figure: LexborNode) -> str | None:
    """
    Return the text of the element in *figure* that its class or property calls the credit.
    """
    for node in figure.css(_CREDITS):
        text = html_tree.text_of(node)
        is_part = node.mem_id != figure.mem_id and node.tag != "figcaption"
        if is_part and text and not _holds_image(node):
            # An element around caption and credit does not tell them apart.
            is_all = all(captions.split_caption(text))
            return None if is_all or len(text) > captions.LONGEST else text
    return None


def _holds_image(node: LexborNode) -> bool:
    return node.css_first("img") is not None

"""
Read the caption and the credit in a figure, where its markup tells them apart. `split_blocks` does
so in the text and `lead_figure` above it; `captions` splits what is one text.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import captions, characters, html_tree

# Class names of news sites and themes, and the properties of schema.org.
_CAPTIONS = "figcaption, .wp-caption-text, [class*='caption' i], [itemprop='caption']"
_CREDITS = (
    "[class*='credit' i], [class*='copyright' i], [class*='photographer' i]"
    ", [class*='attribution' i], [class*='bildquelle' i], [itemprop='creditText']"
    ", [itemprop='copyrightHolder']"
)
_LONGEST_CREDIT = 120
# In an element for the credit this is a label, not a part of a name.
_LABEL = re.compile(r"^(?:[Pp]hoto\s+)?Credits?\s+(?=[A-Z©])")
_BETWEEN = " \u00a0|/–—-(["
_AFTER = " \u00a0|/–—-)]"


def figure_words(figure: LexborNode) -> tuple[str | None, str | None]:
    """
    Return the caption and the credit in *figure*; None for each that is missing.
    """
    said = next((node for node in figure.css(_CAPTIONS) if not _holds_image(node)), None)
    text = html_tree.text_of(said) if said is not None else ""
    node = credit_in(figure)
    if node is None:
        return captions.split_caption(text)
    credit = html_tree.text_of(node)
    before, _, after = text.partition(credit)
    rest = characters.line(f"{before.rstrip(_BETWEEN)} {after.lstrip(_AFTER)}")
    return rest or None, captions.credit_of(_LABEL.sub("", credit))


def credit_in(figure: LexborNode) -> LexborNode | None:
    """
    Return the element in *figure* that its class or property calls the credit.
    """
    for node in figure.css(_CREDITS):
        text = html_tree.text_of(node)
        is_part = node.mem_id != figure.mem_id and node.tag != "figcaption"
        if is_part and text and not _holds_image(node):
            # An element around caption and credit does not tell them apart.
            is_all = all(captions.split_caption(text))
            return None if is_all or len(text) > _LONGEST_CREDIT else node
    return None


def caption_markup(figure: LexborNode) -> str:
    """
    Return the markup of the caption in *figure*, with the credit in brackets if nothing separates
    it from the caption.
    """
    said, credit = figure.css_first("figcaption"), credit_in(figure)
    if credit is None:
        return html_tree.inner(said) if said is not None else ""
    words = html_tree.text_of(credit)
    before, found, _ = (html_tree.text_of(said) if said is not None else "").partition(words)
    if said is None or not found:
        under = html_tree.inner(said) if said is not None else ""
        return f"{under} ({html_tree.shown(words)})".strip()
    if before.strip() and before.strip()[-1] not in f"{_BETWEEN}.!?:,;":
        credit.replace_with(f" ({words})")
    return html_tree.inner(said)


def _holds_image(node: LexborNode) -> bool:
    return node.css_first("img") is not None

"""
Find the figure above the text of a web page, where many themes put the leading image with its
caption and credit. `web_page` calls it before it removes what is not the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.captions import alt_text
from newsletter.ingest.parsing.cleanup.figure_words import figure_words
from newsletter.ingest.parsing.cleanup.images import address_of, is_same_image

_FIGURES = (
    "figure, .wp-caption, [class*='featured-image' i], [class*='post-thumbnail' i]"
    ", [class*='lead-image' i], [class*='lead-media' i], [class*='hero' i]"
)
# No page has its leading image below so many figures and paragraphs.
_WITHIN = 60
_ASIDE = frozenset({"nav", "aside", "footer", "li", "form"})
_LEAST_WORDS = 20


@dataclass(frozen=True, kw_only=True)
class LeadFigure:
    """
    A figure of a page, with the absolute address of its image. `before` is the text of the
    paragraphs above it.
    """

    url: str
    alt: str = ""
    caption: str | None = None
    credit: str | None = None
    before: tuple[str, ...] = ()


def figures_of(
    tree: LexborHTMLParser, base: str | None, *, declared: str | None = None
) -> list[LeadFigure]:
    """
    Return the first figures of the page that have a caption or a credit; after them the image that
    is *declared* for sharing, if the page also shows it, with its alternative text.
    """
    found: list[LeadFigure] = []
    before: list[str] = []
    for node in tree.css(f"p, {_FIGURES}")[:_WITHIN]:
        if node.tag == "p":
            before.append(html_tree.text_of(node))
        elif not _is_aside(node) and (figure := _figure(node, base, before)) is not None:
            found.append(figure)
    return [*found, *_declared_figures(tree, base, declared)]


def choose_figure(figures: Sequence[LeadFigure], body: LexborNode) -> LeadFigure | None:
    """
    Return the first of *figures* that is above the text in *body*, and not a part of it.
    """
    texts = {html_tree.text_of(paragraph) for paragraph in body.css("p")}
    shown = [image.attributes.get("src") or "" for image in body.css("img")]
    for figure in figures:
        if any(len(text) >= _LEAST_WORDS and text in texts for text in figure.before):
            continue
        name = figure.url.rpartition("/")[2]
        is_inside = any(is_same_image(src.rpartition("/")[2], name) for src in shown if src)
        if not is_inside:
            return figure
    return None


def _figure(node: LexborNode, base: str | None, before: Sequence[str]) -> LeadFigure | None:
    image = node.css_first("img")
    url = address_of(image, base) if image is not None else None
    caption, credit = figure_words(node)
    if image is None or url is None or (caption is None and credit is None):
        return None
    alt = alt_text(image.attributes.get("alt") or "")
    return LeadFigure(url=url, alt=alt, caption=caption, credit=credit, before=tuple(before))


def _declared_figures(
    tree: LexborHTMLParser, base: str | None, declared: str | None
) -> Iterator[LeadFigure]:
    for image in tree.css("img[alt]")[:_WITHIN]:
        url, alt = address_of(image, base), alt_text(image.attributes.get("alt") or "")
        if url and declared and alt and is_same_image(url, declared):
            yield LeadFigure(url=declared, alt=alt)
            return


def _is_aside(node: LexborNode) -> bool:
    around = node.parent
    while around is not None:
        if around.tag in _ASIDE:
            return True
        around = around.parent
    return False

"""
Convert web content to content that mail programs can show, before it is sanitised. The order of the
steps is here; the steps are in `charts`, `prune`, `images`, `embeds`, `formulas` and `footnotes`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import characters, html_tree, urls
from newsletter.ingest.parsing.cleanup import (
    charts,
    embeds,
    flatten,
    footnotes,
    formulas,
    images,
    prune,
    shortcodes,
    tables,
)

_WIDE = 6
_SILENT_SCHEMES = ("javascript", "vbscript", "data", "about", "blob")
# The class names of WordPress blocks, Substack, Ghost themes and common news sites.
_PULL_QUOTES = ".wp-block-pullquote, .pullquote, .pull-quote, .pull_quote, aside.quote"


@dataclass(frozen=True)
class Mailable:
    """
    A body whose images, links and players are suitable for mail, with what was found in it.
    """

    body: LexborNode
    footnotes: tuple[str, ...]
    removed: tuple[str, ...]
    warnings: tuple[str, ...]


def mailable(markup: str, base: str | None, *, came: Collection[str] = ()) -> Mailable:
    """
    Parse *markup* and make it suitable for mail, with relative addresses resolved against *base*.
    *came* are the names of the images that came with it.

    Raises:
        ReadError: *markup* is too large or nested too deeply.
    """
    # Parsed once before shortcodes are searched, since feeds write their quotes as entities.
    plain = characters.scrub(html_tree.inner(html_tree.body_of(markup)))
    unfolded = shortcodes.unfold(plain)
    body = html_tree.body_of(unfolded.markup)
    formulas.settle_formulas(body)
    warnings: list[str] = []
    removed = [*unfolded.removed, *charts.settle_charts(body, base), *prune.prune(body)]
    _settle_captioned_tables(body)
    tables.open_layout_tables(body)
    images.settle_images(body, base, warnings, came=came)
    charts.settle_drawn_files(body, warnings)
    _settle_quotes(body)
    embeds.settle_embeds(body, base)
    notes = footnotes.lift_footnotes(body, base)
    _settle_links(body, base, warnings)
    _settle_captions(body)
    _open_details(body)
    flatten.unwrap_deepest(body, warnings)
    _warn_of_wide_tables(body, warnings)
    return Mailable(body, tuple(notes), tuple(removed), tuple(warnings))


def _settle_links(body: LexborNode, base: str | None, warnings: list[str]) -> None:
    for anchor in body.css("a"):
        target = anchor.attributes.get("href")
        url = urls.absolute(target, base, is_link=True)
        if url is not None:
            anchor.attrs["href"] = url
            continue
        if target and (why := _why_removed(target.strip())):
            warnings.append(f"the link {target.strip()[:200]} was removed: {why}")
        anchor.unwrap(delete_empty=True)


def _why_removed(target: str) -> str | None:
    """
    Say why a mail cannot link to *target*; None for a link within the page or to a script.
    """
    # A scheme may contain these signs (RFC 3986, 3.1); one letter is a drive of Windows.
    scheme = re.match(r"([a-z][a-z0-9+.-]+):", target, re.IGNORECASE)
    if scheme is None:
        return None if target.startswith("#") else "its address is relative; use a full one"
    name = scheme[1].lower()
    if name in _SILENT_SCHEMES:
        return None
    if name in ("http", "https"):
        return "its address is not valid"
    return f"an email cannot link to {name}: addresses"


def _settle_quotes(body: LexborNode) -> None:
    """
    Convert each pull quote to a quotation in a figure, as WordPress does.
    """
    for quote in body.css(_PULL_QUOTES):
        inside = html_tree.inner(quote)
        if quote.css_first("img, figure") is not None or _is_in_figure(quote):
            continue
        if quote.tag == "blockquote" or quote.css_first("blockquote") is None:
            inside = inside if quote.css_first("p") is not None else f"<p>{inside}</p>"
            inside = f"<blockquote>{inside}</blockquote>"
        made = html_tree.body_of(f"<figure>{inside}</figure>").first_child
        if made is not None:
            quote.replace_with(made)


def _is_in_figure(node: LexborNode) -> bool:
    parent = node.parent
    return node.tag == "figure" or (parent is not None and parent.tag == "figure")


def _settle_captions(body: LexborNode) -> None:
    """
    Convert WordPress' older `.wp-caption` boxes to figures.
    """
    for text in body.css(".wp-caption-text, .wp-caption-dd"):
        if text.tag != "figcaption":
            _rename(text, "figcaption")
    for box in body.css("div.wp-caption, dl.wp-caption"):
        _rename(box, "figure")


def _settle_captioned_tables(body: LexborNode) -> None:
    """
    Convert the tables in which Blogger puts an image above its caption to figures.
    """
    for table in body.css("table.tr-caption-container"):
        image, words = table.css_first("td:has(img)"), table.css_first("td.tr-caption")
        if image is None or words is None:
            continue
        caption = f"<figcaption>{html_tree.inner(words)}</figcaption>"
        figure = html_tree.body_of(
            f"<figure>{html_tree.inner(image)}{caption}</figure>"
        ).first_child
        if figure is not None:
            table.replace_with(figure)


def _rename(node: LexborNode, tag: str) -> None:
    made = html_tree.body_of(f"<{tag}>{html_tree.inner(node)}</{tag}>").first_child
    if made is not None:
        node.replace_with(made)


def _open_details(body: LexborNode) -> None:
    for summary in body.css("summary"):
        made = html_tree.body_of(f"<p><strong>{html_tree.inner(summary)}</strong></p>").first_child
        if made is not None:
            summary.replace_with(made)
    for details in body.css("details"):
        details.unwrap()


def _warn_of_wide_tables(body: LexborNode, warnings: list[str]) -> None:
    for table in body.css("table"):
        widest = max((len(row.css("td, th")) for row in table.css("tr")), default=0)
        if widest > _WIDE:
            warnings.append(f"a table has {widest} columns, which is too wide for a phone")

"""
Find the element that contains the brief in a web page, and what the page's head says about it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from newsletter.ingest.parsing import html_tree, urls
from newsletter.ingest.parsing.page.check import PageCheck
from newsletter.ingest.parsing.page.lead_figure import LeadFigure, choose_figure, figures_of
from newsletter.ingest.parsing.page.main_content import main_content
from newsletter.ingest.parsing.page.markup import content_of, page_tree
from newsletter.ingest.parsing.page.standfirst import lines_below_heading, standfirst_of

_TITLES = ("h1.entry-title", "article h1", "main h1")
_MAX_HEADINGS = 50
# How much of the head's title the heading is, if the rest is the name of the site.
_LEAST_OF_TITLE = 0.4
_DATED = re.compile(r"\s*\d{4}-\d")


@dataclass(frozen=True, kw_only=True)
class WebPage:
    """
    The parts of a page. `published` is as written in the page; addresses are absolute. `warning`
    says that the content may not be an article, or not the right one; with `is_furniture` it is
    links or a notice.
    """

    content: str
    base: str | None
    title: str | None = None
    published: str | None = None
    image_url: str | None = None
    url: str | None = None
    lang: str | None = None
    figure: LeadFigure | None = None
    warning: str | None = None
    is_furniture: bool = False


def open_page(markup: str, base: str | None) -> WebPage:
    """
    Extract the parts of a page; *base* is its address.

    Raises:
        ReadError: it is too large, or nested too deeply, for a brief.
    """
    tree, markup = page_tree(content_of(markup))
    base = _base(tree, base)
    page = WebPage(
        content="",
        base=base,
        title=_title(tree),
        published=_published(tree),
        image_url=urls.absolute(_meta(tree, "og:image"), base),
        url=urls.absolute(_attribute(tree, "link[rel=canonical]", "href"), base),
        lang=_attribute(tree, "html", "lang"),
    )
    descriptions = _descriptions(tree)
    titles = [page.title or "", *_titles(tree), *descriptions]
    check = PageCheck(tree, titles, base=base, is_free=_is_free(tree))
    figures = figures_of(tree, base, declared=page.image_url)
    lines = lines_below_heading(tree)
    # The last, because it removes the rest of the page from the tree.
    content = main_content(tree, markup, stated=_from_json_ld(tree, "articleBody") or "")
    body = html_tree.body_of(content)
    text = html_tree.text_of(body)
    if standfirst := standfirst_of(lines, descriptions, text):
        content = f"<p>{html_tree.shown(standfirst)}</p>{content}"
        text = f"{standfirst} {text}"
    furniture = check.furniture(body, text)
    return replace(
        page,
        content=content,
        figure=choose_figure(figures, body),
        warning=furniture or check.mismatch(text),
        is_furniture=furniture is not None,
    )


def _base(tree: LexborHTMLParser, base: str | None) -> str | None:
    return urls.absolute(_attribute(tree, "base[href]", "href"), base) or base


def _title(tree: LexborHTMLParser) -> str | None:
    """
    Return the heading that the head confirms, else the only one in the content, else what the head
    says: other headings are those of the site or of teasers.
    """
    said = html_tree.plain(_meta(tree, "og:title")) or _text(tree, "title")
    headings = {selector: _headings(tree, selector) for selector in (*_TITLES, "h1")}
    for heading in chain(*headings.values()):
        if _is_title(heading, said):
            return heading
    for selector in _TITLES:
        if len(headings[selector]) == 1:
            return headings[selector][0]
    first = next(chain(*headings.values()), None)
    return html_tree.plain(_meta(tree, "og:title")) or _title_without_site(tree) or first


def _titles(tree: LexborHTMLParser) -> list[str]:
    return [_title_without_site(tree), html_tree.plain(_meta(tree, "og:title"))]


def _descriptions(tree: LexborHTMLParser) -> list[str]:
    return [html_tree.plain(_meta(tree, name)) for name in ("og:description", "description")]


def _headings(tree: LexborHTMLParser, selector: str) -> list[str]:
    # Generators of documentation link each heading to itself with such a sign.
    found = (html_tree.text_of(node).rstrip("¶# ") for node in tree.css(selector)[:_MAX_HEADINGS])
    return [heading for heading in found if heading]


def _is_title(heading: str, said: str) -> bool:
    """
    Return True if *said*, the title in the head, is *heading*, perhaps followed by the site's name.
    """
    is_most = len(heading) >= _LEAST_OF_TITLE * len(said)
    return is_most and said.casefold().startswith(heading.casefold())


def _title_without_site(tree: LexborHTMLParser) -> str:
    title = _text(tree, "title")
    name = html_tree.plain(_meta(tree, "og:site_name"))
    if name and title.casefold().endswith(name.casefold()) and len(title) > len(name):
        return title[: -len(name)].rstrip(" -–—|·»:")
    return re.sub(r"(?<!\s)\s+[|·»]\s+[^|·»]{1,80}$", "", title)


def _text(tree: LexborHTMLParser, selector: str) -> str:
    node = tree.css_first(selector)
    return html_tree.text_of(node) if node is not None else ""


def _published(tree: LexborHTMLParser) -> str | None:
    """
    Return the date of the page: of its article if it has only one, since others are teasers.
    """
    inside = "article time[datetime], main time[datetime]"
    shown = _attribute(tree, f"{inside}, time[pubdate]", "datetime")
    stated = _meta(tree, "article:published_time") or _from_json_ld(tree, "datePublished")
    stated = stated or _from_microdata(tree)
    is_alone = len(tree.css("article")) < 2 and _DATED.match(shown or "")
    return shown if is_alone else (stated or shown)


def _from_json_ld(tree: LexborHTMLParser, name: str) -> str | None:
    values = (thing.get(name) for thing in _stated_things(tree))
    return next((value for value in values if value and isinstance(value, str)), None)


def _from_microdata(tree: LexborHTMLParser) -> str | None:
    node = tree.css_first("[itemprop~=datePublished]")
    if node is None:
        return None
    said = node.attributes.get("datetime") or node.attributes.get("content")
    return said or html_tree.text_of(node) or None


def _is_free(tree: LexborHTMLParser) -> bool:
    said = {str(thing.get("isAccessibleForFree")).lower() for thing in _stated_things(tree)}
    return "false" not in said


def _stated_things(tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    for script in tree.css("script[type='application/ld+json']"):
        yield from _things(script.text() or "")


def _things(text: str) -> Iterator[dict[str, Any]]:
    """
    Yield the objects that *text* describes. Some pages put it in a comment or a CDATA section.
    """
    try:
        listed = json.loads(f"[{text[text.find('{') : text.rfind('}') + 1]}]")
    except (ValueError, RecursionError):
        return
    for thing in listed:
        if isinstance(thing, dict):
            yield thing
            graph = thing.get("@graph")
            yield from (
                (entry for entry in graph if isinstance(entry, dict))
                if isinstance(graph, list)
                else ()
            )


def _meta(tree: LexborHTMLParser, name: str) -> str | None:
    return _attribute(tree, f"meta[property='{name}'], meta[name='{name}']", "content")


def _attribute(tree: LexborHTMLParser, selector: str, name: str) -> str | None:
    node = tree.css_first(selector)
    return node.attributes.get(name) or None if node is not None else None

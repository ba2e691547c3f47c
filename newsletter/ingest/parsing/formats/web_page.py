"""
Find the element that contains the brief in a web page, and what the page's head says about it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from newsletter.ingest.parsing import html_tree, urls

# Selectors of themes and page builders first, then general ones.
_CONTENT = (
    ".entry-content",
    ".elementor-widget-theme-post-content",
    "[itemprop=articleBody]",
    "article",
    "main",
    "body",
)
_TITLES = ("h1.entry-title", "article h1", "main h1")
_FEWEST = 20


@dataclass(frozen=True, kw_only=True)
class WebPage:
    """
    The parts of a page. `published` is as written in the page; addresses are absolute.
    """

    content: str
    base: str | None
    title: str | None = None
    published: str | None = None
    image_url: str | None = None
    url: str | None = None
    lang: str | None = None


def open_page(markup: str, base: str | None) -> WebPage:
    """
    Extract the parts of a page; *base* is its address.
    """
    tree = html_tree.parse(markup)
    base = _base(tree, base)
    return WebPage(
        content=_content(tree),
        base=base,
        title=_title(tree),
        published=_published(tree),
        image_url=urls.absolute(_meta(tree, "og:image"), base),
        url=urls.absolute(_attribute(tree, "link[rel=canonical]", "href"), base),
        lang=_attribute(tree, "html", "lang"),
    )


def _base(tree: LexborHTMLParser, base: str | None) -> str | None:
    return urls.absolute(_attribute(tree, "base[href]", "href"), base) or base


def _content(tree: LexborHTMLParser) -> str:
    for selector in _CONTENT:
        for node in tree.css(selector):
            if len(html_tree.text_of(node)) >= _FEWEST:
                return html_tree.inner(node)
    return html_tree.inner(tree.body) if tree.body is not None else ""


def _title(tree: LexborHTMLParser) -> str | None:
    for selector in _TITLES:
        if (node := tree.css_first(selector)) is not None and html_tree.text_of(node):
            return html_tree.text_of(node)
    if found := html_tree.plain(_meta(tree, "og:title")):
        return found
    for selector in ("h1", "title"):
        if (node := tree.css_first(selector)) is not None and html_tree.text_of(node):
            return _without_site(html_tree.text_of(node), selector)
    return None


def _without_site(title: str, selector: str) -> str:
    return re.sub(r"(?<!\s)\s+[|·»]\s+[^|·»]{1,80}$", "", title) if selector == "title" else title


def _published(tree: LexborHTMLParser) -> str | None:
    said = _attribute(
        tree, "article time[datetime], main time[datetime], time[pubdate]", "datetime"
    )
    return said or _meta(tree, "article:published_time") or _from_json_ld(tree)


def _from_json_ld(tree: LexborHTMLParser) -> str | None:
    for script in tree.css("script[type='application/ld+json']"):
        try:
            data = json.loads(script.text() or "")
        except (ValueError, RecursionError):
            continue
        for thing in _things(data):
            if isinstance(found := thing.get("datePublished"), str):
                return found
    return None


def _things(data: Any) -> Iterator[dict[str, Any]]:
    listed = data if isinstance(data, list) else [data]
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

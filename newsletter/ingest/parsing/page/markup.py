"""
Remove from a page what no reader sees: scripts, styles, comments, the lines of drawings. A page may
be ten times as large as its content; the limits of `html_tree` are for the rest.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from newsletter.errors import ReadError
from newsletter.ingest.parsing import html_tree
from subscribers.text.phrases import phrase

# A comment also ends at once (`<!-->`) or with the page; so does a script.
_UNSEEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|$))"
    r"|<(?P<name>script|style)\b(?P<said>[^<>]{0,2000})(?:>.*?(?:</(?P=name)[^<>]*>|$))",
    re.IGNORECASE | re.DOTALL,
)
# The parts of a drawing that have no text.
_LINES = re.compile(
    r"</?(?:path|polygon|polyline|rect|circle|ellipse|line|g|use|defs|symbol|stop|clippath|mask"
    r"|lineargradient|radialgradient|pattern|filter|fe[a-z]+)\b(?:\"[^\"]*\"|'[^']*'|[^'\"<>])*+>",
    re.IGNORECASE,
)
_DATA_URL = re.compile(r"data:[a-z]+/[^\"'\s()<>]{400,}", re.IGNORECASE)
_ELEMENT = re.compile(r"<[a-z]", re.IGNORECASE)
_SPACES = re.compile(r"<(pre|textarea)\b.*?(?:</\1|$)|\s{2,}", re.IGNORECASE | re.DOTALL)


def content_of(page: str) -> str:
    """
    Return the markup *page* without what no reader sees. Statements about it (JSON-LD) stay.
    """
    return _LINES.sub("", _UNSEEN.sub(_statement, page))


def page_tree(page: str) -> tuple[LexborHTMLParser, str]:
    """
    Parse *page*, a result of `content_of`, without embedded files and, if it is over the limit for
    content, without its indentation. Return the tree and what was parsed.

    Raises:
        ReadError: it, or the text in it, is too large for a brief, or it is nested too deeply.
    """
    page = _DATA_URL.sub("data:,", page)
    if len(page) > html_tree.MAX_BYTES:
        page = _SPACES.sub(_space, page)
    if sum(1 for _ in _ELEMENT.finditer(page)) > html_tree.MAX_PAGE_ELEMENTS:
        raise ReadError(phrase("the page has over 50,000 elements: simplify its markup"))
    tree = html_tree.parse(page, max_bytes=html_tree.MAX_PAGE_BYTES)
    if tree.body is not None and len(tree.body.text()) > html_tree.MAX_BYTES:
        raise ReadError(html_tree.TOO_LARGE)
    return tree, page


def _statement(found: re.Match[str]) -> str:
    return found[0] if "ld+json" in (found["said"] or "") else ""


def _space(found: re.Match[str]) -> str:
    return found[0] if found[1] else found[0][0]

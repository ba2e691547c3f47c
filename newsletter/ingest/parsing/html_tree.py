"""
Parse HTML into a tree, within limits, and look at its nodes. The other modules of `parsing` parse
HTML only through this one.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.errors import ReadError
from newsletter.ingest.parsing import characters
from subscribers.text.phrases import phrase

MAX_BYTES = 512 * 1024
TOO_LARGE = phrase("the content is over 512 KB, which is too large for a brief")
# A whole page, with its menus and addresses, of which at most MAX_BYTES are content.
MAX_PAGE_BYTES = 4 * MAX_BYTES
# Real pages of this size have 20,000; each takes memory and steps.
MAX_PAGE_ELEMENTS = 50_000
MAX_DEPTH = 200
_BLOCK_NAMES = (
    "p h1 h2 h3 h4 h5 h6 ul ol dl table figure blockquote pre hr div section article main header"
    " footer aside center details address li dd dt"
)
BLOCKS = frozenset(_BLOCK_NAMES.split())
# These close each other or have no content, so unclosed ones are not nested.
_FLAT_NAMES = (
    "p li td th tr dt dd thead tbody tfoot option optgroup rp rt a br hr img input meta link"
    " source track wbr area base col embed param html head body"
)
_FLAT = frozenset(_FLAT_NAMES.split())
_TAG = re.compile(
    r"<!--(?:.*?-->|.*)|<(?:script|style|textarea)\b(?:.*?</(?:script|style|textarea)|.*)"
    r"|<(?P<end>/?)(?P<name>[a-z][a-z0-9-]*+)(?:\"[^\"]*\"|'[^']*'|[^'\"<>])*+>",
    re.IGNORECASE | re.DOTALL,
)
# Only a machine writes such a tag; 50,000 attributes take lexbor four seconds (selectolax 1.0.2).
_MAX_ATTRIBUTES = 1000
_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'")
_STRAY = re.compile(
    r"<(?!/?(?:a|abbr|address|article|aside|audio|b|bdi|bdo|big|blockquote|body|br|button|caption"
    r"|center|cite|code|col|colgroup|dd|del|details|dfn|div|dl|dt|em|embed|figcaption|figure|font"
    r"|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark"
    r"|meta|nav|noscript|object|ol|option|p|picture|pre|q|rp|rt|ruby|s|samp|script|section|select"
    r"|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea"
    r"|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr|(?:o|v|w|w10|m|x|st1|u1):[a-z]+)"
    r"\b[^<]{0,20000}?>|!--)",
    re.IGNORECASE,
)
_OFFICE_TAG = re.compile(r"(?:o|v|w|w10|m|x|st1|u1):[a-z]+")


def parse(markup: str, *, max_bytes: int = MAX_BYTES) -> LexborHTMLParser:
    """
    Parse *markup*.

    Raises:
        ReadError: *markup* is too large or nested too deeply for a brief.
    """
    if len(markup) > max_bytes:
        raise ReadError(TOO_LARGE)
    _refuse_deep(markup)
    return LexborHTMLParser(markup)


def _refuse_deep(markup: str) -> None:
    # Counted before parsing: 100,000 open elements take lexbor ten seconds (selectolax 1.0.2).
    opened: Counter[str] = Counter()
    for found in _TAG.finditer(markup):
        name = (found["name"] or "").lower()
        if not name:
            continue
        if found.end() - found.start() > _MAX_ATTRIBUTES:
            _refuse_wide(found[0])
        if name in _FLAT:
            continue
        opened[name] = max(0, opened[name] - 1) if found["end"] else opened[name] + 1
        if opened[name] > MAX_DEPTH or (not found["end"] and opened.total() > MAX_DEPTH):
            raise ReadError(
                phrase("the content is nested over 200 elements deep: simplify its markup")
            )


def _refuse_wide(tag: str) -> None:
    if len(_VALUE.sub("", tag).split()) > _MAX_ATTRIBUTES:
        raise ReadError(phrase("an element has over 1,000 attributes: simplify its markup"))


def body_of(markup: str) -> LexborNode:
    """
    Parse *markup* and return its body element, which exists even if it is empty.
    """
    body = parse(f"<body>{markup}").body
    if body is None:  # A <frameset> replaces the body.
        raise ReadError(phrase("the content is a frame set: give the address of one of its frames"))
    return body


def escape_strays(text: str) -> str:
    """
    Escape each `<` in *text* that does not start a known element, so that `a < b` and
    `<https://example.org>` stay text.
    """
    return _STRAY.sub("&lt;", text)


def text_of(node: LexborNode) -> str:
    """
    Return the text of *node* as one line.
    """
    return characters.line(" ".join(lines_of(node)))


def lines_of(node: LexborNode) -> list[str]:
    """
    Return the text of *node* as lines, split at `<br>` and at the start and end of blocks.
    """
    pieces: list[str] = []
    _gather(node, pieces)
    lines = (characters.line(line) for line in "".join(pieces).split("\f"))
    return [line for line in lines if line]


def _gather(node: LexborNode, pieces: list[str]) -> None:
    for child in children(node):
        if child.is_text_node:
            pieces.append((child.text_content or "").replace("\f", " "))
        elif child.tag == "br":
            pieces.append("\f")
        elif child.tag in BLOCKS:
            pieces.append("\f")
            _gather(child, pieces)
            pieces.append("\f")
        else:
            _gather(child, pieces)


def unwrap_office_tags(body: LexborNode) -> None:
    """
    Replace each element that Word and Outlook add (`o:p`, `w:sdt`, `st1:place`) by its content.
    """
    for node in body.css("*"):
        if _OFFICE_TAG.fullmatch(node.tag or ""):
            node.unwrap(delete_empty=True)


def children(node: LexborNode) -> Iterator[LexborNode]:
    """
    Yield the child elements and texts of *node*.
    """
    yield from list(node.iter(include_text=True))


def plain(text: str | None) -> str:
    """
    Convert *text*, which may contain tags and entities (escaped up to twice), to one plain line.
    """
    text = characters.scrub(text or "")
    for _ in range(2):
        if "<" not in text and "&" not in text:
            break
        text = text_of(body_of(escape_strays(text)))
    return characters.line(text)


def shown(text: str) -> str:
    """
    Escape plain *text* as markup.
    """
    return html.escape(text, quote=False)


def inner(node: LexborNode) -> str:
    """
    Return the markup inside *node*.
    """
    return node.inner_html or ""


def remove_inline(node: LexborNode) -> None:
    """
    Remove *node*, and the links and other inline elements around it that are empty then.
    """
    around = node.parent
    node.decompose()
    while around is not None and around.parent is not None and around.tag not in BLOCKS:
        above = around.parent
        if around.tag == "body" or text_of(around) or around.css_first("img") is not None:
            return
        around.decompose()
        around = above

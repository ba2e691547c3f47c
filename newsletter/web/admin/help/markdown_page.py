"""
Convert a Markdown file of the documentation to HTML. Raw HTML in it is shown as text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

Link = Callable[[str], str]
_COMMENT = re.compile(r"(?ms)^<!--.*?-->[ \t]*\n?")
_GLOSSARY = re.compile(r"(?m)^```\{glossary\}\n((?:(?!```).*\n)*+)```$")
_TERM = re.compile(r"(?m)^(\S.*)\n((?:[ ]{4}.*\n?)+)")
_NOT_IN_ADDRESS = re.compile(r"[^\w\- ]")
_ROLE = "{term}"
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, kw_only=True)
class MarkdownPage:
    """
    A page as HTML, without its title; and the headings of its sections, each with its address.
    """

    title: str
    html: str
    headings: Sequence[tuple[str, str]]


def render_page(text: str, *, link: Link) -> MarkdownPage:
    """
    Convert the *text* of a page. *link* returns where a link leads; one that leads nowhere becomes
    text.
    """
    text = _GLOSSARY.sub(lambda found: _TERM.sub(_entry, found[1]), _COMMENT.sub("", text))
    tokens = [each for each in _PARSER.parse(text) if not _is_directive(each)]
    title = ""
    if tokens and tokens[0].tag == "h1":
        title, tokens = _plain(tokens[1]), tokens[3:]
    headings = list(_addressed(tokens))
    for token in tokens:
        if token.children is not None:
            token.children = list(_inline(token.children, link))
    html = _PARSER.renderer.render(_scrolling(tokens), _PARSER.options, {})
    # With the keyboard, one can scroll what is wider than the page.
    html = html.replace("<pre><code", '<pre tabindex="0"><code')
    return MarkdownPage(
        title=title, html=html, headings=[(name, at) for tag, name, at in headings if tag == "h2"]
    )


def _entry(found: re.Match[str]) -> str:
    meaning = " ".join(found[2].split())
    return f"- **{found[1]}**: {meaning}\n"


def _is_directive(token: Token) -> bool:
    return token.type == "fence" and token.info.startswith("{")


def _plain(token: Token) -> str:
    return "".join(each.content for each in token.children or ())


def _addressed(tokens: Sequence[Token]) -> Iterator[tuple[str, str, str]]:
    """
    Give each heading its address, as GitHub does, and yield tag, text and address.
    """
    seen: dict[str, int] = {}
    for token, inline in itertools.pairwise(tokens):
        if token.type != "heading_open":
            continue
        text = _plain(inline)
        address = _NOT_IN_ADDRESS.sub("", text.lower()).replace(" ", "-")
        count = seen[address] = seen.get(address, -1) + 1
        address = f"{address}-{count}" if count else address
        token.attrSet("id", address)
        yield token.tag, text, address


def _inline(children: Sequence[Token], link: Link) -> Iterator[Token]:
    """
    Yield the parts of a paragraph, with links resolved, pictures left out, and terms as text.
    """
    is_open, is_term = [], False
    for child in children:
        if child.type == "link_open":
            address = link(str(child.attrGet("href") or ""))
            is_open.append(bool(address))
            child.attrSet("href", address)
        is_dropped = child.type == "image"
        if child.type in ("link_open", "link_close"):
            is_dropped = not (is_open[-1] if child.type == "link_open" else is_open.pop())
        if is_term and child.type == "code_inline":
            child = Token("text", "", 0, content=child.content.split(" <")[0])
        is_term = child.type == "text" and child.content.endswith(_ROLE)
        if is_term:
            child.content = child.content.removesuffix(_ROLE)
        if not is_dropped:
            yield child


def _scrolling(tokens: Sequence[Token]) -> list[Token]:
    """
    Put a box that scrolls around each table.
    """
    found: list[Token] = []
    tables = itertools.count(1)
    for token in tokens:
        if token.type == "table_open":
            named = {"role": "region", "aria-label": f"Table {next(tables)}"}
            attrs: dict[str, str | int | float] = {"class": "wide", "tabindex": "0", **named}
            found.append(Token("box_open", "div", 1, attrs=attrs, block=True))
        found.append(token)
        if token.type == "table_close":
            found.append(Token("box_close", "div", -1, block=True))
    return found

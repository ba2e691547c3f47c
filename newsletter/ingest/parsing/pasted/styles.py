"""
Make elements of the styles by which word processors say that text is bold, italic or a heading, and
leave out what only they need.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree

_CLASSES = {"MsoTitle": "h1", "MsoQuote": "blockquote", "MsoIntenseQuote": "blockquote"}
_BOLD = re.compile(r"bold(?:er)?|[6-9]00")
_PLAIN = re.compile(r"normal|[1-4]00")
_STYLED = frozenset({"span", "font", "p", "div", "li", "td"})
_HEADINGS = "h1, h2, h3, h4, h5, h6"


def settle_styles(body: LexborNode) -> None:
    """
    Convert the styles in *body* to elements.
    """
    for node in body.css("*"):
        if "lang" in node.attributes:
            del node.attrs["lang"]
        if (node.attributes.get("dir") or "").lower() == "ltr":
            del node.attrs["dir"]
    for node in reversed(body.css("[style]")):
        _settle(node)
    for heading in body.css(_HEADINGS):
        for inside in heading.css("b, strong"):
            inside.unwrap()
    for table in body.css("table"):
        _settle_header(table)
    for name, tag in _CLASSES.items():
        for node in body.css(f"p.{name}"):
            _replace(node, f"<{tag}>{html_tree.inner(node)}</{tag}>")


def style_of(node: LexborNode) -> dict[str, str]:
    """
    Return the style of *node*, by property, in lower case.
    """
    said = (each.partition(":") for each in (node.attributes.get("style") or "").lower().split(";"))
    return {name.strip(): value.strip() for name, _, value in said if value}


def _settle(node: LexborNode) -> None:
    style, tag = style_of(node), node.tag or ""
    if style.get("mso-hide") == "all":
        html_tree.remove_inline(node)
        return
    if not html_tree.text_of(node):
        return
    weight, slant = style.get("font-weight", ""), style.get("font-style", "")
    if (tag in ("b", "strong") and _PLAIN.fullmatch(weight)) or (
        tag in ("i", "em") and slant == "normal"
    ):
        node.unwrap()
        return
    signs = _signs(style)
    if tag in _STYLED and signs and not _holds_blocks(node):
        opened = "".join(f"<{sign}>" for sign in signs)
        closed = "".join(f"</{sign}>" for sign in reversed(signs))
        made = f"{opened}{html_tree.inner(node)}{closed}"
        _replace(node, made if tag in ("span", "font") else f"<{tag}>{made}</{tag}>")


def _holds_blocks(node: LexborNode) -> bool:
    inside = (each for each in node.css("*") if each.mem_id != node.mem_id)
    return any(each.tag in html_tree.BLOCKS for each in inside)


def _signs(style: dict[str, str]) -> list[str]:
    decoration = style.get("text-decoration", "") + style.get("text-decoration-line", "")
    found = {
        "strong": bool(_BOLD.fullmatch(style.get("font-weight", ""))),
        "em": style.get("font-style") == "italic",
        "s": "line-through" in decoration,
        "sup": style.get("vertical-align") == "super",
        "sub": style.get("vertical-align") == "sub",
    }
    return [sign for sign, is_so in found.items() if is_so]


def _settle_header(table: LexborNode) -> None:
    """
    Make header cells of the first row of *table* if all of its text is bold.
    """
    row = table.css_first("tr")
    cells = row.css("td") if row is not None and table.css_first("th, table table") is None else []
    texts = [html_tree.text_of(cell) for cell in cells]
    bold = [html_tree.text_of(b) if (b := cell.css_first("b, strong")) else "" for cell in cells]
    if not any(texts) or texts != bold:
        return
    for cell in cells:
        for sign in cell.css("b, strong"):
            sign.unwrap()
        header = html_tree.body_of(f"<table><tr><th>{html_tree.inner(cell)}</th></tr></table>")
        made = header.css_first("th")
        if made is not None:
            cell.replace_with(made)


def _replace(node: LexborNode, markup: str) -> None:
    made = html_tree.body_of(markup).first_child
    if made is not None:
        node.replace_with(made)

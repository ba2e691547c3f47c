"""
Convert the sanitised body of a brief to plain text. A link becomes `text <address>`, because a
number in brackets could be mistaken for one of the author's footnotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_APART = html_tree.BLOCKS | {"tr", "td", "th"}


_LETTERS = 26
_ROMAN_NUMERALS = (
    "- i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx xxi xxii xxiii xxiv"
)
_ROMAN = tuple(_ROMAN_NUMERALS.split())


def plain_body(markup: str) -> str:
    """
    Convert *markup* to text, with an empty line between blocks and without wrapping lines.
    """
    return "\n\n".join(_blocks(html_tree.body_of(markup)))


def _blocks(node: LexborNode) -> Iterator[str]:
    run: list[str] = []
    for child in html_tree.children(node):
        if child.tag not in html_tree.BLOCKS and child.tag != "figcaption":
            run.append(_inline(child))
            continue
        yield from _flushed(run)
        yield from filter(None, [_block(child)])
    yield from _flushed(run)


def _flushed(run: list[str]) -> Iterator[str]:
    text = _tidy("".join(run))
    run.clear()
    if text:
        yield text


def _tidy(text: str) -> str:
    lines = (re.sub(r"[ \t\n]+", " ", line).strip() for line in text.split("\f"))
    return "\n".join(lines).strip()


def _block(node: LexborNode) -> str:
    tag = node.tag or ""
    if tag in ("ul", "ol"):
        return "\n".join(_items(node))
    if tag == "table":
        return "\n".join(_rows(node))
    if tag == "pre":
        return _inside(node).replace("\f", "\n").strip("\n")
    if tag == "hr":
        return "* * *"
    inside = "\n\n".join(_blocks(node))
    return re.sub(r"(?m)^", "> ", inside) if tag == "blockquote" and inside else inside


def _items(node: LexborNode) -> Iterator[str]:
    items = [item for item in node.iter() if item.tag in ("li", "ul", "ol")]
    own = sum(item.tag == "li" for item in items)
    is_reversed = "reversed" in node.attributes
    number = _number(node.attributes.get("start"), own if is_reversed else 1)
    for item in items:
        if item.tag != "li":  # Some editors write a list beside the item it belongs to.
            yield "  " + _block(item).replace("\n", "\n  ")
            continue
        number = _number(item.attributes.get("value"), number)
        numeral = _numeral(number, node.attributes.get("type") or "1")
        sign = f"{numeral}. " if node.tag == "ol" else "- "
        number += -1 if is_reversed else 1
        text = "\n".join(_blocks(item))
        yield sign + text.replace("\n", "\n" + " " * len(sign))


def _number(said: str | None, otherwise: int) -> int:
    return int(said) if said and re.fullmatch(r"-?[0-9]{1,6}", said) else otherwise


def _numeral(number: int, kind: str) -> str:
    """
    Write *number* as an `<ol>` with the type *kind* does: `1`, `a`, `A`, `i` or `I`.
    """
    if kind in ("a", "A") and 1 <= number <= _LETTERS:
        return chr(ord(kind) + number - 1)
    if kind in ("i", "I") and 1 <= number < len(_ROMAN):
        return _ROMAN[number] if kind == "i" else _ROMAN[number].upper()
    return str(number)


def _rows(table: LexborNode) -> Iterator[str]:
    if (caption := table.css_first("caption")) is not None:
        yield _tidy(_inside(caption))
    inner = {row.mem_id for other in table.css("table table") for row in other.css("tr")}
    for row in table.css("tr"):
        if row.mem_id not in inner:
            cells = (cell for cell in row.iter() if cell.tag in ("td", "th"))
            yield " | ".join(_tidy(_inside(cell)) for cell in cells)


def _inside(node: LexborNode) -> str:
    return "".join(
        f" {_inside(child)} " if child.tag in _APART else _inline(child)
        for child in html_tree.children(node)
    )


def _inline(node: LexborNode) -> str:
    if node.is_text_node:
        return node.text_content or ""
    if node.tag == "br":
        return "\f"
    if node.tag == "img":
        return node.attributes.get("alt") or ""
    words = _inside(node)
    if node.tag != "a":
        return words
    return _link(words.strip(), node.attributes.get("href") or "")


def _link(words: str, url: str) -> str:
    bare = url.removeprefix("mailto:")
    if not words or words in (url, bare):
        return f"<{bare}>"
    return f"{words} <{bare}>"

"""
Write the body of a brief as Markdown, for a person who edits it: the reverse of `markdown`, which
reads it. What Markdown has no sign for stays HTML, which it may contain.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.formats.markdown_spans import write_spans

_TOP_HEADING = 3
_MARKER = re.compile(r"(?:<sup>)?\[(\d{1,3})\](?![(:\\])(?:</sup>)?")
_NOTE = re.compile(r"\[(\d{1,3})\] (.+)", re.DOTALL)
_MARKERS = ("-", "*"), (".", ")")


def write_markdown(body_html: str, footnotes: Sequence[str] = ()) -> str:
    """
    Return the sanitised *body_html* and its *footnotes* as Markdown.
    """
    text = "\n\n".join(_blocks(html_tree.body_of(body_html)))
    numbered = {found[1]: found[2] for note in footnotes if (found := _NOTE.fullmatch(note))}
    used = {found[1] for found in _MARKER.finditer(text) if found[1] in numbered}
    text = _MARKER.sub(lambda found: f"[^{found[1]}]" if found[1] in used else found[0], text)
    return "\n\n".join(filter(None, (text, *(_note(note, used) for note in footnotes))))


def _note(note: str, used: Container[str]) -> str:
    """
    Return a footnote as that of Markdown, or as a paragraph if its marker is not among those *used*
    in the text.
    """
    found = _NOTE.fullmatch(note)
    if found and found[1] in used:
        return f"[^{found[1]}]: {write_spans([_text_node(found[2])])}"
    return write_spans([_text_node(note)])


def _text_node(text: str) -> LexborNode:
    return next(html_tree.children(html_tree.body_of(html_tree.shown(text))))


def _blocks(node: LexborNode) -> Iterator[str]:
    run: list[LexborNode] = []
    before = ""
    for child in html_tree.children(node):
        if child.tag not in html_tree.BLOCKS and child.tag != "figcaption":
            run.append(child)
            continue
        yield from _flushed(run)
        # Two lists in a row would be read as one, so the second has other markers.
        yield from filter(None, [_block(child, is_second=before == child.tag)])
        before = child.tag or ""
    yield from _flushed(run)


def _flushed(run: list[LexborNode]) -> Iterator[str]:
    text = write_spans(run)
    run.clear()
    if text:
        yield text


def _block(node: LexborNode, *, is_second: bool) -> str:
    tag = node.tag or ""
    if tag == "hr":
        return "---"
    if tag == "table":
        return _table(node) or _as_html(node)
    if set(node.attributes) - {"start"}:
        return _as_html(node)
    if tag == "p":
        return write_spans(html_tree.children(node))
    if tag in ("ul", "ol"):
        return _list(node, is_second=is_second) or _as_html(node)
    if tag == "blockquote":
        return _quotation(node)
    if tag == "pre":
        return _code_block(node) or _as_html(node)
    if tag in ("h3", "h4", "h5", "h6") and node.css_first("br") is None:
        words = write_spans(html_tree.children(node))
        return f"{'#' * (int(tag[1]) - _TOP_HEADING + 1)} {words}" if words else ""
    return _as_html(node)


def _as_html(node: LexborNode) -> str:
    """
    Return *node* as HTML without empty lines, at which Markdown would end it.
    """
    return re.sub(r"\n\s*\n", "\n", node.html or "").strip()


def _quotation(node: LexborNode) -> str:
    inside = "\n\n".join(_blocks(node))
    return re.sub(r"(?m)^", "> ", inside).replace("> \n", ">\n") if inside else ""


def _code_block(node: LexborNode) -> str:
    """
    Return the code between fences; empty if it has line breaks that are elements.
    """
    if node.css_first("br") is not None:
        return ""
    code = node.text(deep=True).strip("\n")
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code}\n{fence}"


def _list(node: LexborNode, *, is_second: bool) -> str:
    """
    Return the list; empty if Markdown cannot number it so, or it has more than items.
    """
    items = [child for child in node.iter() if child.tag]
    if any(item.tag != "li" or item.attributes for item in items):
        return ""
    bullet, end = (each[is_second] for each in _MARKERS)
    start = node.attributes.get("start") or "1"
    if not re.fullmatch(r"\d{1,6}", start):
        return ""
    written = []
    for number, item in enumerate(items, int(start)):
        marker = f"{number}{end} " if node.tag == "ol" else f"{bullet} "
        inside = _item(item).replace("\n", "\n" + " " * len(marker))
        written.append(re.sub(r"(?m)^ +$", "", marker + inside))
    return "\n".join(written)


def _item(node: LexborNode) -> str:
    blocks = list(_blocks(node))
    is_simple = sum(not re.match(r"[-*]\s|\d+[.)]\s", block) for block in blocks) <= 1
    return ("\n" if is_simple else "\n\n").join(blocks)


def _table(node: LexborNode) -> str:
    """
    Return the table with a line for each row; empty if Markdown has no signs for it.
    """
    rows = [[cell for cell in row.iter() if cell.tag] for row in node.css("tr")]
    cells = [cell for row in rows for cell in row]
    is_simple = (
        not node.attributes
        and node.css_first("caption, p, ul, ol, dl, br, table table, pre, blockquote") is None
        and len({len(row) for row in rows}) == 1
        and not any(cell.attributes for cell in cells)
        and all(cell.tag == ("th" if row is rows[0] else "td") for row in rows for cell in row)
    )
    if not is_simple:
        return ""
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def _cell(node: LexborNode) -> str:
    return write_spans(html_tree.children(node)).replace("|", "\\|")

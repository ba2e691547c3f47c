"""
Open the tables that only arrange a mail, so that their cells become paragraphs, and keep those of
data. `email_safe` calls it for every item; mail sources call it before they look for forwards.
"""

from __future__ import annotations

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.cleanup.images import pixels

_ICON = 48
_SHORT = 60
_LONGEST = 200
_BULLET = re.compile(r"[•·▪■◦○●►➤▶‣∙*\u2013-]|\d{1,2}[.)]")
# What a cell of data does not contain.
_RICH = "h1, h2, h3, h4, h5, h6, ul, ol, hr, blockquote, figure, p + p, div + div"


def open_layout_tables(body: LexborNode) -> None:
    """
    Replace each table in *body* that is not one of data by its content, cell by cell.
    """
    edge = LexborHTMLParser("").create_node("div")
    arranging = []
    for table in body.css("table"):
        if is_data_table(table):
            _flatten_cells(table)
        else:
            arranging.append(table)
    for table in reversed(arranging):
        _open(table, edge)


def is_data_table(table: LexborNode) -> bool:
    """
    Return True if *table* contains data: it has a caption, a head or a border, or several rows of
    as many short cells. A table that contains another one arranges it, and so does one of images or
    headings that has no caption and no head.
    """
    if (table.attributes.get("role") or "").lower() in ("presentation", "none"):
        return False
    if len(table.css("table")) > 1:
        return False
    if table.css_first("caption, thead th, th[scope]") is not None:
        return True
    if table.css_first(_RICH) is not None or _has_images(table):
        return False
    rows = [row for row in map(_cells, table.css("tr")) if row]
    texts = [[html_tree.text_of(cell) for cell in row] for row in rows]
    if not any(len(filled) > 1 for filled in map(_filled, texts)) or _are_bullets(texts):
        return False
    if _has_head_cells(rows):
        return True
    wide = Counter(len(row) for row in texts if len(_filled(row)) > 1)
    if not wide or max(wide.values()) < 2 or all(_is_link(cell) for row in rows for cell in row):
        return False
    return _are_short(texts) or _has_border(table) or not _has_layout(table)


def _flatten_cells(table: LexborNode) -> None:
    """
    Replace the only paragraph of each cell by its text: Word makes one, whose margins are shown.
    """
    for cell in table.css("td, th"):
        blocks = list(cell.iter())
        if len(blocks) == 1 and blocks[0].tag == "p":
            blocks[0].unwrap(delete_empty=True)


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in ("td", "th")]


def _filled(texts: list[str]) -> list[str]:
    return [text for text in texts if text]


def _has_images(table: LexborNode) -> bool:
    sizes = (pixels(image.attributes.get("width")) for image in table.css("img"))
    return any(size is None or size > _ICON for size in sizes)


def _are_bullets(texts: list[list[str]]) -> bool:
    return all(len(row) == 2 and _BULLET.fullmatch(row[0]) for row in texts)


def _has_head_cells(rows: list[list[LexborNode]]) -> bool:
    heads = [cell for row in rows for cell in row if cell.tag == "th"]
    texts = [html_tree.text_of(head) for head in heads]
    # Foundation for Emails writes its columns as `th`.
    return len(rows) > 1 and len(_filled(texts)) > 1 and max(map(len, texts)) <= _SHORT


def _is_link(cell: LexborNode) -> bool:
    linked = sum(len(html_tree.text_of(link)) for link in cell.css("a"))
    return linked >= len(html_tree.text_of(cell).strip("|· "))


def _are_short(texts: list[list[str]]) -> bool:
    lengths = [len(text) for row in texts for text in row if text]
    return max(lengths) <= _LONGEST and sum(lengths) <= _SHORT * len(lengths)


def _has_border(table: LexborNode) -> bool:
    said = pixels(table.attributes.get("border"))
    return said is not None and said > 0


def _has_layout(table: LexborNode) -> bool:
    """
    Return True if *table* has the attributes that layout tables have.
    """
    names = ("cellpadding", "cellspacing", "width", "align", "bgcolor", "border")
    return any(name in table.attributes for name in names)


def _open(table: LexborNode, edge: LexborNode) -> None:
    # Other layout tables in it are open already; a table of data in it stays.
    kept = {part.mem_id for data in _inner_tables(table) for part in data.css("*")}
    for row in table.css("tr"):
        cells = _cells(row)
        if row.mem_id in kept:
            continue
        if len(cells) == 2 and _is_sign(html_tree.text_of(cells[0])):
            _join(cells)
            cells = [row]
        for node in cells:
            node.insert_before(edge)
            node.insert_after(edge)
    for node in table.css("caption"):
        node.insert_after(edge)
    for node in table.css("td, th, tr, thead, tbody, tfoot, caption, colgroup"):
        if node.mem_id not in kept:
            node.unwrap(delete_empty=True)
    table.insert_before(edge)
    table.insert_after(edge)
    table.unwrap(delete_empty=True)


def _inner_tables(table: LexborNode) -> list[LexborNode]:
    return [inner for inner in table.css("table") if inner.mem_id != table.mem_id]


def _is_sign(text: str) -> bool:
    """
    Return True if *text* is a bullet, a number or an emoji, which belongs to the cell beside it.
    """
    is_emoji = 0 < len(text) <= 3 and not any(sign.isalnum() for sign in text)
    return is_emoji or _BULLET.fullmatch(text) is not None


def _join(cells: list[LexborNode]) -> None:
    """
    Write the bullet in the first of two *cells* and the text beside it as one line.
    """
    for cell in cells:
        for block in cell.css("p, div"):
            block.unwrap(delete_empty=True)
    cells[1].insert_before(" ")

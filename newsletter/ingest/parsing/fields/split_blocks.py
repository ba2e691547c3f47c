"""
Split a tree into blocks: paragraphs, headings, bullets, images, videos and others. `email_safe`
comes before, `layout` after.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import captions, html_tree
from newsletter.ingest.parsing.cleanup.figure_words import caption_markup, credit_in, figure_words
from newsletter.ingest.parsing.cleanup.images import pixels
from newsletter.ingest.parsing.fields import bullets
from newsletter.ingest.parsing.fields.block import Block, BlockKind, image_block
from newsletter.ingest.parsing.fields.bullets import Bullet

_WHOLE = frozenset({"dl", "table", "blockquote", "pre", "hr"})
_LISTS = frozenset({"ul", "ol"})
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_TWO_BREAKS = re.compile(r"<br\s*/?>(?:\s|&nbsp;)*<br\s*/?>", re.IGNORECASE)
_ICON = 48


def blocks_of(body: LexborNode) -> list[Block]:
    """
    Return the blocks of *body* in order, descending into wrappers and leaving out empty ones.
    """
    return list(_joined(_cut(body)))


def _cut(node: LexborNode) -> Iterator[Block]:
    run: list[str] = []
    for child in html_tree.children(node):
        if child.is_comment_node:
            continue
        if child.is_text_node or not _holds_blocks(child):
            run.append(child.html or "")
            continue
        yield from _paragraphs("".join(run))
        run = []
        yield from _of_element(child)
    yield from _paragraphs("".join(run))


def _holds_blocks(node: LexborNode) -> bool:
    return node.tag in html_tree.BLOCKS or any(n.tag in html_tree.BLOCKS for n in node.css("*"))


def _of_element(node: LexborNode) -> Iterator[Block]:
    tag = node.tag or ""
    if tag == "p":
        if "film" in (node.attributes.get("class") or ""):
            yield Block(kind=BlockKind.FILM, markup=node.html or "", text=html_tree.text_of(node))
        else:
            yield from _paragraphs(html_tree.inner(node), _direction(node))
    elif tag in _HEADINGS:
        yield from _heading(node, _HEADINGS[tag])
    elif tag in _LISTS:
        yield from _list(node)
    elif tag == "figure":
        yield from _figure(node)
    elif tag in _WHOLE:
        if tag == "hr" or html_tree.text_of(node) or node.css_first("img") is not None:
            yield Block(kind=BlockKind.OTHER, markup=node.html or "", text=html_tree.text_of(node))
    else:
        yield from _cut(node)


def _direction(node: LexborNode) -> str:
    said = {name: node.attributes.get(name) for name in ("dir", "lang")}
    return "".join(f' {name}="{html.escape(value)}"' for name, value in said.items() if value)


def _heading(node: LexborNode, level: int) -> Iterator[Block]:
    for image in node.css("img"):
        yield image_block(image, "")
        html_tree.remove_inline(image)
    if text := html_tree.text_of(node):
        yield Block(kind=BlockKind.HEADING, markup=html_tree.inner(node), text=text, level=level)


def _list(node: LexborNode) -> Iterator[Block]:
    items = tuple(filter(None, _items(node)))
    if items:
        yield Block(
            kind=BlockKind.BULLETS,
            markup=node.html or "",
            text=html_tree.text_of(node),
            items=items,
        )


def _items(node: LexborNode) -> Iterator[str]:
    """
    Yield the text of each item of the list *node*. Of a typed one, the lines of the lists inside an
    item are items of their own.
    """
    if node.css_first(f"ul.{bullets.TYPED}, ol.{bullets.TYPED}") is None:
        yield from (html_tree.text_of(item) for item in node.iter())
        return
    for item in node.css("li"):
        own = html_tree.body_of(html_tree.inner(item))
        for inner in own.css("ul, ol"):
            inner.decompose()
        yield html_tree.text_of(own)


def _figure(node: LexborNode) -> Iterator[Block]:
    if any(inside.mem_id != node.mem_id for inside in node.css("figure")):
        yield from _cut(node)
        return
    if "film" in (node.attributes.get("class") or ""):
        yield Block(kind=BlockKind.FILM, markup=node.html or "", text=html_tree.text_of(node))
    elif node.css_first("table, blockquote, pre, ul, ol, p, div:not(:has(img))") and not node.css(
        "img"
    ):
        yield from _worded_figure(node)
    else:
        images = node.css("img")
        said = figure_words(node) if credit_in(node) is not None else (None, None)
        under = caption_markup(node)
        if images or html_tree.text_of(node):
            yield image_block(images[0] if images else None, under, said)
        for image in images[1:]:
            yield image_block(image, "")


def _worded_figure(node: LexborNode) -> Iterator[Block]:
    if text := html_tree.text_of(node):
        yield Block(kind=BlockKind.OTHER, markup=node.html or "", text=text)


def _paragraphs(markup: str, direction: str = "") -> Iterator[Block]:
    for piece in _TWO_BREAKS.split(markup):
        body = html_tree.body_of(piece)
        large = [image for image in body.css("img") if not _is_icon(image)]
        if not large:
            yield from _lines(piece, body, direction)
            continue
        yield from _around_images(body, large, direction)


def _is_icon(image: LexborNode) -> bool:
    width = pixels(image.attributes.get("width"))
    return width is not None and width <= _ICON


def _around_images(body: LexborNode, images: list[LexborNode], direction: str) -> Iterator[Block]:
    """
    Yield the images of a paragraph, then its text, which is the caption of the last image if it
    contains a credit.
    """
    text = html_tree.text_of(body)
    is_caption = bool(text) and captions.split_caption(text)[1] is not None
    for image in images[:-1]:
        yield image_block(image, "")
    yield image_block(images[-1], html_tree.shown(text) if is_caption else "")
    for image in images:
        html_tree.remove_inline(image)
    if text and not is_caption:
        yield from _lines(html_tree.inner(body), body, direction)


def _lines(markup: str, body: LexborNode, direction: str) -> Iterator[Block]:
    text = html_tree.text_of(body)
    pieces = [(piece, bullets.bullet_in(piece)) for piece in _BREAK.split(markup)]
    bulleted = sum(bullet is not None for _, bullet in pieces)
    if not text and body.css_first("img") is None:
        return
    if bulleted < min(len(pieces), 2):
        yield Block(
            kind=BlockKind.PARAGRAPH, markup=f"<p{direction}>{_trim(markup)}</p>", text=text
        )
        return
    for piece, bullet in pieces:
        words = html_tree.plain(piece)
        if bullet is not None:
            yield _typed(piece.strip(), bullet, words)
        elif words:
            yield Block(kind=BlockKind.PARAGRAPH, markup=f"<p{direction}>{piece}</p>", text=words)


def _trim(markup: str) -> str:
    return re.sub(r"^(?:\s|<br\s*/?>)+|(?<![\s>])\s+$|(?:<br\s*/?>\s*){1,50}$", "", markup)


def _typed(piece: str, bullet: Bullet, words: str) -> Block:
    return Block(
        kind=BlockKind.BULLETS, markup=piece, text=words, items=(bullet.words,), is_typed=True
    )


def _joined(blocks: Iterator[Block]) -> Iterator[Block]:
    """
    Yield *blocks* with consecutive typed bullets joined to one list.
    """
    run: list[Block] = []
    for block in blocks:
        if block.is_typed:
            run.append(block)
            continue
        yield from _one_list(run)
        run = []
        yield block
    yield from _one_list(run)


def _one_list(run: list[Block]) -> Iterator[Block]:
    if not run:
        return
    if len(run) == 1 and not bullets.is_surely_bullet(run[0].markup):
        yield Block(kind=BlockKind.PARAGRAPH, markup=f"<p>{run[0].markup}</p>", text=run[0].text)
        return
    yield Block(
        kind=BlockKind.BULLETS,
        markup=bullets.list_of([block.markup for block in run]),
        text=" ".join(block.text for block in run),
        items=tuple(item for block in run for item in block.items),
        is_typed=True,
    )

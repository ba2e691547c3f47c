"""
Define a block: `split_blocks` splits a brief into blocks, and `layout` decides which part each of
them is.
"""

from __future__ import annotations

import enum
import html
from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.cleanup import images
from newsletter.ingest.parsing.cleanup.images import BlockImage


class BlockKind(enum.StrEnum):
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    BULLETS = "bullets"
    IMAGE = "image"
    FILM = "film"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Block:
    """
    One block: its markup (for a heading, only the inside) and its text as one line. `items` are
    the items of a list, as text; `is_typed` means that its bullets were typed characters. The text
    of an image is its caption, of which `words` are the caption proper and the credit, if they are
    told apart; `image` is None if its address could not be used.
    """

    kind: BlockKind
    markup: str
    text: str = ""
    items: tuple[str, ...] = ()
    level: int = 0
    is_typed: bool = False
    image: BlockImage | None = None
    words: tuple[str | None, str | None] = (None, None)


def image_block(
    image: LexborNode | None, under: str, words: tuple[str | None, str | None] = (None, None)
) -> Block:
    """
    Return a block for *image* with the markup *under* as its caption; *words* are the caption and
    the credit in it, if its markup tells them apart.
    """
    found = images.image_of(image) if image is not None else None
    text = html_tree.plain(under)
    image_markup = _img(found) if found else ""
    caption_markup = f"<figcaption>{under}</figcaption>" if text else ""
    return Block(
        kind=BlockKind.IMAGE,
        markup=f"<figure>{image_markup}{caption_markup}</figure>",
        text=text,
        image=found,
        words=words,
    )


def _img(image: BlockImage) -> str:
    size = "".join(
        f' {name}="{value}"'
        for name, value in (("width", image.width), ("height", image.height))
        if value
    )
    markup = f'<img src="{html.escape(image.url)}" alt="{html.escape(image.alt)}"{size}>'
    return f'<a href="{html.escape(image.link)}">{markup}</a>' if image.link else markup

"""
A picture of a brief, as it was measured once, and the copy of it that is served.

In a brief stands its address: http(s) where it lies on the web, `cid:NAME` while it still has to be
taken out of what the brief came in, and `media:ID` once it lies here. The `<img>` tags of a brief's
sanitised HTML are parsed and written here too. Pure.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable
from dataclasses import dataclass

CAME_WITH = "cid:"
STORED = "media:"
_PIXEL = 2


@dataclass(frozen=True, kw_only=True)
class Picture:
    """
    A picture by its `id`, of the type `kind`; `width` and `height` in pixels as it is to be seen,
    `weight` in bytes as it came. `is_copied` says that a copy of it is served.
    """

    id: str
    kind: str
    width: int
    height: int
    weight: int
    is_copied: bool = False

    @property
    def is_pixel(self) -> bool:
        """
        Whether it counts readers, or keeps a place: it shows nothing.
        """
        return min(self.width, self.height) <= _PIXEL


@dataclass(frozen=True)
class Copy:
    """
    A picture encoded anew, as it is served.
    """

    kind: str
    content: bytes


def picture_id(raw: bytes) -> str:
    """
    What a picture file is known by: 96 bits of its SHA-256, which nobody guesses who has not got
    the file.
    """
    return hashlib.sha256(raw).hexdigest()[:24]


# As nh3 writes them: every value in double quotes, and no double quote in any.
_IMG = re.compile(r'<img(?:\s+[a-z]+="[^"]*")*\s*/?>')


_ATTRIBUTE = re.compile(r'\s([a-z]+)="([^"]*)"')


# What is left around a picture that was taken out.
_EMPTY = re.compile(r"<(figure|a|p|li)\b[^<>]*>\s*</\1>\n?")


_WRAPPERS = 3


@dataclass(frozen=True, kw_only=True)
class Img:
    """
    One tag; width and height in CSS pixels, where it has them.
    """

    src: str
    alt: str = ""
    width: int | None = None
    height: int | None = None


def images_in(markup: str) -> list[Img]:
    """
    Every picture of *markup*, in order.
    """
    return [_read(found[0]) for found in _IMG.finditer(markup)]


def replace_images(markup: str, made_of: Callable[[Img], Img | None]) -> str:
    """
    *markup* with what *made_of* makes of each picture; those of which it makes None are gone, and
    what stood around nothing else with them.
    """
    is_gone = False

    def written(found: re.Match[str]) -> str:
        nonlocal is_gone
        made = made_of(_read(found[0]))
        is_gone |= made is None
        return _write(made) if made else ""

    replaced = _IMG.sub(written, markup)
    for _ in range(_WRAPPERS if is_gone else 0):
        replaced = _EMPTY.sub("", replaced).strip()
    return replaced


def _read(tag: str) -> Img:
    values = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(tag)}
    return Img(
        src=values.get("src", ""),
        alt=values.get("alt", ""),
        width=_pixels(values.get("width", "")),
        height=_pixels(values.get("height", "")),
    )


def _pixels(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[1-9]\d{0,4}", text) else None


def _write(img: Img) -> str:
    sizes = {"width": img.width, "height": img.height}
    size = "".join(f' {name}="{value}"' for name, value in sizes.items() if value)
    return f'<img src="{html.escape(img.src)}" alt="{html.escape(img.alt)}"{size}>'

"""
Define the images of a brief: their sizes, the copies that are served, and `<img>` tags. Pure.

A brief refers to an image by its address: http(s) if it is on the web, `cid:NAME` while it is still
inside the file that the brief came in, and `media:ID` once it is stored here.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable
from dataclasses import dataclass

CID_PREFIX = "cid:"
MEDIA_PREFIX = "media:"
_PIXEL = 2


@dataclass(frozen=True, kw_only=True)
class ImageInfo:
    """
    An image by its `id`, of type `kind`.

    `width` and `height` are in pixels as displayed, `weight` is the size of the original in bytes.
    `is_copied` means that a copy of it is served.
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
        Return True if it is a tracking pixel or a spacer, which shows nothing.
        """
        return min(self.width, self.height) <= _PIXEL


@dataclass(frozen=True)
class ImageCopy:
    """
    A re-encoded image, as it is served.
    """

    kind: str
    content: bytes


def image_id(raw: bytes) -> str:
    """
    Return the ID of an image file: 96 bits of its SHA-256, which only people who have the file can
    know.
    """
    return hashlib.sha256(raw).hexdigest()[:24]


# As nh3 writes them: every value in double quotes, without a double quote inside.
_IMG = re.compile(r'<img(?:\s+[a-z]+="[^"]*")*\s*/?>')


_ATTRIBUTE = re.compile(r'\s([a-z]+)="([^"]*)"')


# The empty elements left around a removed image.
_EMPTY = re.compile(r"<(figure|a|p|li)\b[^<>]*>\s*</\1>\n?")


_WRAPPERS = 3


@dataclass(frozen=True, kw_only=True)
class Img:
    """
    One tag; width and height in CSS pixels, if it has them.
    """

    src: str
    alt: str = ""
    width: int | None = None
    height: int | None = None


def images_in(markup: str) -> list[Img]:
    """
    Return every image of *markup*, in order.
    """
    return [_read(found[0]) for found in _IMG.finditer(markup)]


def replace_images(markup: str, replace: Callable[[Img], Img | None]) -> str:
    """
    Replace each image of *markup* by what *replace* returns for it.

    Images for which it returns None are removed, along with elements that are empty afterwards.
    """
    is_gone = False

    def written(found: re.Match[str]) -> str:
        nonlocal is_gone
        replacement = replace(_read(found[0]))
        is_gone |= replacement is None
        return _write(replacement) if replacement else ""

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

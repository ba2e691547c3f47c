"""
The `<img>` tags of a brief's sanitised HTML, read and written anew; pure. `illustrate` puts other
addresses into them, `mail.sized` the size at which a mail shows them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

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

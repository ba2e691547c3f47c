"""
The pictures of a brief as a mail shows them: where the file lies, and its width and height in
pixels. `context` hands them to templates; `with_data` makes a page that needs no server.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from newsletter.model.image import Copy, Img, Picture, replace_images

# The column, and what the padding of a text leaves of it.
HERO = 640
IN_TEXT = 576


def sized(img: Img, picture: Picture | None, *, most: int, base_url: str) -> Img:
    """
    *img* at the address and in the size a mail has it: at most *most* pixels wide, never larger
    than its file, in the shape of its file. What is not known of it is not said.
    """
    served = picture is not None and picture.is_copied
    src = media_address(base_url, picture.id) if picture is not None and served else img.src
    if picture is not None:
        own, tall = picture.width, picture.height
    elif img.width:
        own, tall = img.width, img.height or 0
    else:
        return replace(img, src=src, width=None, height=None)
    width = min(img.width or own, own, most)
    height = max(1, round(tall * width / own)) if tall else None
    return replace(img, src=src, width=width, height=height)


def sized_body(body_html: str, pictures: Mapping[str, Picture], *, base_url: str) -> str:
    """
    A brief's *body_html* with its pictures as they fit its column, and without those that only
    count readers.
    """

    def fitted(img: Img) -> Img | None:
        picture = pictures.get(img.src)
        if picture is not None and picture.is_pixel:
            return None
        return sized(img, picture, most=IN_TEXT, base_url=base_url)

    return replace_images(body_html, fitted)


def media_address(base_url: str, picture_id: str) -> str:
    """
    Where the copy of a picture is served.
    """
    return f"{base_url}/media/{picture_id}"


def with_data(html: str, *, base_url: str, load: Callable[[str], Copy | None]) -> str:
    """
    *html* with each served picture that *load* gives in it as a `data:` address.
    """

    def inside(found: re.Match[str]) -> str:
        copy = load(found[1])
        if copy is None:
            return found[0]
        return f"data:{copy.kind};base64,{base64.b64encode(copy.content).decode('ascii')}"

    return re.sub(rf"{re.escape(media_address(base_url, ''))}([0-9a-f]+)", inside, html)

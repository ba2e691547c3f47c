"""
Fit the images of a brief to a mail: the URL of the file, and its width and height in pixels.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from newsletter.model.image import ImageCopy, ImageInfo, Img, replace_images

# The width of the column, and that of text inside its padding.
HERO_WIDTH = 640
TEXT_WIDTH = 576


def fit_image(img: Img, info: ImageInfo | None, *, max_width: int, base_url: str) -> Img:
    """
    Return *img* with the URL and size that it has in a mail.

    It is at most *max_width* pixels wide, never larger than its file, in the file's proportions.
    Unknown sizes are omitted.
    """
    served = info is not None and info.is_copied
    src = media_address(base_url, info.id) if info is not None and served else img.src
    if info is not None:
        file_width, file_height = info.width, info.height
    elif img.width:
        file_width, file_height = img.width, img.height or 0
    else:
        return replace(img, src=src, width=None, height=None)
    width = min(img.width or file_width, file_width, max_width)
    height = max(1, round(file_height * width / file_width)) if file_height else None
    return replace(img, src=src, width=width, height=height)


def fit_images(body_html: str, images: Mapping[str, ImageInfo], *, base_url: str) -> str:
    """
    Fit the images in a brief's *body_html* to its column, and remove tracking pixels.
    """

    def fitted(img: Img) -> Img | None:
        info = images.get(img.src)
        if info is not None and info.is_pixel:
            return None
        return fit_image(img, info, max_width=TEXT_WIDTH, base_url=base_url)

    return replace_images(body_html, fitted)


def media_address(base_url: str, image_id: str) -> str:
    """
    Return the URL that serves the copy of an image.
    """
    return f"{base_url}/media/{image_id}"


def embed_images(html: str, *, base_url: str, load: Callable[[str], ImageCopy | None]) -> str:
    """
    Replace the URL of each served image that *load* returns with a `data:` URL.
    """

    def inside(found: re.Match[str]) -> str:
        copy = load(found[1])
        if copy is None:
            return found[0]
        return f"data:{copy.kind};base64,{base64.b64encode(copy.content).decode('ascii')}"

    return re.sub(rf"{re.escape(media_address(base_url, ''))}([0-9a-f]+)", inside, html)

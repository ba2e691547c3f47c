"""
The bodies of requests and responses about images.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator

from newsletter.model.image import MEDIA_PREFIX, ImageInfo
from newsletter.web.api.body import RequestBody, ResponseBody
from newsletter.web.api.mount import MAX_IMAGE_BYTES

# A white PNG of 160 × 80 pixels.
_WHITE = (
    "iVBORw0KGgoAAAANSUhEUgAAAKAAAABQAQAAAAC2JkOZAAAAG0lEQVR42mP4jwUwjAqOCo4KjgqOCo4K0lcQALcC"
    "Ohsj555UAAAAAElFTkSuQmCC"
)
_LONGEST = (MAX_IMAGE_BYTES + 2) // 3 * 4


class ImageToUpload(RequestBody):
    """
    An image file: JPEG, PNG, GIF or WebP.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"content": _WHITE}
    content: Annotated[str, Field(min_length=1, max_length=_LONGEST)] = Field(
        description=f"The file in Base64, up to {MAX_IMAGE_BYTES // 2**20} MB of it"
    )

    @field_validator("content")
    @classmethod
    def check_content(cls, value: str) -> str:
        """
        Refuse what is not Base64.
        """
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("write the file in Base64, without line breaks") from None
        return value

    def as_bytes(self) -> bytes:
        """
        Return the file.
        """
        return base64.b64decode(self.content)


class ImageBody(ResponseBody):
    """
    An image that is stored here: what a brief calls it, the address at which it is served, and the
    size of what was uploaded, upright.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "image": "media:0123456789abcdef01234567",
        "url": "https://news.example.org/media/0123456789abcdef01234567",
        "width": 1200,
        "height": 800,
    }
    image: str
    url: str
    width: int
    height: int


def image_body(found: ImageInfo, media_url: str) -> ImageBody:
    """
    Return the body of an image. *media_url* begins its URL.
    """
    return ImageBody(
        image=MEDIA_PREFIX + found.id,
        url=media_url + found.id,
        width=found.width,
        height=found.height,
    )

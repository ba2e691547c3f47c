"""
A picture of a brief, as it was measured once, and the copy of it that is served.

In a brief stands its address: http(s) where it lies on the web, `cid:NAME` while it still has to be
taken out of what the brief came in, and `media:ID` once it lies here.
"""

from __future__ import annotations

import hashlib
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

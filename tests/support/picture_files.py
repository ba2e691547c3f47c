"""
Image files made in one line, whole and hostile ones.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image


def picture(
    kind: str = "JPEG", width: int = 1600, height: int = 900, *, mode: str = "RGB", **options: Any
) -> bytes:
    """
    Make an image file of *kind*: circles from black to white.
    """
    made = Image.radial_gradient("L").resize((width, height)).convert(mode)
    return saved(made, kind, **options)


def noise(kind: str = "PNG", width: int = 1600, height: int = 900) -> bytes:
    """
    Make an image file that no codec can shrink.
    """
    return saved(Image.effect_noise((width, height), 90).convert("RGB"), kind)


def on_its_side(width: int = 600, height: int = 200) -> bytes:
    """
    Make a photograph whose EXIF data says to rotate it, and where it was taken.
    """
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "the secret quay"
    return picture("JPEG", width, height, exif=exif)


def moving(frames: int = 3, width: int = 60, height: int = 40) -> bytes:
    """
    Make a GIF with that many different frames.
    """
    made = [Image.new("RGB", (width, height), (80 * n % 256, 0, 0)) for n in range(frames)]
    return saved(made[0], "GIF", save_all=True, append_images=made[1:], duration=50)


def bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """
    Make a PNG of a few bytes that claims to be far larger than any memory.
    """
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(b"\x00"))


def saved(made: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    made.save(out, kind, **options)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    """
    Decode the image in *content*.
    """
    made = Image.open(io.BytesIO(content))
    made.load()
    return made


def _chunk(name: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + check

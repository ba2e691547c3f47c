"""
Measure an image file, or re-encode it for mail: upright, no wider than a mail can use, and without
metadata. It runs in the sandboxed child process, for `illustrator`.
"""

from __future__ import annotations

import base64
import contextlib
import io
import struct
import warnings
from collections.abc import Iterator
from typing import Any

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from newsletter.errors import ReadError
from subscribers.text.phrases import phrase

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
# Twice the column of 640 pixels; as tall as the longest chart anyone would scroll through.
WIDEST = 1280
TALLEST = 4000
MAX_PIXELS = 40_000_000
THUMBNAIL = (160, 120)
AIM_BYTES = 300_000
# An animation may be larger than a photograph, but not much.
MAX_ANIMATED_BYTES = 1_000_000
_QUALITIES = (85, 78, 70, 60)
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
# EXIF 2.3, tag Orientation: from 5 on the image is rotated by 90 degrees.
_ORIENTATION = 0x0112
_ON_ITS_SIDE = 5
_WHITE = (255, 255, 255)


def measure(raw: str) -> dict[str, Any]:
    """
    Return the `kind`, `width` and `height` of the image file *raw* (base64), in pixels and upright.

    Raises:
        ReadError: it is not an image that mail programs can show.
    """
    data = base64.b64decode(raw)
    with _refusals():
        return _measured(_opened(data))


def recode(raw: str) -> dict[str, Any]:
    """
    Measure the image as `measure` does, and add its `copy` (base64) and `copy_kind`: JPEG or PNG,
    or GIF if it is animated.

    Raises:
        ReadError: it is not an image that mail programs can show, is damaged, or is too large.
    """
    data = base64.b64decode(raw)
    with _refusals():
        opened = _opened(data)
        measures = _measured(opened)
        made, kind = _moving(opened, len(data)) or _still(opened)
    return {**measures, "copy": base64.b64encode(made).decode("ascii"), "copy_kind": _TYPES[kind]}


def thumbnail(raw: str) -> dict[str, Any]:
    """
    Measure the image as `measure` does, and add a small `copy` of it (base64), a JPEG.

    Raises:
        ReadError: it is not an image that mail programs can show, is damaged, or is too large.
    """
    data = base64.b64decode(raw)
    with _refusals():
        opened = _opened(data)
        measures = _measured(opened)
        small = ImageOps.exif_transpose(opened).convert("RGBA")
        small.thumbnail(THUMBNAIL)
        page = Image.new("RGB", small.size, _WHITE)
        page.paste(small, mask=small.getchannel("A"))
        out = io.BytesIO()
        page.save(out, "JPEG", quality=_QUALITIES[-1])
    return {**measures, "copy": base64.b64encode(out.getvalue()).decode("ascii")}


def warm_up() -> None:
    """
    Use each codec once to load it, since no file can be opened afterwards.
    """
    # A gradient, so that each codec builds its tables.
    image = Image.radial_gradient("L").convert("RGBA")
    for kind in FORMATS:
        out = io.BytesIO()
        (image.convert("RGB") if kind == "JPEG" else image).save(out, kind)
        recode(base64.b64encode(out.getvalue()).decode("ascii"))
        thumbnail(base64.b64encode(out.getvalue()).decode("ascii"))
    _in_srgb(image.convert("RGB"), ImageCms.ImageCmsProfile(_srgb()).tobytes())


@contextlib.contextmanager
def _refusals() -> Iterator[None]:
    """
    Turn Pillow's exceptions for unusable files into a ReadError.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ReadError(
            phrase("it has over {limit} million pixels", limit=MAX_PIXELS // 10**6)
        ) from error
    except UnidentifiedImageError as error:
        raise ReadError(phrase("it is not a JPEG, PNG, GIF or WebP file")) from error
    # Codecs raise many kinds of exceptions for damaged files.
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, IndexError) as error:
        raise ReadError(phrase("it is damaged or incomplete")) from error


def _opened(data: bytes) -> Image.Image:
    opened = Image.open(io.BytesIO(data), formats=FORMATS)
    if opened.width * opened.height > MAX_PIXELS:
        raise Image.DecompressionBombError
    return opened


def _measured(opened: Image.Image) -> dict[str, Any]:
    width, height = opened.size
    if _is_on_its_side(opened):
        width, height = height, width
    return {"kind": _TYPES[opened.format or ""], "width": width, "height": height}


def _is_on_its_side(opened: Image.Image) -> bool:
    return bool(opened.getexif().get(_ORIENTATION, 1) >= _ON_ITS_SIDE)


def _moving(opened: Image.Image, weight: int) -> tuple[bytes, str] | None:
    """
    Return the animation in *opened*, re-encoded; None if it has none, or one too large for a mail.
    """
    frames = getattr(opened, "n_frames", 1)
    is_light = weight <= MAX_ANIMATED_BYTES and opened.width <= WIDEST
    is_few = frames * opened.width * opened.height <= MAX_PIXELS
    if opened.format != "GIF" or frames == 1 or not (is_light and is_few):
        return None
    out = io.BytesIO()
    opened.info.pop("comment", None)
    opened.save(out, "GIF", save_all=True, optimize=True)
    opened.seek(0)
    return (out.getvalue(), "GIF") if out.tell() <= MAX_ANIMATED_BYTES else None


def _still(opened: Image.Image) -> tuple[bytes, str]:
    is_drawn = opened.format in ("PNG", "GIF")
    # Scale down while decoding; otherwise a photograph of 40 million pixels needs 160 MB.
    opened.draft("RGB", (WIDEST, WIDEST))
    image = _flat(_upright(_shrunk(opened)))
    if is_drawn and len(made := _png(image)) <= AIM_BYTES:
        return made, "PNG"
    for quality in _QUALITIES:
        made = _jpeg(image, quality)
        if len(made) <= AIM_BYTES:
            break
    return made, "JPEG"


def _shrunk(opened: Image.Image) -> Image.Image:
    limits = (TALLEST, WIDEST) if _is_on_its_side(opened) else (WIDEST, TALLEST)
    scale = min(1.0, *(most / size for most, size in zip(limits, opened.size, strict=True)))
    size = tuple(max(1, round(side * scale)) for side in opened.size)
    # A palette image cannot be interpolated, and 16-bit grey is clipped to 8 bits unless scaled.
    if opened.mode in ("P", "1"):
        opened = _with_info(opened.convert("RGBA"), opened)
    elif opened.mode.startswith("I"):
        grey = opened.convert("I").point([value >> 8 for value in range(65536)], "L")
        opened = _with_info(grey, opened)
    if size == opened.size:
        return opened
    return _with_info(
        opened.resize((size[0], size[1]), Image.Resampling.LANCZOS, reducing_gap=2.0), opened
    )


def _with_info(made: Image.Image, of: Image.Image) -> Image.Image:
    made.info = dict(of.info)
    return made


def _upright(image: Image.Image) -> Image.Image:
    return ImageOps.exif_transpose(image)


def _flat(image: Image.Image) -> Image.Image:
    """
    Convert *image* to sRGB, with white for transparent areas: a chart's black letters would be
    invisible on a mail's dark background.
    """
    profile = image.info.get("icc_profile")
    if "transparency" in image.info or image.mode in ("LA", "PA", "La"):
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size, _WHITE)
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    return _in_srgb(image, profile).convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, own, _srgb(), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return turned or image


def _srgb() -> Any:
    return ImageCms.createProfile("sRGB")


def _png(image: Image.Image) -> bytes:
    # Lossless, since there are no more colours than the palette has.
    if image.getcolors(256):
        image = image.quantize(256, dither=Image.Dither.NONE)
    return _saved(image, "PNG", optimize=True)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    return _saved(image, "JPEG", quality=quality, optimize=True, progressive=True)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.info.clear()
    image.save(out, kind, **options)
    return out.getvalue()


Image.MAX_IMAGE_PIXELS = MAX_PIXELS

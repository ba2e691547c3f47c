"""
A Word file converted to HTML by mammoth, after its archive has been checked, for the folder source.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any
from urllib.parse import quote, unquote

from newsletter.errors import ReadError
from newsletter.model.image import CID_PREFIX

MAX_BYTES = 10 * 1024 * 1024
# A brief's largest part unpacks to some 100 KB. Two MB of the worst take mammoth five seconds.
MAX_PART_BYTES = 2 * 1024 * 1024
MAX_UNPACKED_BYTES = 4 * 1024 * 1024
MAX_RATIO = 200
MAX_PARTS = 1000
_RATIO_COUNTS_FROM = 256 * 1024
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => h2:fresh
p[style-name='Caption'] => p.caption:fresh
"""
_IMAGE = r"<p>(?P<picture>(?:<a [^<>]*>)?<img [^<>]*/>(?:</a>)?)</p>"
_UNDER_IMAGE = re.compile(_IMAGE + r'\s*<p class="caption">(?P<words>.*?)</p>', re.DOTALL)

PARTS = "word/"
_PARTS_NAMED = re.compile(rf'src="{CID_PREFIX}([^"]*)"')
# How mammoth writes footnotes and endnotes, and the class that `footnotes` recognises.
_NOTES = re.compile(r'<ol>(?=<li id="(?:foot|end)note-)')
_NOTE_LIST = '<ol class="footnotes">'


def html_of_docx(raw: bytes) -> str:
    """
    The text of the Word file *raw* as HTML, the style Title as `<h1>`, a Caption under its
    picture as `<figcaption>`. Pictures are named by their parts: `cid:word/media/image1.png`.

    Raises:
        ReadError: no Word file, one that unpacks to far too much, or mammoth is not installed.
    """
    try:
        import mammoth
    except ImportError as error:
        raise ReadError(
            "Word files need mammoth: run `pip install '.[docx]'` in the checkout, "
            "or save it as HTML"
        ) from error
    try:
        archive = _repacked(raw)
        made = mammoth.convert_to_html(
            archive,
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(_named),
        )
    except ReadError:
        raise
    # zipfile, expat and mammoth fail in many ways on a damaged file (KeyError, ValueError, ...).
    except Exception as error:
        raise ReadError("this is no Word file that can be read: save it as .docx again") from error
    return _NOTES.sub(_NOTE_LIST, _UNDER_IMAGE.sub(_figure, str(made.value)))


def images_named(html: str) -> tuple[str, ...]:
    """
    The parts of the pictures in what `html_of_docx` gave.
    """
    parts = (unquote(found) for found in _PARTS_NAMED.findall(html))
    return tuple(dict.fromkeys(part for part in parts if part.startswith(PARTS)))


def image_of_docx(raw: bytes, part: str) -> bytes:
    """
    The bytes of the picture in the *part* of the Word file *raw*.

    Raises:
        ReadError: there is no such part, or it unpacks to more than any picture.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open(part) as file:
            content = file.read(MAX_BYTES + 1)
    # As above: zipfile fails in many ways.
    except Exception as error:
        raise ReadError("it cannot be taken out of the Word file") from error
    if len(content) > MAX_BYTES:
        raise ReadError(f"it is larger than {MAX_BYTES:,} bytes")
    return content


def _named(image: Any) -> dict[str, str]:
    try:
        with image.open() as file:
            return {"src": CID_PREFIX + quote(file.read().decode())}
    # It is linked and lies elsewhere, or its part is missing.
    except (ValueError, KeyError, OSError):
        return {"src": f"{CID_PREFIX}linked"}


def _figure(found: re.Match[str]) -> str:
    return f"<figure>{found['picture']}<figcaption>{found['words']}</figcaption></figure>"


def _repacked(raw: bytes) -> io.BytesIO:
    """
    The XML parts of *raw* in a new archive; what else there is in it holds its own name, which
    `_named` reads. A part's size in the directory may be a lie, and
    mammoth would unpack it in one go, so each is unpacked here first, by the piece.
    """
    made = io.BytesIO()
    left = MAX_UNPACKED_BYTES
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, zipfile.ZipFile(made, "w") as kept:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS:
            raise ReadError(f"this Word file has over {MAX_PARTS} parts, which no brief has")
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                content = _unpacked(archive, part, min(left, MAX_PART_BYTES))
                left -= len(content)
                kept.writestr(part.filename, content)
            elif not part.is_dir():
                kept.writestr(part.filename, part.filename.encode())
    made.seek(0)
    return made


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(part) as file:
        content = file.read(most + 1)
    most_packed = max(part.compress_size, 1) * MAX_RATIO
    if len(content) > most or len(content) > max(most_packed, _RATIO_COUNTS_FROM):
        raise ReadError("this Word file unpacks to far more than a brief: it was not opened")
    # Office Open XML forbids document types (ECMA-376 part 2, 9.1.4), and entities come with them.
    if b"<!DOCTYPE" in content.replace(b"\x00", b""):
        raise ReadError("this Word file declares entities: it was not opened")
    return content

"""
Check the archive of a Word file and convert it to HTML with mammoth, for the folder source.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any
from urllib.parse import quote, unquote

from newsletter.errors import ReadError
from newsletter.model.image import CID_PREFIX
from subscribers.text.phrases import phrase

MAX_BYTES = 10 * 1024 * 1024
# The largest part of a brief unpacks to some 100 KB. mammoth takes five seconds for 2 MB of the
# worst kind.
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
_IMAGE = r"<p>(?P<image>(?:<a [^<>]*>)?<img [^<>]*/>(?:</a>)?)</p>"
_UNDER_IMAGE = re.compile(_IMAGE + r'\s*<p class="caption">(?P<words>.*?)</p>', re.DOTALL)

PARTS = "word/"
_PARTS_NAMED = re.compile(rf'src="{CID_PREFIX}([^"]*)"')
# The list mammoth writes for footnotes and endnotes, and the class that `footnotes` recognises.
_NOTES = re.compile(r'<ol>(?=<li id="(?:foot|end)note-)')
_NOTE_LIST = '<ol class="footnotes">'


def html_of_docx(raw: bytes) -> str:
    """
    Convert the Word file *raw* to HTML. The style Title becomes `<h1>`, a Caption under its image
    `<figcaption>`. Images are referred to by their parts: `cid:word/media/image1.png`.

    Raises:
        ReadError: it is not a Word file, unpacks to far too much, or mammoth is not installed.
    """
    try:
        import mammoth
    except ImportError as error:
        raise ReadError(
            phrase(
                "Word files need mammoth: run `pip install '.[docx]'` in the checkout, or "
                "save the file as HTML"
            )
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
        raise ReadError(phrase("the Word file cannot be read: save it as .docx again")) from error
    return _NOTES.sub(_NOTE_LIST, _UNDER_IMAGE.sub(_figure, str(made.value)))


def images_named(html: str) -> tuple[str, ...]:
    """
    Return the parts of the images in the HTML that `html_of_docx` returned.
    """
    parts = (unquote(found) for found in _PARTS_NAMED.findall(html))
    return tuple(dict.fromkeys(part for part in parts if part.startswith(PARTS)))


def image_of_docx(raw: bytes, part: str) -> bytes:
    """
    Return the bytes of the image in the *part* of the Word file *raw*.

    Raises:
        ReadError: there is no such part, or it is too large when unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open(part) as file:
            content = file.read(MAX_BYTES + 1)
    # As above: zipfile fails in many ways.
    except Exception as error:
        raise ReadError(phrase("it cannot be extracted from the Word file")) from error
    if len(content) > MAX_BYTES:
        raise ReadError(phrase("it is larger than {limit:,} bytes", limit=MAX_BYTES))
    return content


def _named(image: Any) -> dict[str, str]:
    try:
        with image.open() as file:
            return {"src": CID_PREFIX + quote(file.read().decode())}
    # The image is linked instead of embedded, or its part is missing.
    except (ValueError, KeyError, OSError):
        return {"src": f"{CID_PREFIX}linked"}


def _figure(found: re.Match[str]) -> str:
    return f"<figure>{found['image']}<figcaption>{found['words']}</figcaption></figure>"


def _repacked(raw: bytes) -> io.BytesIO:
    """
    Copy the XML parts of *raw* to a new archive; every other part contains its own name instead,
    which `_named` reads. The sizes in the directory may be false, and mammoth would unpack a part
    in one go, so each is unpacked here first, up to a limit.
    """
    made = io.BytesIO()
    left = MAX_UNPACKED_BYTES
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, zipfile.ZipFile(made, "w") as kept:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS:
            raise ReadError(
                phrase(
                    "the Word file has over {limit} parts, too many for a brief", limit=MAX_PARTS
                )
            )
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
        raise ReadError(phrase("the Word file is far too large when unpacked: it was not opened"))
    # Office Open XML forbids document types (ECMA-376 part 2, 9.1.4), which could declare entities.
    if b"<!DOCTYPE" in content.replace(b"\x00", b""):
        raise ReadError(phrase("the Word file declares entities: it was not opened"))
    return content

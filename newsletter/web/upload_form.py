"""
Read the body of a form with files (multipart/form-data, RFC 7578).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message

from newsletter.web.typed_form import (
    MOST_FIELDS,
    FormFile,
    TypedForm,
    parse_form,
    require_bounded,
)

MULTIPART = "multipart/form-data"
_MOST_HEAD = 8 * 1024
_PARAMETER = re.compile(r';\s*(name|filename)="([^"]*)"', re.IGNORECASE)
# What browsers write in a name for the characters that would end it.
_ESCAPES = {"%22": '"', "%0D": "\r", "%0A": "\n"}


def parse_body(body: bytes, content_type: str) -> TypedForm:
    """
    Read the body of a form, with files or without. What cannot be read is left out.

    Raises:
        HTTPException: it has too many fields or files.
    """
    if not content_type.lower().startswith(MULTIPART):
        return parse_form(body)
    values: dict[str, list[str]] = {}
    files: dict[str, FormFile] = {}
    for name, file_name, content in _parts(body, _boundary(content_type)):
        if file_name is None:
            text = content.decode("utf-8", "replace").replace("\0", "")
            values.setdefault(name, []).append(text)
        elif file_name or content:
            files[name] = FormFile(name=file_name, content=content)
    return TypedForm(values=values, files=files)


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["Content-Type"] = content_type
    return (message.get_boundary() or "").encode("latin-1", "replace")


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, str | None, bytes]]:
    """
    Yield the name of each field, the name of its file if it is one, and its content.
    """
    if not boundary:
        return
    delimiter = b"\r\n--" + boundary
    found = (b"\r\n" + body).split(delimiter, MOST_FIELDS + 2)
    # The last piece has what is beyond the most, or the two dashes.
    require_bounded(fields=len(found) - 2)
    # What precedes the first boundary is no part, and after the last one come two dashes.
    for part in found[1:]:
        ends = part.find(b"\r\n\r\n", 0, _MOST_HEAD)
        if ends < 0 or part.startswith(b"--"):
            continue
        head, content = part[:ends], part[ends + 4 :]
        named = _names(head.decode("utf-8", "replace"))
        if "name" in named:
            yield named["name"], named.get("filename"), content


def _names(head: str) -> dict[str, str]:
    lines = (line for line in head.split("\r\n") if line.lower().startswith("content-disposition:"))
    found = _PARAMETER.findall(next(lines, ""))
    return {key.lower(): _plain(value) for key, value in found}


def _plain(name: str) -> str:
    for escape, character in _ESCAPES.items():
        name = name.replace(escape, character)
    return name.replace("\0", "")

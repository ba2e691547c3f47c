"""
The file that somebody sent with a form: its name, made safe to store, and its content.
"""

from __future__ import annotations

import io

from newsletter.actions.people.files.uploads import UploadedFile
from newsletter.web.typed_form import TypedForm

PASTED = "pasted.txt"
_NAMELESS = "people.csv"
_MOST_BYTES = 80
_MOST_SUFFIX_BYTES = 10


def uploaded_in(typed: TypedForm) -> UploadedFile | None:
    """
    Return the file of a form, or the text that was pasted into it; None if there is neither.
    """
    sent = typed.files.get("file")
    if sent is not None and sent.content:
        return UploadedFile(name=safe_name(sent.name), content=io.BytesIO(sent.content))
    if pasted := typed.one("pasted").strip():
        return UploadedFile(name=PASTED, content=io.BytesIO(pasted.encode()))
    return None


def safe_name(name: str) -> str:
    """
    Return the name of a file without its folders, without what a file system or a log cannot show,
    and not too long. It says something about the people in it: `unsubscribed.csv`.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(char for char in last if char.isprintable()).strip(" .")
    stem, dot, suffix = shown.rpartition(".")
    if not dot:
        stem, suffix = shown, ""
    stem, suffix = _cut(stem, _MOST_BYTES), _cut(suffix, _MOST_SUFFIX_BYTES)
    return f"{stem}{dot}{suffix}" if stem else _NAMELESS


def _cut(text: str, most_bytes: int) -> str:
    return text.encode("utf-8", "ignore")[:most_bytes].decode("utf-8", "ignore")

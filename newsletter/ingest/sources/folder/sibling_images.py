"""
Find and open the images beside a file of a folder that its content refers to. Files outside the
source's folder are never read, and no symbolic link is followed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from newsletter.errors import ReadError, is_temporary
from subscribers.text.phrases import phrase

MAX_BYTES = 10 * 1024 * 1024
SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp")
_MOST = 50
_LONGEST = 300
_ENDING = re.compile(r"\.(?:jpe?g|png|gif|webp)(?![\w.])", re.IGNORECASE)
# What may precede a name. In quotes, in brackets or after a colon it may contain spaces, elsewhere
# not.
_BEGINNINGS = (re.compile(r"[\s\"'<>()\[\]=]"), re.compile(r"[\"'<>()\n:]"))


def images_named(path: Path, root: Path, content: str) -> tuple[str, ...]:
    """
    Return the image files that the *content* of the file at *path* refers to and that are in
    *root*, by their names as written there, percent-decoded.
    """
    names = dict.fromkeys(_names_in(content))
    return tuple(name for name in names if _inside(path, root, name) is not None)[:_MOST]


def image_of_the_same_name(path: Path, root: Path) -> str | None:
    """
    Return the image beside the file at *path* that has its name: `quay.jpg` for `quay.txt`.
    """
    names = (path.stem + suffix for suffix in SUFFIXES)
    return next((name for name in names if _inside(path, root, name) is not None), None)


def open_beside(path: Path, root: Path, name: str) -> bytes:
    """
    Return the bytes of the image *name* beside the file at *path*.

    Raises:
        ReadError: it is missing, cannot be read, or is too large.
    """
    found = _inside(path, root, name)
    if found is None:
        raise ReadError(phrase("it is not in the folder"))
    try:
        descriptor = os.open(found, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ReadError((error.strerror or str(error)).lower()) from error
    if len(raw) > MAX_BYTES:
        raise ReadError(phrase("it is larger than {limit:,} bytes", limit=MAX_BYTES))
    return raw


def changed_at(path: Path, root: Path, name: str) -> float:
    """
    Return when the image *name* was last modified (Unix seconds); 0 if it is missing.
    """
    found = _inside(path, root, name)
    try:
        return found.lstat().st_mtime if found is not None else 0.0
    except FileNotFoundError:
        return 0.0


def _names_in(content: str) -> Iterator[str]:
    for found in _ENDING.finditer(content):
        before = content[max(0, found.start() - _LONGEST) : found.end()]
        for beginning in _BEGINNINGS:
            name = unquote(beginning.split(before)[-1]).strip()
            if "\x00" not in name and not name.startswith("/"):
                yield name


def _inside(path: Path, root: Path, name: str) -> Path | None:
    """
    Return the regular file *name* beside *path*; None unless it and every folder on its way are in
    *root*.
    """
    root = root.resolve()
    try:
        # A symbolic link resolves to another path than the one written.
        written = Path(os.path.normpath(path.parent.resolve() / name))
        if not written.is_relative_to(root) or written.resolve() != written:
            return None
        return written if stat.S_ISREG(written.lstat().st_mode) else None
    except (OSError, ValueError, RuntimeError) as error:
        if is_temporary(error):
            raise
        return None

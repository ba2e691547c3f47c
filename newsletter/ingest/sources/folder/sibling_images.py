"""
Images beside a file of a folder: which of them its content names, and their bytes. Files outside
the source's folder are never read, and no link is followed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from newsletter.errors import ReadError

MAX_BYTES = 10 * 1024 * 1024
SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".webp")
_MOST = 50
_LONGEST = 300
_ENDING = re.compile(r"\.(?:jpe?g|png|gif|webp)(?![\w.])", re.IGNORECASE)
# Where a name begins: in quotes, brackets or after a colon it may hold spaces, elsewhere not.
_BEGINNINGS = (re.compile(r"[\s\"'<>()\[\]=]"), re.compile(r"[\"'<>()\n:]"))


def images_named(path: Path, root: Path, content: str) -> tuple[str, ...]:
    """
    The names of picture files in the *content* of the file at *path*, as they stand there without
    percent signs, of those that lie in *root*.
    """
    names = dict.fromkeys(_names_in(content))
    return tuple(name for name in names if _inside(path, root, name) is not None)[:_MOST]


def image_of_the_same_name(path: Path, root: Path) -> str | None:
    """
    The picture that lies beside the file at *path* under its name: `quay.jpg` of `quay.txt`.
    """
    names = (path.stem + suffix for suffix in SUFFIXES)
    return next((name for name in names if _inside(path, root, name) is not None), None)


def open_beside(path: Path, root: Path, name: str) -> bytes:
    """
    The bytes of the picture *name* beside the file at *path*.

    Raises:
        ReadError: it is gone, cannot be read, or is larger than any picture of a brief.
    """
    found = _inside(path, root, name)
    if found is None:
        raise ReadError("it is not in the folder")
    try:
        descriptor = os.open(found, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ReadError((error.strerror or str(error)).lower()) from error
    if len(raw) > MAX_BYTES:
        raise ReadError(f"it is larger than {MAX_BYTES:,} bytes")
    return raw


def changed_at(path: Path, root: Path, name: str) -> float:
    """
    When the picture *name* was last written, 0 when it is gone.
    """
    found = _inside(path, root, name)
    try:
        return found.lstat().st_mtime if found is not None else 0.0
    except OSError:
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
    The ordinary file *name* beside *path*, when it and every folder on the way lie in *root*.
    """
    root = root.resolve()
    try:
        # Whatever is a link resolves to another path than the one that was written.
        written = Path(os.path.normpath(path.parent.resolve() / name))
        if not written.is_relative_to(root) or written.resolve() != written:
            return None
        return written if stat.S_ISREG(written.lstat().st_mode) else None
    except (OSError, ValueError, RuntimeError):
        return None

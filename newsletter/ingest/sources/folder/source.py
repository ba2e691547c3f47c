"""
Poll a folder of text, Markdown, HTML and Word files, or read a single such file. `docx` converts
Word files; the sandboxed parser calls it, and parses `.eml` files that are read singly.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from newsletter.errors import ReadError, SourceError
from newsletter.ingest.parsing.formats.encoding import Decoded, decode_html, decode_text
from newsletter.ingest.sources.folder import docx, sibling_images
from newsletter.ingest.sources.sandboxed_parser import SOURCE_MODULES, SandboxedParser
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import MediaType, Poll, RawItem
from subscribers.text.phrases import phrase

MAX_BYTES = 1024 * 1024
_TYPES = {
    ".txt": MediaType.TEXT,
    ".md": MediaType.MARKDOWN,
    ".markdown": MediaType.MARKDOWN,
    ".html": MediaType.HTML,
    ".htm": MediaType.HTML,
    ".docx": MediaType.HTML,
}
_LARGEST = {".docx": docx.MAX_BYTES, ".eml": docx.MAX_BYTES}
_DATED_NAME = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})-")
_WHOLE_PAGE = re.compile(
    r"(?:<\?[^>]*>|<!--(?:(?!-->).)*-->|\s)*<(?:!doctype|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


class FolderSource:
    """
    The files under *location*, oldest first. A file written less than *settle_s* ago may be
    incomplete: the poll waits for it once, and leaves it for the next poll if it was written again.
    *html_of_docx* converts Word files, *image_of_docx* opens the images in them.
    """

    def __init__(
        self,
        name: str,
        location: Path,
        *,
        html_of_docx: Callable[[bytes], str] = docx.html_of_docx,
        image_of_docx: Callable[[bytes, str], bytes] = docx.image_of_docx,
        settle_s: float = 2.0,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self._location = location
        self._html_of_docx = html_of_docx
        self._image_of_docx = image_of_docx
        self._settle_s = settle_s
        self._clock = clock
        self._sleep = sleep

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        Read every file that can be read; the notes list the others.

        Raises:
            SourceError: the folder is missing or cannot be read.
        """
        items: list[tuple[float, RawItem]] = []
        notes: list[str] = []
        is_waiting = False
        files = list(self._files(notes))
        # A subfolder that could not be read may contain any file.
        present = None if notes else frozenset(self._key(path) for path in files)
        self._let_settle(files)
        for path in files:
            key = self._key(path)
            if not _is_text(key):
                notes.append(f"{_shown(key)}: the name is not valid UTF-8; rename the file")
                continue
            try:
                changed = path.lstat().st_mtime
                item = self._settled_item(path, key=key, changed=changed)
                if item is not None:
                    items.append((changed, item))
                else:
                    is_waiting = True
                    notes.append(f"{key}: just written, waiting for the next poll")
            except FileNotFoundError:
                notes.append(f"{key}: deleted while the folder was read")
            except (ReadError, OSError) as error:
                notes.append(f"{key}: {_reason(error)}")
        items.sort(key=lambda pair: (pair[0], pair[1].key))
        read = tuple(item for _, item in items)
        return Poll(
            items=read,
            notes=tuple(notes),
            is_waiting=is_waiting,
            present=present,
            open_image=lambda key, name: self._open_image(self._location / key, name),
        )

    def _settled_item(self, path: Path, *, key: str, changed: float) -> RawItem | None:
        """
        Read the item in the file at *path*; None if it or one of its images is still being written.
        """
        if not self._is_settled(changed):
            return None
        item = _read(path, key=key, root=self._location, html_of_docx=self._html_of_docx)
        written = (sibling_images.changed_at(path, self._location, name) for name in item.images)
        return item if all(map(self._is_settled, written)) else None

    def _open_image(self, path: Path, name: str) -> bytes:
        if _is_in_docx(path, name):
            return self._image_of_docx(_bytes_of(path), name)
        return sibling_images.open_beside(path, self._location, name)

    def _key(self, path: Path) -> str:
        return path.relative_to(self._location).as_posix()

    def _let_settle(self, files: Sequence[Path]) -> None:
        """
        Wait once if any of *files* was just written.
        """
        for path in files:
            with contextlib.suppress(OSError):
                if not self._is_settled(path.lstat().st_mtime):
                    self._sleep(self._settle_s)
                    return

    def _is_settled(self, changed: float) -> bool:
        """
        Return True if a file *changed* at that time is complete. A time well ahead of the clock
        also counts, since it says nothing about when the file was written.
        """
        return abs(self._clock().timestamp() - changed) >= self._settle_s

    def _files(self, notes: list[str]) -> Iterator[Path]:
        """
        Yield the files to read, by name. Symbolic links are left out: they may lead out of the
        folder.
        """

        def note(error: OSError) -> None:
            if Path(str(error.filename)) == self._location:
                raise SourceError(
                    phrase(
                        "{location}: {error}; check the folder of source {name}",
                        location=self._location,
                        error=_reason(error),
                        name=self.name,
                    )
                ) from error
            notes.append(f"{error.filename}: {_reason(error)}")

        for folder, folders, files in os.walk(self._location, onerror=note):
            folders[:] = sorted(name for name in folders if not _is_aside(name))
            for name in sorted(files):
                path = Path(folder, name)
                if path.suffix.lower() in _TYPES and not _is_aside(name) and not path.is_symlink():
                    yield path


def read_file(path: Path, parser: SandboxedParser | None = None) -> RawItem:
    """
    Read the single file at *path*. An unknown suffix is read as text, `.eml` as a mail. Without a
    *parser* a new one is used.

    Raises:
        ReadError: there is no such file, or it contains no text.
    """
    if parser is None:
        with Sandbox(SOURCE_MODULES) as sandbox:
            return read_file(path, SandboxedParser(sandbox))
    try:
        if path.suffix.lower() == ".eml":
            return parser.letter(_bytes_of(path))
        root = path.parent
        return _read(path, key=path.name, root=root, html_of_docx=parser.docx_file)
    except (ReadError, OSError) as error:
        raise ReadError(f"{path}: {_reason(error)}") from error


def open_image(path: Path, name: str, parser: SandboxedParser) -> bytes:
    """
    Return the bytes of the image *name* that belongs to the single file at *path*.

    Raises:
        ReadError: it is missing or cannot be read.
    """
    if path.suffix.lower() == ".eml":
        return parser.mail_image(_bytes_of(path), name)
    if _is_in_docx(path, name):
        return parser.docx_image(_bytes_of(path), name)
    return sibling_images.open_beside(path, path.parent, name)


def _read(path: Path, *, key: str, root: Path, html_of_docx: Callable[[bytes], str]) -> RawItem:
    raw = _bytes_of(path)
    kind = _TYPES.get(path.suffix.lower(), MediaType.TEXT)
    if path.suffix.lower() == ".docx":
        decoded = Decoded(html_of_docx(raw), "utf-8")
    else:
        decoded = decode_html(raw) if kind is MediaType.HTML else decode_text(raw)
    content = decoded.text
    if kind is MediaType.HTML and _WHOLE_PAGE.match(content):
        kind = MediaType.HTML_PAGE
    own = sibling_images.image_of_the_same_name(path, root)
    named = sibling_images.images_named(path, root, content)
    if path.suffix.lower() == ".docx":
        named = docx.images_named(content)
    return RawItem(
        key=key,
        content=content,
        media_type=kind,
        fallback_at=_named_day(path.name),
        fallback_image=None if own in named else own,
        images=tuple(dict.fromkeys([*([own] if own else []), *named])),
        warnings=decoded.warnings,
    )


def _is_in_docx(path: Path, name: str) -> bool:
    return path.suffix.lower() == ".docx" and name.startswith(docx.PARTS)


def _named_day(name: str) -> dt.datetime | None:
    """
    Return noon UTC of the date that *name* starts with, as Jekyll does: the same day in nearly
    every time zone.
    """
    found = _DATED_NAME.match(name)
    if found is None:
        return None
    try:
        day = dt.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return dt.datetime.combine(day, dt.time(12), dt.UTC)


def _bytes_of(path: Path) -> bytes:
    # Reading a pipe could block for ever, and a device may never end.
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise ReadError(phrase("this is a folder; name a file in it"))
    if not stat.S_ISREG(mode):
        raise ReadError(phrase("this is not a regular file"))
    most = _LARGEST.get(path.suffix.lower(), MAX_BYTES)
    with path.open("rb") as file:
        raw = file.read(most + 1)
    if len(raw) > most:
        raise ReadError(
            phrase("larger than {most:,} bytes, which is too large for a brief", most=most)
        )
    return raw


def _is_text(name: str) -> bool:
    """
    Return True if a file name is valid text. Linux allows any bytes, and Python represents invalid
    ones as lone surrogates (PEP 383).
    """
    return _shown(name) == name


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _is_aside(name: str) -> bool:
    """
    Return True if *name* belongs to an editor or the system, or is set aside by the author.
    """
    # Word creates `~$name.docx` beside a document while it is open.
    return name.startswith((".", "~$")) or name.endswith(("~", ".swp")) or name == "_drafts"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)

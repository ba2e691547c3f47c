"""
Read the text files in a ZIP archive, as products pack their exports. Nothing is unpacked to the
disk, and names in the archive are not used as paths.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from subscribers.errors import ImportRefused
from subscribers.import_export.text_file import TextFile, as_text, open_binary
from subscribers.text.phrases import phrase

MAX_FILES = 10_000
# Lists of people become 5 to 50 times smaller in an archive.
_MAX_RATIO = 500
_ANY_RATIO_BYTES = 1_000_000
_SUFFIXES = (".csv", ".tsv", ".txt")
_SPREADSHEETS = {
    "[Content_Types].xml": phrase("an Excel file"),
    "content.xml": phrase("a spreadsheet file"),
}
_IS_ENCRYPTED = 0x1


def is_archive(path: Path) -> bool:
    """
    Return True if the file is a ZIP archive.

    Raises:
        ImportRefused: it cannot be read.
    """
    with open_binary(path) as binary:
        return binary.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def text_files_in(path: Path, *, max_bytes: int) -> list[zipfile.ZipInfo]:
    """
    Return the text files in an archive.

    Raises:
        ImportRefused: there are none, or the archive is one that is not read: a spreadsheet, with a
            password, with archives in it, too large, or damaged.
    """
    with _open(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = {entry.filename for entry in entries}
    if found := [what for name, what in _SPREADSHEETS.items() if name in names]:
        raise ImportRefused(
            phrase("{path}: this is {found}: save the sheet as CSV", path=path, found=found[0])
        )
    if len(entries) > MAX_FILES:
        raise ImportRefused(
            phrase(
                "{path}: more than {limit:,} files: pack only those with people",
                path=path,
                limit=MAX_FILES,
            )
        )
    if any(entry.filename.lower().endswith(".zip") for entry in entries):
        raise ImportRefused(
            phrase("{path}: there is another ZIP archive in it: unpack it first", path=path)
        )
    texts = [entry for entry in entries if _is_text(entry.filename)]
    if not texts:
        raise ImportRefused(
            phrase("{path}: there is no CSV or text file in this archive", path=path)
        )
    if any(entry.flag_bits & _IS_ENCRYPTED for entry in texts):
        raise ImportRefused(
            phrase("{path}: the archive has a password: unpack it first", path=path)
        )
    _require_size(path, texts, max_bytes)
    return texts


def _is_text(name: str) -> bool:
    folders, _, base = name.lower().rpartition("/")
    return base.endswith(_SUFFIXES) and not base.startswith(".") and "__macosx" not in folders


def _require_size(path: Path, texts: list[zipfile.ZipInfo], max_bytes: int) -> None:
    if sum(entry.file_size for entry in texts) > max_bytes:
        raise ImportRefused(
            phrase(
                "{path}: the files in it have more than {max_bytes} MB: split them",
                path=path,
                max_bytes=max_bytes // 1000000,
            )
        )
    for entry in texts:
        is_bomb = entry.file_size > _MAX_RATIO * max(entry.compress_size, 1)
        if is_bomb and entry.file_size > _ANY_RATIO_BYTES:
            raise ImportRefused(
                phrase(
                    "{path}: {filename} unpacks to more than {limit} times its size, which a "
                    "list of people does not",
                    path=path,
                    filename=entry.filename,
                    limit=_MAX_RATIO,
                )
            )


@contextmanager
def open_in_archive(path: Path, entry: zipfile.ZipInfo) -> Iterator[TextFile]:
    """
    Open a text file in an archive.

    Raises:
        ImportRefused: it cannot be read, is empty, or is not text.
    """
    with _open(path) as archive, archive.open(entry.filename) as binary:
        yield as_text(binary, f"{path}: {entry.filename}", entry.file_size)


@contextmanager
def _open(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with open_binary(path) as binary, zipfile.ZipFile(binary) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise ImportRefused(
            phrase("{path}: the archive is damaged: export it again", path=path)
        ) from error
    except NotImplementedError as error:
        raise ImportRefused(
            phrase(
                "{path}: the archive is packed in a way that is not known: unpack it first",
                path=path,
            )
        ) from error

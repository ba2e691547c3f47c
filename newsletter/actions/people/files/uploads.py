"""
Files that came with a request: keep them in the folder of the installation for as long as needed.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from newsletter.app import App
from newsletter.errors import InvalidValue
from subscribers.errors import ImportRefused
from subscribers.text.phrases import Phrase, phrase


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """
    A file with the name that it had where it came from.
    """

    name: str
    content: IO[bytes] = field(repr=False)


def upload_folder(app: App) -> Path:
    """
    Return the folder for files to import and for exports: beside an SQLite database, else beside
    the settings.
    """
    beside = app.database.file.parent if app.database.file else app.settings.folder
    return beside / "imports"


def new_folder(app: App) -> Path:
    """
    Make a folder in that one, which nobody else can read, and return it.
    """
    folder = upload_folder(app) / secrets.token_hex(4)
    folder.mkdir(mode=0o700, parents=True)
    return folder


@contextmanager
def stored_files(app: App, files: Sequence[UploadedFile]) -> Iterator[list[Path]]:
    """
    Store the files in a new folder, and yield their paths. On an exception the folder is removed.

    Raises:
        InvalidValue: two have the same name.
        ImportRefused: what the caller does with them was refused; the message has their names, and
            not where they are on the server.
    """
    folder = new_folder(app)
    try:
        yield [_store(folder, each) for each in files]
    except ImportRefused as error:
        shutil.rmtree(folder)
        raise type(error)(_without_folder(str(error), folder), field=error.field) from error
    except BaseException:
        shutil.rmtree(folder)
        raise


@contextmanager
def temporary_files(app: App, files: Sequence[UploadedFile]) -> Iterator[list[Path]]:
    """
    Store the files in a new folder, and yield their paths. It is removed in the end.
    """
    with stored_files(app, files) as paths:
        yield paths
        shutil.rmtree(paths[0].parent)


def _without_folder(text: str, folder: Path) -> str:
    """
    Return a text about files in *folder* with their names alone. One that can be translated stays
    so.
    """
    if not isinstance(text, Phrase):
        return text.replace(f"{folder}/", "")
    values = {
        name: _without_folder(str(value), folder) if isinstance(value, str | Path) else value
        for name, value in text.values.items()
    }
    return Phrase(text.template, values, text.other, text.number)


def _store(folder: Path, file: UploadedFile) -> Path:
    path = folder / Path(file.name).name
    if path.exists():
        raise InvalidValue(
            phrase("two files are called {path}: give each a name of its own", path=path.name)
        )
    with path.open("xb") as out:
        shutil.copyfileobj(file.content, out)
    return path

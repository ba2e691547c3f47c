"""
Write the files that a command was told to write: whole or not at all, over no other file unless it
is forced, and never over the files of the installation.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import Refused
from newsletter.settings import Settings
from subscribers.new_file import NewFile

# SQLite's log, index of the log and journal, and the marker of the restore guard.
_BESIDE_DATABASE = ("", "-wal", "-shm", "-journal", "-original")


@dataclass(frozen=True, kw_only=True)
class OutputFiles:
    """
    How one command writes files: with `force` it replaces those that exist, but never one of the
    `protected` ones. If `is_private`, only their owner can read them.
    """

    protected: frozenset[Path] = frozenset()
    force: bool = False
    is_private: bool = True

    @contextmanager
    def new_file(self, file: Path, *, continued_as: str = "") -> Iterator[Path]:
        """
        Yield the path of a file to fill, which becomes *file* at the end of the block. It is empty,
        unless an interrupted process left it under the name *continued_as*.

        Raises:
            Refused: *file* exists, is protected, or cannot be written; nothing is left.
        """
        self._require_free(file)
        try:
            new = NewFile(file, is_private=self.is_private, continued_as=continued_as)
            try:
                yield new.path
                new.publish(replace=self.force)
            finally:
                new.discard()
        except FileExistsError as error:
            raise Refused(_taken(file)) from error
        except OSError as error:
            raise Refused(f"cannot write {file}: {error.strerror}") from error

    @contextmanager
    def new_files(self, folder: Path, names: Iterable[str] = ()) -> Iterator[Path]:
        """
        Yield an empty folder to fill, whose files are moved to *folder* at the end of the block.
        The files *names* are checked before.

        Raises:
            Refused: a file exists there, is protected, or cannot be written; nothing is moved.
        """
        for name in names:
            self._require_free(folder / name)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            filled = Path(tempfile.mkdtemp(dir=folder, prefix=".new-"))
        except OSError as error:
            raise Refused(f"cannot write to {folder}: {error.strerror}") from error
        try:
            yield filled
            made = sorted(filled.iterdir())
            for file in made:
                self._require_free(folder / file.name)
            for file in made:
                with self.new_file(folder / file.name) as new:
                    shutil.copyfile(file, new)
        except OSError as error:
            raise Refused(f"cannot write to {folder}: {error.strerror}") from error
        finally:
            shutil.rmtree(filled, ignore_errors=True)

    def _require_free(self, file: Path) -> None:
        if str(file) == "-":
            raise Refused("- is no file, and this is not written to standard output: name a file")
        if self._is_protected(file):
            raise Refused(f"{file} belongs to this installation: choose another name")
        if not file.exists() and not file.is_symlink():
            return
        if not file.is_file():
            raise Refused(f"{file} is not a regular file: choose another name")
        if not self.force:
            raise Refused(_taken(file))

    def _is_protected(self, file: Path) -> bool:
        """
        Return True if *file* is a protected file by any of its names, or by a link to it.
        """
        if file.resolve() in self.protected:
            return True
        existing = (own for own in self.protected if own.exists())
        return file.exists() and any(file.samefile(own) for own in existing)


def output_files(
    settings: Settings, config: Path, *, force: bool, is_private: bool = True
) -> OutputFiles:
    """
    Return how to write files beside the installation of *settings*, which were read from *config*.
    """
    own = [config, *map(settings.path, (settings.site.secret_file, settings.site.departures_file))]
    prefix = "sqlite:///"
    if settings.database_url.startswith(prefix):
        database = settings.database_url.removeprefix(prefix)
        own += [Path(f"{database}{end}") for end in _BESIDE_DATABASE]
    protected = frozenset(path.resolve() for path in own)
    return OutputFiles(protected=protected, force=force, is_private=is_private)


def _taken(file: Path) -> str:
    return f"{file} already exists: choose another name, or add --force to replace it"

"""
Write a file whole or not at all, without replacing another one unasked.
"""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK})


class NewFile:
    """
    A file that is written under another name beside it, at `path`, until it is published as
    *target*. If *is_private*, only its owner can read it. With *continued_as*, a unique name of
    the work, it is the file that an interrupted process began for the same work, if there is one.

    Raises:
        OSError: it cannot be written there.
    """

    def __init__(self, target: Path, *, is_private: bool = True, continued_as: str = "") -> None:
        self._target = target
        name = continued_as or secrets.token_hex(4)
        self.path = target.with_name(f".{target.name[:200]}.{name}.new")
        mode = 0o600 if is_private else 0o666
        is_new = 0 if continued_as else os.O_EXCL
        os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | is_new, mode))

    def publish(self, *, replace: bool = False) -> None:
        """
        Give the file its name. The file that has this name stays, unless *replace* is set.

        Raises:
            FileExistsError: a file has this name; the new one is discarded.
            OSError: the folder cannot be written; the new one is discarded.
        """
        try:
            self._sync()
            if replace:
                self.path.replace(self._target)
            else:
                self._link()
        finally:
            self.discard()

    def discard(self) -> None:
        """
        Delete the file if it was not published.
        """
        self.path.unlink(missing_ok=True)

    def _sync(self) -> None:
        handle = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _link(self) -> None:
        """
        Add the name *target*, which fails if it is taken; a renaming would replace that file.
        """
        try:
            self._target.hardlink_to(self.path)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            if self._target.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
            self.path.replace(self._target)

"""
SQLite's own disk calls, of which one (or some in a row) fail: the library's table of calls is
replaced in this process (https://sqlite.org/vfs.html), so that everything above it, SQLite's own
handling of errors included, is what runs at home.

`eio` and `full` fail a write, `torn` does half of it first, `fsync` fails a sync, `read` a read.
"""

from __future__ import annotations

import _sqlite3
import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Extended result codes: https://sqlite.org/rescode.html
CODES = {"eio": 778, "torn": 778, "full": 13, "fsync": 1034, "read": 266}
WRITE, SYNC, READ = "write", "sync", "read"
CALL_OF = {"eio": WRITE, "torn": WRITE, "full": WRITE, "fsync": SYNC, "read": READ}

_Transfer = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64
)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_Open = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_void_p,
)


class _Methods(ctypes.Structure):
    """
    `sqlite3_io_methods` (https://sqlite.org/c3ref/io_methods.html), as of version 3.
    """

    _fields_ = (
        ("version", ctypes.c_int),
        ("close", ctypes.c_void_p),
        ("read", _Transfer),
        ("write", _Transfer),
        ("truncate", ctypes.c_void_p),
        ("sync", _Sync),
        ("rest", ctypes.c_void_p * 13),
    )


class _File(ctypes.Structure):
    _fields_ = (("methods", ctypes.POINTER(_Methods)),)


class _System(ctypes.Structure):
    """
    `sqlite3_vfs` (https://sqlite.org/c3ref/vfs.html), as far as it is changed here.
    """

    _fields_ = (
        ("version", ctypes.c_int),
        ("file_bytes", ctypes.c_int),
        ("most_path", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", _Open),
    )


@dataclass(kw_only=True)
class FailingDisk:
    """
    From the *at*-th call of its kind on, *times* calls fail; none with `at` 0, which counts only.
    """

    fault: str
    at: int
    times: int = 1
    seen: int = 0

    def __post_init__(self) -> None:
        self._kept: list[Any] = []
        self._changed: dict[int, Any] = {}

    def install(self) -> None:
        """
        Put every file that SQLite opens in this process from now on this disk.
        """
        # By the module that is linked with it: the very library in use, whatever its name.
        find = ctypes.CDLL(_sqlite3.__file__).sqlite3_vfs_find
        find.restype = ctypes.POINTER(_System)
        system = find(None).contents
        opening = _Open(ctypes.cast(system.open, ctypes.c_void_p).value or 0)

        def opened(vfs: int, name: int, file: int, flags: int, given: int) -> int:
            code = int(opening(vfs, name, file, flags, given))
            handle = ctypes.cast(file, ctypes.POINTER(_File)).contents
            if code == 0 and handle.methods:
                handle.methods = ctypes.pointer(self._changed_methods(handle.methods))
            return code

        replaced = _Open(opened)
        self._kept += [opening, replaced]
        system.open = replaced

    def _changed_methods(self, methods: Any) -> _Methods:
        place = ctypes.addressof(methods.contents)
        if place not in self._changed:
            own = _Methods.from_buffer_copy(methods.contents)
            # The originals by their addresses: a field read from `own` would be the new one.
            read, write = (
                _Transfer(_address(one)) for one in (methods.contents.read, methods.contents.write)
            )
            sync = _Sync(_address(methods.contents.sync))
            own.read = _Transfer(lambda *given: self._intercept(READ, read, given))
            own.write = _Transfer(lambda *given: self._intercept(WRITE, write, given))
            own.sync = _Sync(lambda *given: self._intercept(SYNC, sync, given))
            self._changed[place] = own
            self._kept += [read, write, sync, own.read, own.write, own.sync]
        return self._changed[place]

    def _intercept(self, call: str, really: Callable[..., int], given: tuple[Any, ...]) -> int:
        if call != CALL_OF[self.fault]:
            return really(*given)
        self.seen += 1
        if not self.at <= self.seen < self.at + self.times or self.at == 0:
            return really(*given)
        if self.fault == "torn":
            file, data, length, offset = given
            really(file, data, length // 2, offset)
        return CODES[self.fault]


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0

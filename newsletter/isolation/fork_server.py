"""
Start sandboxed children in milliseconds: a fork server has loaded their modules and forks them.

`sandbox` uses it; `fork_server_process` is the code of the server.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from newsletter.errors import SandboxError
from newsletter.isolation.fork_server_process import FORK, REAP, REQUEST
from newsletter.isolation.sandbox_child import read_message

START_S = 60.0
_MAX_REPLY_BYTES = 10_000
_ENDING_S = 2.0


def fork_server_of(modules: Sequence[str]) -> ForkServer:
    """
    Return the only server of this process for *modules*; it lives as long as the process.
    """
    return _shared_server(tuple(modules), os.pathsep.join(path for path in sys.path if path))


@functools.cache
def _shared_server(modules: tuple[str, ...], import_path: str) -> ForkServer:
    return ForkServer(modules, import_path)


class EndedError(Exception):
    """
    Raised when a process has ended: it was stopped after *limit_s* seconds, killed by another
    limit, or crashed. Its exit code is None if nothing can tell it.
    """

    def __init__(self, *, limit_s: float | None, returncode: int | None) -> None:
        super().__init__()
        self.limit_s = limit_s
        self.returncode = returncode


@dataclass(frozen=True)
class Fork:
    """
    A new child: its server, its number, and the pipes to it.
    """

    server: ServerProcess
    pid: int
    requests: IO[bytes]
    results: IO[bytes]


class ForkServer:
    """
    Forks children that have loaded *modules*. Its process starts at the first need, and again after
    it has ended.
    """

    def __init__(self, modules: Sequence[str], import_path: str) -> None:
        self._modules = modules
        self._import_path = import_path
        self._lock = threading.Lock()
        self._process: ServerProcess | None = None

    def start(self) -> None:
        """
        Start the process, if none is running, without waiting until it has loaded the modules.
        """
        self._running()

    def fork(self) -> Fork:
        """
        Fork a child.

        Raises:
            SandboxError: the modules cannot be loaded, or the system starts no process.
            EndedError: the server ended or took too long.
        """
        return self._running().fork()

    def _running(self) -> ServerProcess:
        with self._lock:
            if self._process is None or not self._process.is_alive():
                self._process = ServerProcess(self._modules, self._import_path)
            return self._process


class ServerProcess:
    """
    One process of a fork server, and the socket to it.
    """

    def __init__(self, modules: Sequence[str], import_path: str) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-m", "newsletter.isolation.fork_server_process", *modules],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_bare_environment(import_path),
            )
        self._socket.settimeout(START_S)
        self._replies = self._socket.makefile("rb")
        self._ready = threading.Event()
        # Held while one request is answered.
        self._lock = threading.Lock()
        # A child keeps its number until the server has reaped it. The lock is reentrant because
        # a child may be ended by the garbage collector, at any time.
        self._numbers_lock = threading.RLock()
        self._children: set[int] = set()
        self._to_reap: deque[int] = deque()
        channels = self._replies, self._socket
        self._end = weakref.finalize(self, _end_server, self._process, self._ready, *channels)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def fork(self) -> Fork:
        """
        Fork a child, as `ForkServer.fork` does.
        """
        requests_end, requests = os.pipe()
        results, results_end = os.pipe()
        pipes = os.fdopen(requests, "wb"), os.fdopen(results, "rb")
        try:
            with self._lock:
                self._wait_until_ready()
                while self._to_reap:
                    self._ask(REAP, self._to_reap.popleft())
                pid = self._ask(FORK, 0, [requests_end, results_end])
        except BaseException:
            close_all(*pipes)
            raise
        finally:
            os.close(requests_end)
            os.close(results_end)
        with self._numbers_lock:
            self._children.add(pid)
        return Fork(self, pid, *pipes)

    def kill(self, pid: int) -> None:
        """
        Kill the child unless it was reaped; until then its number belongs to no other process.
        """
        with self._numbers_lock, contextlib.suppress(ProcessLookupError):
            if pid in self._children:
                os.kill(pid, signal.SIGKILL)

    def drop(self, pid: int) -> None:
        """
        Kill the child, and reap it before the next fork.
        """
        if self.is_alive():
            self.kill(pid)
        with self._numbers_lock:
            if pid in self._children:
                self._children.remove(pid)
                self._to_reap.append(pid)

    def reap(self, pid: int) -> int | None:
        """
        Wait for the exit code of a child that is ending; None if this server has ended.
        """
        with self._numbers_lock:
            self._children.discard(pid)
        with contextlib.suppress(EndedError), self._lock:
            return self._ask(REAP, pid)
        return None

    def _wait_until_ready(self) -> None:
        if not self._ready.is_set():
            try:
                self._read_reply()
            except SandboxError:
                self._end()
                raise
            self._ready.set()

    def _ask(self, kind: bytes, pid: int, descriptors: Sequence[int] = ()) -> int:
        with contextlib.suppress(OSError):
            socket.send_fds(self._socket, [REQUEST.pack(kind, pid)], descriptors)
        return self._read_reply()

    def _read_reply(self) -> int:
        """
        Return the number in the next reply.

        Raises:
            SandboxError: the reply is an error.
            EndedError: there is no reply.
        """
        try:
            reply = read_message(self._replies, _MAX_REPLY_BYTES)
        except (OSError, EOFError, ValueError) as error:
            returncode = self._exit_code()
            limit_s = START_S if isinstance(error, TimeoutError) else None
            raise EndedError(limit_s=limit_s, returncode=returncode) from None
        except BaseException:
            # An interrupted request must not leave its reply for the next one.
            self._process.kill()
            raise
        if "error" in reply:
            raise SandboxError(str(reply["error"]))
        return int(reply["ok"])

    def _exit_code(self) -> int:
        # The socket closes slightly before the exit code, which says why, is available.
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout=_ENDING_S)
        self._process.kill()
        return self._process.wait()


def _end_server(
    process: subprocess.Popen[bytes], ready: threading.Event, *channels: socket.socket | IO[bytes]
) -> None:
    close_all(*channels)
    with contextlib.suppress(subprocess.TimeoutExpired):
        # It reaps its children when it sees that the socket is closed, unless it is still loading.
        process.wait(timeout=_ENDING_S if ready.is_set() else 0)
        return
    process.kill()
    process.wait()


def close_all(*channels: socket.socket | IO[bytes]) -> None:
    """
    Close the channels, also those whose other end is gone.
    """
    for channel in channels:
        with contextlib.suppress(OSError):
            channel.close()


def _bare_environment(import_path: str) -> dict[str, str]:
    """
    Return the environment that the modules need, without our secrets. A library must not start
    threads, because a fork copies only one.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONPATH": import_path,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "VECLIB_MAXIMUM_THREADS": "1",
    }

"""
The process that `fork_server` starts, `python -m newsletter.isolation.fork_server_process
MODULE...`. It imports and warms up the modules once and forks a sandboxed child at each request.

It never receives content itself, and it has one thread, because a fork copies no other.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import resource
import signal
import socket
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, NoReturn

from newsletter.isolation.sandbox_child import line_of, serve, write_message

# A request: FORK with the child's ends of its two pipes, or REAP with the number of a child.
REQUEST = struct.Struct(">cQ")
FORK, REAP = b"f", b"r"
# File descriptors stay below this number, so that a child can close all it inherited.
_MAX_FILES = 256
# A child that is ending closes its pipes slightly before its exit code is available.
_ENDING_S = 2.0


def _main(names: Sequence[str]) -> None:
    """
    Answer requests until the main process closes the socket, which is standard input.
    """
    # A terminal and systemd signal the whole group, but only the main process may end a call.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Only the template engine handles these timers.
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_IGN)
    files, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not 0 <= files <= _MAX_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_FILES, most_files))
    main_process = socket.socket(fileno=os.dup(0))
    os.dup2(1, 0)
    modules, result = _import_warm(names)
    gc.collect()
    # The collector would write to every page that the children share.
    gc.freeze()
    children: set[int] = set()
    with contextlib.suppress(OSError):
        _answer_requests(main_process, modules, result, children)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _import_warm(names: Sequence[str]) -> tuple[dict[str, ModuleType], dict[str, Any]]:
    """
    Import and warm up the modules, since files imported later can no longer be opened. In the place
    of one from another package that fails is an empty module whose `import_error` says why.
    """
    modules: dict[str, ModuleType] = {}
    for name in names:
        try:
            modules[name] = importlib.import_module(name)
            getattr(modules[name], "warm_up", lambda: None)()
        except Exception as error:
            if name.startswith("newsletter."):
                return modules, {"error": f"cannot start: {line_of(error)}"}
            modules[name] = sys.modules[name] = ModuleType(name)
            modules[name].__dict__["import_error"] = line_of(error)
    return modules, {"ok": os.getpid()}


def _answer_requests(
    main_process: socket.socket,
    modules: Mapping[str, ModuleType],
    result: Mapping[str, Any],
    children: set[int],
) -> None:
    replies = main_process.makefile("wb")
    write_message(replies, result)
    while True:
        request, descriptors, _, _ = socket.recv_fds(main_process, REQUEST.size, 2)
        if len(request) < REQUEST.size:
            return
        kind, pid = REQUEST.unpack(request)
        if kind == REAP:
            children.remove(pid)
            write_message(replies, {"ok": _exit_code(pid)})
            continue
        try:
            pid = os.fork()
        except OSError as error:
            result = {"error": f"cannot start: {line_of(error)}"}
        else:
            if pid == 0:
                _become_child(modules, *descriptors)
            children.add(pid)
            result = {"ok": pid}
        for descriptor in descriptors:
            os.close(descriptor)
        write_message(replies, result)


def _become_child(modules: Mapping[str, ModuleType], requests: int, results: int) -> NoReturn:
    """
    Serve the two pipes. Standard output and error lead nowhere: code that prints must not write
    between two responses.
    """
    try:
        os.dup2(requests, 0)
        os.dup2(results, 3)
        os.closerange(4, _MAX_FILES)
        serve(modules, os.fdopen(0, "rb"), os.fdopen(3, "wb"))
        os._exit(0)
    finally:
        # Nothing of the process that was copied may run on, such as its handlers at exit.
        os._exit(1)


def _exit_code(pid: int) -> int:
    deadline = time.monotonic() + _ENDING_S
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    _main(sys.argv[1:])
    # Nothing is left to be saved, and freeing the modules one by one takes a while.
    os._exit(0)

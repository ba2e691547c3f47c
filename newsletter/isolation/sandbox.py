"""
A warm child process that cannot open files or sockets and has limited memory and time. It renders
templates, inlines styles and parses other people's content, for `render` and `collect`.

`sandbox_child` is the code of the child, with the messages that the two exchange.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import Any, Self

from newsletter import errors
from newsletter.errors import NewsletterError, SandboxError, SlowTemplate
from newsletter.isolation.sandbox_child import read_message, write_message

_START_S = 60.0
_ENVELOPE_BYTES = 1000


class Sandbox:
    """
    Calls functions of *modules* in one sandboxed child, which is started at the first call and
    again after it had to be killed. Only one thread calls at a time.

    Each call has a limit on CPU time (`cpu_s`) and on wall-clock time (`wall_s`). On a busy machine
    a second of CPU time can take ten seconds by the clock, so `wall_s` is only for calls that hang.
    CPU time can go up by chance too: where a virtual machine counts it in ticks, a call is charged
    with the time in which its machine did not run. With *tries*, a call that was stopped is tried
    again in a new child, each time with twice the time; for work that is seldom too slow itself.
    """

    def __init__(
        self,
        modules: Sequence[str],
        *,
        memory_bytes: int = 512 * 2**20,
        cpu_s: float = 5,
        wall_s: float = 60,
        max_output_bytes: int = 8 * 2**20,
        tries: int = 1,
    ) -> None:
        self._modules = tuple(modules)
        self._limits = {
            "memory_bytes": memory_bytes,
            "cpu_s": cpu_s,
            "wall_s": wall_s,
            "max_output_bytes": max_output_bytes,
        }
        self._max_output_bytes = max_output_bytes
        self._wall_s = wall_s
        # How many times the limits on time each try of a call may take.
        self._factors = [2**number for number in range(tries)]
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def call(self, function: str, *arguments: Any) -> Any:
        """
        Call "package.module:function" in the child. *arguments* and the result are JSON values.

        Raises:
            NewsletterError: the function raised it; same class and message.
            SandboxError: a limit was exceeded, the child crashed, or the function failed otherwise.
        """
        with self._lock:
            result = self._ask(function, arguments)
            if result.get("error") == "MemoryError":
                # After running out of memory the child is not safe to use.
                self._end_child()
                place = result.get("message")
                if place:
                    raise SandboxError(f"{place} {self._too_much_memory()}")
                raise SandboxError(self._too_much_memory(), function=function)
        return _value_of(result)

    def close(self) -> None:
        """
        Stop the child. A later call starts a new one.
        """
        with self._lock:
            self._end_child()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, function: str, arguments: Sequence[Any]) -> dict[str, Any]:
        *more, last = self._factors
        for factor in more:
            child = self._ready_child()
            with contextlib.suppress(_ChildEndedError):
                result = child.ask([function, arguments, factor], self._wall_s * factor)
                if result.get("error") != SlowTemplate.__name__:
                    return result
            self._end_child()
        child = self._ready_child()
        try:
            return child.ask([function, arguments, last], self._wall_s * last)
        except _ChildEndedError as ended:
            self._end_child()
            raise SandboxError(self._why(ended, last), function=function) from None

    def _ready_child(self) -> _Child:
        if self._child is not None and self._child.is_alive():
            return self._child
        self._end_child()
        self._child = _Child(self._modules, self._max_output_bytes + _ENVELOPE_BYTES)
        try:
            _value_of(self._child.ask(self._limits, _START_S))
        except _ChildEndedError as ended:
            self._end_child()
            raise SandboxError(f"the sandboxed child process {self._why(ended)}") from None
        except NewsletterError:
            self._end_child()
            raise
        return self._child

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _why(self, ended: _ChildEndedError, factor: int = 1) -> str:
        if ended.is_late:
            return f"took longer than {self._wall_s * factor:g} s and was stopped"
        if ended.returncode == -signal.SIGXCPU:
            cpu_s = self._limits["cpu_s"] * factor
            return f"used more than {cpu_s:g} s of CPU time and was stopped"
        if ended.returncode in (-signal.SIGSEGV, -signal.SIGABRT):
            return f"crashed (signal {-ended.returncode}), perhaps for lack of memory"
        return f"ended early (exit code {ended.returncode})"

    def _too_much_memory(self) -> str:
        return f"needed more than {self._limits['memory_bytes'] // 2**20} MB of memory"


class _ChildEndedError(Exception):
    """
    Raised when the child has ended: it was stopped after too long, killed by a limit, or crashed.
    """

    def __init__(self, *, is_late: bool, returncode: int) -> None:
        super().__init__()
        self.is_late = is_late
        self.returncode = returncode


class _Child:
    """
    The running child and its two pipes. It ends at the latest when this object is deleted.
    """

    def __init__(self, modules: Sequence[str], max_output_bytes: int) -> None:
        self._max_output_bytes = max_output_bytes
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "newsletter.isolation.sandbox_child", *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_bare_environment(),
        )
        self.end = weakref.finalize(self, _end_process, self._process)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: object, wall_s: float) -> dict[str, Any]:
        """
        Send *request* to the child and return its response. Kill the child if it takes longer than
        *wall_s*.
        """
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(wall_s, stop)
        timer.daemon = True
        timer.start()
        try:
            return self._exchange(request)
        except (OSError, EOFError, ValueError):
            returncode = self._exit_code()
            raise _ChildEndedError(is_late=late.is_set(), returncode=returncode) from None
        finally:
            timer.cancel()

    def _exchange(self, request: object) -> dict[str, Any]:
        requests, results = self._process.stdin, self._process.stdout
        if requests is None or results is None:
            raise EOFError
        write_message(requests, request)
        result = read_message(results, self._max_output_bytes)
        if not isinstance(result, dict):
            raise ValueError("the child's response is not an object")
        return result

    def _exit_code(self) -> int:
        # The pipe closes slightly before the exit code, which says why, is available.
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout=2)
        self._process.kill()
        return self._process.wait()


def _end_process(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _bare_environment() -> dict[str, str]:
    """
    Return the environment that the child needs to import the modules, without our secrets.
    """
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }


def _value_of(result: Mapping[str, Any]) -> Any:
    """
    Return the value in the child's response, or raise its error with the class it had in the child.
    """
    if "error" not in result:
        return result.get("ok")
    name, message = str(result["error"]), str(result.get("message", ""))
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, NewsletterError):
        raise kind(message)
    raise SandboxError(f"{name}: {message}")

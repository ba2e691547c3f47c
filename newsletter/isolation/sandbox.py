"""
A warm child process that cannot open files or sockets and has limited memory and time. It renders
templates, inlines styles and parses other people's content, for `render` and `collect`.

`fork_server` starts the child, and `sandbox_child` is what it does.
"""

from __future__ import annotations

import contextlib
import json
import select
import signal
import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import Any, Self

from newsletter import errors
from newsletter.errors import NewsletterError, SandboxError, SlowTemplate
from newsletter.isolation.fork_server import START_S, EndedError, Fork, close_all, fork_server_of
from newsletter.isolation.kept_results import KeptResults
from newsletter.isolation.sandbox_child import read_message, write_message
from subscribers.text.phrases import joined, phrase, unpack_text

_ENVELOPE_BYTES = 1000


class Sandbox:
    """
    Calls functions of *modules* in one sandboxed child, which is started at the first call and
    again after it had to be killed. Only one thread calls at a time. The modules are loaded by a
    fork server, once for all sandboxes of this process that name the same ones.

    A call may take *memory_bytes* in addition to what the loaded modules take.

    Each call has a limit on CPU time (`cpu_s`) and on wall-clock time (`wall_s`). On a busy machine
    a second of CPU time can take ten seconds by the clock, so `wall_s` is only for calls that hang.
    CPU time can go up by chance too: where a virtual machine counts it in ticks, a call is charged
    with the time in which its machine did not run. With *tries*, a call that was stopped is tried
    again in a new child, each time with twice the time; for work that is seldom too slow itself.

    With *kept*, a call whose result is known is not made again. That is only for functions that
    decide by their arguments alone.
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
        kept: KeptResults | None = None,
    ) -> None:
        self._fork_server = fork_server_of(modules)
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
        self._kept = kept
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def call(self, function: str, *arguments: Any) -> Any:
        """
        Call "package.module:function" in the child. *arguments* and the result are JSON values.

        Raises:
            NewsletterError: the function raised it; same class and message.
            SandboxError: a limit was exceeded, the child crashed, or the function failed otherwise.
        """
        call = json.dumps([function, arguments]).encode("ascii")
        known = self._kept.find(call) if self._kept else None
        return _value_of(known or self._answer(function, call))

    def _answer(self, function: str, call: bytes) -> dict[str, Any]:
        with self._lock:
            result = self._ask(function, call)
            if result.get("error") == "MemoryError":
                # After running out of memory the child is not safe to use.
                self._end_child()
                place = result.get("message")
                if place:
                    raise SandboxError(joined(" ", [str(place), self._too_much_memory()]))
                raise SandboxError(self._too_much_memory(), function=function)
        if self._kept:
            self._kept.keep(call, result)
        return result

    def prepare(self) -> None:
        """
        Start to load the modules, without waiting for it; the first call then waits less.
        """
        self._fork_server.start()

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

    def _ask(self, function: str, call: bytes) -> dict[str, Any]:
        *more, last = self._factors
        for factor in more:
            child = self._ready_child()
            with contextlib.suppress(EndedError):
                result = child.ask(_request(call, factor), self._wall_s * factor)
                if result.get("error") != SlowTemplate.__name__:
                    return result
            self._end_child()
        child = self._ready_child()
        try:
            return child.ask(_request(call, last), self._wall_s * last)
        except EndedError as ended:
            self._end_child()
            raise SandboxError(self._why(ended, last), function=function) from None

    def _ready_child(self) -> _Child:
        if self._child is not None and self._child.is_alive():
            return self._child
        self._end_child()
        try:
            fork = self._fork_server.fork()
            self._child = _Child(fork, self._max_output_bytes + _ENVELOPE_BYTES)
            self._child.ask(self._limits, START_S)
        except EndedError as ended:
            self._end_child()
            why = self._why(ended)
            raise SandboxError(phrase("the sandboxed child process {why}", why=why)) from None
        return self._child

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None

    def _why(self, ended: EndedError, factor: int = 1) -> str:
        if ended.limit_s is not None:
            return phrase("took longer than {limit:g} s and was stopped", limit=ended.limit_s)
        if ended.returncode == -signal.SIGXCPU:
            return phrase(
                "used more than {limit:g} s of CPU time and was stopped",
                limit=self._limits["cpu_s"] * factor,
            )
        if ended.returncode in (-signal.SIGSEGV, -signal.SIGABRT):
            return phrase(
                "crashed (signal {signal}), perhaps for lack of memory", signal=-ended.returncode
            )
        if ended.returncode is None:
            return phrase("ended early")
        return phrase("ended early (exit code {code})", code=ended.returncode)

    def _too_much_memory(self) -> str:
        return phrase(
            "needed more than {number} MB of memory", number=self._limits["memory_bytes"] // 2**20
        )


class _Child:
    """
    A child and the pipes to it. It ends at the latest when this object is deleted.
    """

    def __init__(self, fork: Fork, max_output_bytes: int) -> None:
        self._fork = fork
        self._max_output_bytes = max_output_bytes
        self.end = weakref.finalize(self, _end_child, fork)

    def is_alive(self) -> bool:
        """
        Return False if the child has ended, or its server has.
        """
        if not self.end.alive:
            return False
        poll = select.poll()
        poll.register(self._fork.results, 0)
        return self._fork.server.is_alive() and not poll.poll(0)

    def ask(self, request: object, wall_s: float) -> dict[str, Any]:
        """
        Send *request* to the child and return its response. Kill the child if it takes longer than
        *wall_s*.

        Raises:
            EndedError: it has ended, or its response is not valid.
        """
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._fork.server.kill(self._fork.pid)

        timer = threading.Timer(wall_s, stop)
        timer.daemon = True
        timer.start()
        try:
            return self._exchange(request)
        except (OSError, EOFError, ValueError):
            returncode = self._fork.server.reap(self._fork.pid)
            limit_s = wall_s if late.is_set() else None
            raise EndedError(limit_s=limit_s, returncode=returncode) from None
        except BaseException:
            # An interrupted call must not leave its result for the next one.
            self.end()
            raise
        finally:
            timer.cancel()

    def _exchange(self, request: object) -> dict[str, Any]:
        write_message(self._fork.requests, request)
        result = read_message(self._fork.results, self._max_output_bytes)
        if not isinstance(result, dict):
            raise ValueError("the child's response is not an object")
        return result


def _request(call: bytes, factor: int) -> bytes:
    return call[:-1] + b", %d]" % factor


def _end_child(fork: Fork) -> None:
    fork.server.drop(fork.pid)
    close_all(fork.requests, fork.results)


def _value_of(result: Mapping[str, Any]) -> Any:
    """
    Return the value in the child's response, or raise its error with the class it had in the child.
    """
    if "error" not in result:
        return result.get("ok")
    name, message = str(result["error"]), text_of_child(result.get("message", ""))
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, NewsletterError):
        raise kind(message)
    raise SandboxError(joined(": ", [name, message]))


def text_of_child(packed: Any) -> str:
    """
    Return a text that the child packed, if it did that: what it reads is not trusted.
    """
    try:
        return unpack_text(packed)
    except (AttributeError, LookupError, TypeError, ValueError):
        return " ".join(str(packed).split())

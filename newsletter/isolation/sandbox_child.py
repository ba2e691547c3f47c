"""
The child process that `sandbox` starts, `python -m newsletter.isolation.sandbox_child MODULE...`,
and the messages that the two exchange.

Both sides send JSON over two pipes; each message is preceded by its length in eight bytes.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import resource
import signal
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import IO, Any

from newsletter.errors import NewsletterError

_LENGTH = struct.Struct(">Q")
_LONGEST_LINE = 400
_NO_LIMIT = 2**62
# The share of a limit after which the timers of a call expire, early enough to report where it was.
_MOST_OF_IT = 0.8


def write_message(pipe: IO[bytes], value: object) -> None:
    """
    Write *value* to *pipe*, as JSON unless it is already encoded.
    """
    data = value if isinstance(value, bytes) else json.dumps(value).encode("ascii")
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def read_message(pipe: IO[bytes], max_bytes: int = _NO_LIMIT) -> Any:
    """
    Read the next value from *pipe*.

    Raises:
        EOFError: the other side closed the pipe.
        ValueError: the message is longer than *max_bytes* or is not JSON.
    """
    (length,) = _LENGTH.unpack(_read_exactly(pipe, _LENGTH.size))
    if length > max_bytes:
        raise ValueError(f"a message of {length} bytes is larger than {max_bytes}")
    return json.loads(_read_exactly(pipe, length))


def _read_exactly(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data


def _serve(names: Sequence[str]) -> None:
    """
    Answer requests until the parent closes the pipe.
    """
    # A terminal and systemd signal the whole group, but only the parent may end a call.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Only the template engine handles these timers.
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_IGN)
    results = os.fdopen(os.dup(1), "wb")
    # Code that prints must not write between two responses.
    os.dup2(2, 1)
    requests = sys.stdin.buffer
    limits = read_message(requests)
    modules, result = _import_warm(names)
    if "ok" in result:
        _limit_process(limits["memory_bytes"])
    write_message(results, result)
    while True:
        try:
            function, arguments, factor = read_message(requests)
        except EOFError:
            return
        _raise_cpu_limit(limits["cpu_s"] * factor)
        signal.setitimer(signal.ITIMER_PROF, limits["cpu_s"] * factor * _MOST_OF_IT)
        signal.setitimer(signal.ITIMER_REAL, limits["wall_s"] * factor * _MOST_OF_IT)
        result = _run_function(modules, function, arguments)
        write_message(results, _encoded(result, limits["max_output_bytes"]))


def _import_warm(names: Sequence[str]) -> tuple[dict[str, ModuleType], dict[str, Any]]:
    """
    Import and warm up the modules, since files imported later can no longer be opened.
    """
    modules: dict[str, ModuleType] = {}
    try:
        for name in names:
            modules[name] = importlib.import_module(name)
            getattr(modules[name], "warm_up", lambda: None)()
    except Exception as error:
        return modules, {"error": "SandboxError", "message": f"cannot start: {_line(error)}"}
    return modules, {"ok": None}


def _limit_process(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # 0, 1 and 2 are in use, so from here on no file or socket can be opened.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def _raise_cpu_limit(cpu_s: float) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + cpu_s), most))


def _run_function(
    modules: Mapping[str, ModuleType], function: str, arguments: Sequence[Any]
) -> dict[str, Any]:
    try:
        module, _, name = function.partition(":")
        if module not in modules or name.startswith("_"):
            return {"error": "SandboxError", "message": f"{function} must not be called here"}
        return {"ok": getattr(modules[module], name)(*arguments)}
    except MemoryError as error:
        return {"error": "MemoryError", "message": str(error)[:_LONGEST_LINE]}
    except NewsletterError as error:
        return {"error": type(error).__name__, "message": str(error)}
    except BaseException as error:
        # Including SystemExit: content must not be able to end the child without a response.
        return {"error": "SandboxError", "message": f"{function} failed: {_line(error)}"}


def _encoded(result: Mapping[str, Any], max_bytes: int) -> bytes:
    try:
        data = json.dumps(result).encode("ascii")
    except MemoryError:
        return b'{"error": "MemoryError"}'
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"the result is not JSON: {_line(error)}"
    else:
        if len(data) <= max_bytes:
            return data
        problem = f"the result of {len(data)} bytes is larger than {max_bytes}"
    return json.dumps({"error": "SandboxError", "message": problem}).encode("ascii")


def _line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:_LONGEST_LINE]


if __name__ == "__main__":
    _serve(sys.argv[1:])

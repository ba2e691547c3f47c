"""
What the sandboxed child process does, and the messages that it exchanges with the main process.

Both sides send JSON over two pipes; each message is preceded by its length in eight bytes.
"""

from __future__ import annotations

import json
import math
import resource
import signal
import struct
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from newsletter.errors import NewsletterError
from subscribers.text.phrases import pack_text

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


def serve(modules: Mapping[str, ModuleType], requests: IO[bytes], results: IO[bytes]) -> None:
    """
    Limit this process, and answer requests for functions of *modules* until the other side closes
    the pipe.
    """
    limits = read_message(requests)
    _limit_process(limits["memory_bytes"])
    write_message(results, {"ok": None})
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


def _limit_process(memory_bytes: int) -> None:
    """
    Limit what the calls may use in addition to the modules, which are loaded already.
    """
    most = _address_space() + memory_bytes
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    # 0, 1 and 2 are in use, so from here on no file or socket can be opened.
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


def _address_space() -> int:
    """
    Return the bytes that this process has mapped; 0 where the system does not tell.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


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
        return {"error": type(error).__name__, "message": pack_text(str(error))}
    except BaseException as error:
        # Including SystemExit: content must not be able to end the child without a response.
        return {"error": "SandboxError", "message": f"{function} failed: {line_of(error)}"}


def _encoded(result: Mapping[str, Any], max_bytes: int) -> bytes:
    try:
        data = json.dumps(result).encode("ascii")
    except MemoryError:
        return b'{"error": "MemoryError"}'
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"the result is not JSON: {line_of(error)}"
    else:
        if len(data) <= max_bytes:
            return data
        problem = f"the result of {len(data)} bytes is larger than {max_bytes}"
    return json.dumps({"error": "SandboxError", "message": problem}).encode("ascii")


def line_of(error: BaseException) -> str:
    """
    Return the class and message of *error* as one line.
    """
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:_LONGEST_LINE]

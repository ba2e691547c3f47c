"""
Run a web process, and the crowd that makes requests to it, each in a process of its own.
"""

from __future__ import annotations

import functools
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

# The kind of each, and its bytes as text.
Requests = Sequence[tuple[str, str]]
LONGEST_S = 120.0
LOOK_S = 0.02


@dataclass(kw_only=True)
class Answers:
    """
    What a crowd was answered: how many requests it made, how often each status came, by kind of
    request how long the answers took, and how long all of it lasted.
    """

    made: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    took_s: dict[str, list[float]] = field(default_factory=dict)
    lasted_s: float = 0.0


@contextmanager
def running_web(command: Callable[[int], Sequence[object]]) -> Iterator[int]:
    """
    Run the *command* for a free port until the end of the block, and yield the port once it is
    ready.
    """
    port = free_port()
    with subprocess.Popen([*map(str, command(port))], stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: is_ready(port))
            yield port
        finally:
            process.terminate()
    assert process.returncode == 0, f"the web process ended with {process.returncode}"


@contextmanager
def running_crowd(folder: Path, port: int, requests: Requests, *, rate: float) -> Iterator[Answers]:
    """
    Make *rate* of the *requests* a second, each with its kind, from the beginning of the block to
    its end at most. What is yielded is filled in after that.
    """
    with _crowd(folder, port, requests, rate) as (say, answers):
        yield answers
        say("enough")


def ask_all(folder: Path, port: int, requests: Requests, *, rate: float) -> Answers:
    """
    Make all *requests*, each with its kind, *rate* of them a second.
    """
    with _crowd(folder, port, requests, rate) as (_, answers):
        pass
    return answers


@contextmanager
def _crowd(
    folder: Path, port: int, requests: Requests, rate: float
) -> Iterator[tuple[Callable[[str], None], Answers]]:
    """
    Let the crowd begin, and yield what says a line to it; at the end, wait for its answers.
    """
    file = folder / "requests"
    file.write_text("\n".join(json.dumps(one) for one in requests))
    program = Path(__file__).with_name("crowd.py")
    arguments = [sys.executable, program, str(port), file, str(rate)]
    pipe, answers = subprocess.PIPE, Answers()
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, text=True) as crowd:
        assert crowd.stdin is not None
        assert crowd.stdout is not None
        say = functools.partial(print, file=crowd.stdin, flush=True)
        crowd.stdout.readline()
        began = time.perf_counter()
        say("begin")
        yield say, answers
        found: dict[str, Any] = json.loads(crowd.stdout.readline())
        answers.lasted_s = time.perf_counter() - began
    answers.made, answers.statuses = found["made"], found["statuses"]
    answers.took_s = found["took_s"]


def free_port() -> int:
    """
    Return a port of this machine that nobody listens on.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def is_ready(port: int) -> bool:
    """
    Return True if the web process on *port* says that it is ready.
    """
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def asked(method: str, path: str, body: str = "", *headers: str) -> str:
    """
    Return the bytes of one request, as text.
    """
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "", body])


def wait_for(is_so: Callable[[], bool]) -> None:
    """
    Return once *is_so* is true.
    """
    ends = time.monotonic() + LONGEST_S
    while not is_so():
        assert time.monotonic() < ends, "it took too long"
        time.sleep(LOOK_S)

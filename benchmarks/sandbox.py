"""
`sandbox`: how soon the limited child process answers its first call, and what it takes to read a
page there.
"""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import subprocess
import sys

from benchmarks.measure import RUNS, Row, interleave, seconds_for
from newsletter.errors import SandboxError
from newsletter.ingest.files import FILE_MODULES
from newsletter.ingest.parsing import sandbox_child as parsing
from newsletter.ingest.sources import sandbox_child as sources
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import ReadingRules

NAME = "sandbox"
_PAGE = (
    "<!DOCTYPE html><html><head><title>The ferry stays</title></head><body><nav>"
    "<a href='/'>Home</a></nav><article><h1>The ferry stays</h1>{}</article></body></html>"
)
_PARAGRAPH = (
    "<p>The ferry stays until March, said the mayor, and the toll of <em>{}</em> rises.</p>"
)


def run(*, full: bool = False) -> list[Row]:
    """
    Measure the same at any size.
    """
    return measure()


def measure(*, paragraphs: int = 600, runs: int = RUNS) -> list[Row]:
    """
    Return a row for the first call when nothing is loaded, one for the first call of a new child,
    and one for a page.
    """
    with Sandbox((*FILE_MODULES, "os")) as sandbox:
        return [
            Row(
                name=NAME,
                work="first call, with loading the modules; floor: python -c pass",
                seconds=interleave(runs, ours=lambda: _from_nothing(sandbox), floor=_python),
            ),
            Row(
                name=NAME,
                work="first call of a new child; floor: python -c pass",
                seconds=interleave(runs, ours=lambda: _after_a_crash(sandbox), floor=_python),
            ),
            _page_row(sandbox, paragraphs, runs),
        ]


def _page_row(sandbox: Sandbox, paragraphs: int, runs: int) -> Row:
    page = _PAGE.format("".join(_PARAGRAPH.format(number) for number in range(paragraphs)))
    raw = base64.b64encode(page.encode()).decode("ascii")
    url, rules = "https://example.org/ferry", ReadingRules().as_json()
    arguments = (raw, "text/html; charset=utf-8", url, None)

    def there() -> object:
        item = sandbox.call(f"{sources.__name__}:parse_page", *arguments)
        return sandbox.call(f"{parsing.__name__}:read_many", [item], rules)

    def here() -> object:
        return parsing.read_many([sources.parse_page(*arguments)], rules)

    assert there() == here(), "the child reads another brief"
    seconds = interleave(runs, ours=lambda: seconds_for(there), floor=lambda: seconds_for(here))
    work = f"a page of {len(page) // 1000} KB, read in the child; floor: in this process"
    return Row(name=NAME, work=work, seconds=seconds)


def _from_nothing(sandbox: Sandbox) -> float:
    child = sandbox.call("os:getpid")
    os.kill(sandbox.call("os:getppid"), signal.SIGKILL)

    def until_restarted() -> None:
        while sandbox.call("os:getpid") == child:
            pass

    return seconds_for(until_restarted)


def _after_a_crash(sandbox: Sandbox) -> float:
    with contextlib.suppress(SandboxError):
        sandbox.call("os:abort")
    return seconds_for(lambda: sandbox.call("os:getpid"))


def _python() -> float:
    words = [sys.executable, "-c", "pass"]
    return seconds_for(lambda: subprocess.run(words, check=True, capture_output=True))

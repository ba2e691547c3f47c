"""
Stop a template that takes too long or makes too much text, and name its line, shortly before the
sandbox would kill it without naming one. `isolation.sandbox_child` sets the timers.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, cast

import jinja2
from jinja2.exceptions import SecurityError

from newsletter.mail.templating.environment import PREFIX

# More than ten times what any mail program displays.
_MOST_CHARS = 2_000_000
_TIMERS = (signal.SIGALRM, signal.SIGPROF)


class TooLong(BaseException):
    """
    Rendering has used most of its time; `place` is the line of the template that was running.

    It is not an Exception, because Jinja rewrites the tracebacks of exceptions and fails at a line
    that it does not know.
    """

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


@contextmanager
def stopped_before_limit() -> Iterator[None]:
    """
    Raise TooLong at the running line if a timer of the sandbox expires inside the block.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {timer: signal.signal(timer, _stop) for timer in _TIMERS}
    try:
        yield
    finally:
        for timer, handler in before.items():
            signal.signal(timer, handler)


def render_limited(template: jinja2.Template, context: Mapping[str, Any] | None = None) -> str:
    """
    Render *template*, with the values of *context* beside its globals, and return its text.

    Raises:
        SecurityError: the text is longer than any mail; raised at the template's line.
    """
    chunks: list[str] = []
    chars = 0
    stream = cast("Generator[str]", template.generate(context or {}))
    for chunk in stream:
        chars += len(chunk)
        if chars > _MOST_CHARS:
            stream.throw(SecurityError(f"makes more than {_MOST_CHARS:,} characters"))
        chunks.append(chunk)
    return "".join(chunks)


def _stop(number: int, frame: FrameType | None) -> None:
    while frame is not None and not frame.f_code.co_filename.startswith(PREFIX):
        frame = frame.f_back
    raise TooLong(_line_of(frame) if frame else "")


def _line_of(frame: FrameType) -> str:
    """
    Return file and line of the template that runs in *frame*, the Python code compiled from it.
    """
    known = [line for start, _, line in frame.f_code.co_lines() if start <= frame.f_lasti and line]
    template = frame.f_globals.get("__jinja_template__")
    if template is None or not known:
        return frame.f_code.co_filename
    return f"{frame.f_code.co_filename} line {template.get_corresponding_lineno(known[-1])}"

"""
How a template that takes too long or makes too much is stopped at its line, shortly before the
sandbox would kill it without one. `jinja` renders within it; `sandboxed` sets the timers.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import cast

import jinja2
from jinja2.exceptions import SecurityError

from newsletter.mail.templating.environment import PREFIX

# More than ten times what any mail program shows.
_MOST_CHARS = 2_000_000
_TIMERS = (signal.SIGALRM, signal.SIGPROF)


class TooLong(BaseException):
    """
    What is being rendered has used most of its time; `place` is the template's line that ran. No
    Exception, for Jinja would re-write the traceback of one, and fails at a line it does not know.
    """

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


@contextmanager
def before_the_limit() -> Iterator[None]:
    """
    Nothing; in here a timer of the sandbox that runs out raises TooLong at the line that runs.
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


def rendered_within(template: jinja2.Template) -> str:
    """
    What *template* gives.

    Raises:
        SecurityError: at its line, that it is more than any mail.
    """
    pieces: list[str] = []
    chars = 0
    stream = cast("Generator[str]", template.generate())
    for piece in stream:
        chars += len(piece)
        if chars > _MOST_CHARS:
            stream.throw(SecurityError(f"makes more than {_MOST_CHARS:,} characters"))
        pieces.append(piece)
    return "".join(pieces)


def _stop(number: int, frame: FrameType | None) -> None:
    while frame is not None and not frame.f_code.co_filename.startswith(PREFIX):
        frame = frame.f_back
    raise TooLong(_line_of(frame) if frame else "")


def _line_of(frame: FrameType) -> str:
    """
    File and line of the template that runs in *frame*, which is Python made of it.
    """
    known = [line for start, _, line in frame.f_code.co_lines() if start <= frame.f_lasti and line]
    template = frame.f_globals.get("__jinja_template__")
    if template is None or not known:
        return frame.f_code.co_filename
    return f"{frame.f_code.co_filename} line {template.get_corresponding_lineno(known[-1])}"

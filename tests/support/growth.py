"""
Measure how the work of a call grows with its text, in CPU time, compared with a call that is known
to be quadratic on the same machine at the same time.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from functools import cache

SMALL, MIDDLE, LARGE = 4096, 8192, 16384
# Linear work grows four times from SMALL to LARGE, quadratic work sixteen times.
_QUADRATIC = 8.0
# Calls that cost less than this share of the known quadratic one are not worth a second look.
_NOTICED = 1 / 200
# CPU time is counted in steps of milliseconds, so calls are repeated until they cost this share.
_MEASURED = 1 / 8
# A call that costs this many times the known quadratic one is stopped.
_FAR_TOO_MUCH = 2.0

Call = Callable[[str], object]


class _OutOfTime(BaseException):
    pass


def is_quadratic(call: Call, small: str, middle: str, large: str) -> bool:
    """
    Return whether the work of *call* grows with the square of its text, or faster.
    """
    known_s = _known_quadratic_s()
    try:
        # Four times the share for the large text: what costs less is not quadratic in the end.
        if _is_quick(call, middle, known_s * _NOTICED) or _is_quick(
            call, large, known_s * _NOTICED * 4
        ):
            return False
        if _is_slow_but_linear(call, small, middle):
            return False
        of_small, of_large = (_cost_s(call, text, known_s) for text in (small, large))
    except _OutOfTime:
        return True
    return of_large > max(of_small * _QUADRATIC, known_s * _NOTICED * 4)


@cache
def _known_quadratic_s() -> float:
    call, text = re.compile("a+$").search, "a" * LARGE + "!"
    return min(_cpu_s(call, text) for _ in range(3))


def _is_quick(call: Call, text: str, most_s: float) -> bool:
    """
    Return whether one of three calls takes less than *most_s* by the clock. A busy machine makes
    calls slower, never quicker.
    """
    for _ in range(3):
        start = time.perf_counter()
        _cpu_s(call, text, _known_quadratic_s() * _FAR_TOO_MUCH)
        if time.perf_counter() - start < most_s:
            return True
    return False


def _is_slow_but_linear(call: Call, small: str, middle: str) -> bool:
    """
    Return whether single calls, if they are long enough to be measured, grow as their text does.
    """
    of_small = _cpu_s(call, small, _known_quadratic_s() * _FAR_TOO_MUCH)
    if of_small < _known_quadratic_s() * _NOTICED * 4:
        return False
    return _cpu_s(call, middle, _known_quadratic_s() * _FAR_TOO_MUCH) < of_small * 3


def _cost_s(call: Call, text: str, known_s: float) -> float:
    """
    Return the mean CPU time of a call.
    """
    calls, spent = 0, 0.0
    while spent < known_s * _MEASURED:
        calls += 1
        spent += _cpu_s(call, text, known_s * _FAR_TOO_MUCH)
    return spent / calls


def _cpu_s(call: Call, text: str, most_s: float = 60) -> float:
    """
    Return the CPU time of one call.

    Raises:
        _OutOfTime: it needs more than *most_s*.
    """
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, most_s)
    start = time.process_time()
    try:
        call(text)
        return time.process_time() - start
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _stop(*_: object) -> None:
    raise _OutOfTime

"""
`issue status --watch`: follow an issue that is being sent, live on a terminal and in plain lines
elsewhere, with its rate and the time left. Stopping it does not stop the issue.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from newsletter.model.delivery import HoldReason
from newsletter.model.reason_words import CANARY_CAUSE, CANARY_WORDS

if TYPE_CHECKING:
    from rich.console import RenderableType

LOOK_EVERY_S = 2.0
LINE_EVERY_S = 5.0
# The rate covers the last half minute, so that time before a pause does not count.
WINDOW_S = 30.0
# A sender reconciles uncertain recipients first; after this a person has to decide.
PATIENCE_S = 75.0
# Reconciliation takes a heartbeat and a call; nobody waits hours for it on a terminal.
ANSWERED_IN = dt.timedelta(seconds=20)
LONGEST_WAIT = dt.timedelta(minutes=20)

Status = Mapping[str, Any]


@dataclass
class Throughput:
    """
    Measure how fast recipients were settled in the last half minute.
    """

    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def add(self, done: int, at_s: float) -> None:
        """
        Record that *done* recipients are settled at the reading *at_s* of a monotonic clock.
        """
        self._seen.append((at_s, done))
        while len(self._seen) > 2 and self._seen[1][0] <= at_s - WINDOW_S:
            self._seen.popleft()

    @property
    def per_second(self) -> float:
        """
        Return the recipients a second; 0 while nothing moves, and after a first look.
        """
        (begun_s, first), (ended_s, last) = self._seen[0], self._seen[-1]
        return max(last - first, 0) / (ended_s - begun_s) if ended_s > begun_s else 0.0

    @property
    def is_first_look(self) -> bool:
        return len(self._seen) < 2


def watch_until_done(
    look: Callable[[], Status],
    show: Callable[[Status, Throughput], None],
    *,
    rest: Callable[[float], None] = time.sleep,
    clock_s: Callable[[], float] = time.monotonic,
) -> None:
    """
    Show what *look* returns until nothing more happens without a person: the issue is submitted,
    paused or cancelled, or waits for a decision.
    """
    throughput = Throughput()
    moved_at_s = clock_s()
    while True:
        status, at_s = look(), clock_s()
        throughput.add(answered(status), at_s)
        show(status, throughput)
        if status["state"] not in ("freezing", "sending"):
            return
        if status["pending"] or status["state"] == "freezing" or reconciles_soon(status):
            moved_at_s = at_s
        elif at_s - moved_at_s > PATIENCE_S:
            return
        rest(LOOK_EVERY_S)


def answered(status: Status) -> int:
    """
    Return the number of recipients whose outcome is known.
    """
    return int(status["audience"] - status["pending"] - status["uncertain"])


def line_of(status: Status, throughput: Throughput) -> str:
    """
    Describe where the issue stands, in one line.
    """
    done, audience = answered(status), status["audience"]
    words = [f"issue {status['id']}: {status['state']}, {done:,} of {audience:,}"]
    words += [f"{status[state]:,} {state}" for state in ("rejected", "uncertain") if status[state]]
    return ", ".join([*words, *_rate_words(status, throughput)])


def _rate_words(status: Status, throughput: Throughput) -> list[str]:
    if status["state"] == "sending" and not status["pending"] and reconciles_soon(status):
        return [describe_reconciliation(status)]
    if status["state"] != "sending" or not status["pending"]:
        return []
    if status["stopped"]:
        return ["all sending is stopped"]
    if status["cooldown_until"]:
        return [describe_cooldown(status)]
    rate = throughput.per_second
    if rate:
        return [f"{rate:,.1f} per second", f"{_span(status['pending'] / rate)} left"]
    waits = status["waits"]
    if canary := describe_canary(status):
        return [canary]
    if waits and sum(wait["recipients"] for wait in waits) == status["pending"]:
        until = f"{waiting_word(waits[0])} {waits[0]['until'][:16]}"
        return [describe_time_of_day(waits[0]) or until]
    return [] if throughput.is_first_look else ["no progress yet"]


def waiting_word(wait: Mapping[str, Any], now: dt.datetime | None = None) -> str:
    """
    Say whether the end of a wait is to come. If it has passed, its batches are due, and a sender
    takes them as soon as there is one.
    """
    is_over = dt.datetime.fromisoformat(wait["until"]) <= (now or dt.datetime.now(dt.UTC))
    return "due since" if is_over else "waiting until"


def describe_time_of_day(wait: Mapping[str, Any]) -> str | None:
    """
    Describe until when recipients wait for quiet hours or their time of day, by that clock; None if
    they wait for something else.
    """
    if wait["hold"] != HoldReason.TIME_OF_DAY:
        return None
    timezone = wait["timezone"] or "UTC"
    until = dt.datetime.fromisoformat(wait["until"]).astimezone(ZoneInfo(timezone))
    return f"waiting for {wait['reason']}, until {until:%H:%M} {timezone}"


def describe_canary(status: Status) -> str | None:
    """
    Describe the canary hold; None if there is none.
    """
    until = [
        dt.datetime.fromisoformat(w["until"])
        for w in status["waits"]
        if w["hold"] == HoldReason.CANARY
    ]
    if not until:
        return None
    return f"{CANARY_WORDS} until {min(until):%H:%M} UTC: {CANARY_CAUSE}"


def describe_cooldown(status: Status) -> str:
    """
    Describe until when the provider is not called, because it asked for a pause.
    """
    until = dt.datetime.fromisoformat(status["cooldown_until"])
    return f"waiting until {until:%H:%M:%S} UTC, as {status['current_provider']} asked"


def describe_failed_over(status: Status) -> str | None:
    """
    Describe since when and why the issue goes through its fallback provider; None if it does not.
    """
    if status["failed_over_at"] is None:
        return None
    since = dt.datetime.fromisoformat(status["failed_over_at"])
    name, why = status["fallback_provider"], status["failover_reason"]
    return f"failed over to {name} at {since:%H:%M} UTC: {why}"


def describe_failover(status: Status) -> str | None:
    """
    Describe when the issue fails over; None while its own provider accepts mail.
    """
    if status["failover_at"] is None:
        return None
    at = dt.datetime.fromisoformat(status["failover_at"])
    name, first = status["fallback_provider"], status["provider"]
    return f"fails over to {name} at {at:%H:%M} UTC unless {first} accepts email before then"


def reconciles_soon(status: Status) -> bool:
    """
    Return True if the uncertain recipients are reconciled without a person, and soon enough to wait
    for.
    """
    if not status["uncertain"] or status["reconciles_at"] is None:
        return False
    wait = dt.datetime.fromisoformat(status["reconciles_at"]) - dt.datetime.now(dt.UTC)
    return -ANSWERED_IN < wait < LONGEST_WAIT


def describe_uncertain(status: Status) -> str:
    """
    Describe how many recipients are uncertain, and when their provider is asked.
    """
    who = "recipient is" if status["uncertain"] == 1 else "recipients are"
    return f"{status['uncertain']:,} {who} uncertain, {describe_reconciliation(status)}"


def describe_reconciliation(status: Status) -> str:
    settles = dt.datetime.fromisoformat(status["reconciles_at"])
    return f"to be checked with the provider from {settles:%H:%M:%S} UTC"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


def _wait_words(wait: Mapping[str, Any]) -> str:
    until = f"{waiting_word(wait)} {wait['until'][:16]}: {wait['reason']}"
    return describe_time_of_day(wait) or until


@contextmanager
def live_display() -> Iterator[Callable[[Status, Throughput], None]]:
    """
    Yield a function that shows a status on standard error: in a live panel on a terminal, in lines
    elsewhere.
    """
    if not sys.stderr.isatty():
        yield StatusLines(write=sys.stderr.write)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        yield lambda status, throughput: live.update(panel_of(status, throughput), refresh=True)


@dataclass
class StatusLines:
    """
    Write a line when the state changes, otherwise at most every five seconds, and never repeat one.
    """

    write: Callable[[str], object]
    clock_s: Callable[[], float] = time.monotonic
    _said: str = ""
    _state: str = ""
    _said_at_s: float = float("-inf")

    def __call__(self, status: Status, throughput: Throughput) -> None:
        is_news = status["state"] != self._state
        line = line_of(status, throughput)
        if line == self._said or (not is_news and self.clock_s() - self._said_at_s < LINE_EVERY_S):
            return
        self._said, self._state, self._said_at_s = line, status["state"], self.clock_s()
        self.write(f"{line}\n")


def panel_of(status: Status, throughput: Throughput) -> RenderableType:
    """
    Draw a status for a terminal: a bar, the line, and every count that is not zero.
    """
    from rich.console import Group
    from rich.padding import Padding
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    states = ("accepted", "rejected", "skipped", "cancelled", "uncertain", "pending")
    counts = "   ".join(f"{state} {status[state]:,}" for state in states if status[state])
    waits = [
        Text(f"{wait['recipients']:,} {_wait_words(wait)}", "dim") for wait in status["waits"][:3]
    ]
    return Group(
        Text(line_of(status, throughput), "bold"),
        # `ProgressBar` prints no newline; `Padding` adds it.
        Padding(
            ProgressBar(total=max(status["audience"], 1), completed=answered(status), width=60), 0
        ),
        Text(counts, "red" if status["uncertain"] else ""),
        *waits,
    )

"""
`issue status --watch`: an issue on its way, live on a terminal, in plain lines elsewhere, with the
pace it goes at and the time that is left. It only looks: to stop it stops nothing.
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

from newsletter.model.delivery import HoldReason
from newsletter.model.reason_words import CANARY_CAUSE, CANARY_WORDS

if TYPE_CHECKING:
    from rich.console import RenderableType

LOOK_EVERY_S = 2.0
LINE_EVERY_S = 5.0
# The pace is that of the last half minute: what went before a pause says nothing of now.
WINDOW_S = 30.0
# What is in doubt is asked about by a sender first; after this a person is wanted.
PATIENCE_S = 75.0
# An answer about those in doubt takes a beat and a call; nobody waits hours for it on a terminal.
ANSWERED_IN = dt.timedelta(seconds=20)
LONGEST_WAIT = dt.timedelta(minutes=20)

Status = Mapping[str, Any]


@dataclass
class Throughput:
    """
    How fast recipients get their answer, out of what was seen in the last half minute.
    """

    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def add(self, done: int, at_s: float) -> None:
        """
        *done* recipients have an answer at the reading *at_s* of a clock that never jumps.
        """
        self._seen.append((at_s, done))
        while len(self._seen) > 2 and self._seen[1][0] <= at_s - WINDOW_S:
            self._seen.popleft()

    @property
    def per_second(self) -> float:
        """
        Recipients a second; 0 while nothing moves, and after a first look.
        """
        (begun_s, first), (ended_s, last) = self._seen[0], self._seen[-1]
        return max(last - first, 0) / (ended_s - begun_s) if ended_s > begun_s else 0.0

    @property
    def is_first_look(self) -> bool:
        return len(self._seen) < 2


def watch_until_done(
    look: Callable[[], Status],
    tell: Callable[[Status, Throughput], None],
    *,
    rest: Callable[[float], None] = time.sleep,
    clock_s: Callable[[], float] = time.monotonic,
) -> None:
    """
    Tells what *look* finds until nothing moves by itself any more: the issue is submitted, paused
    or cancelled, or only a person can go on.
    """
    tempo = Throughput()
    moved_at_s = clock_s()
    while True:
        found, at_s = look(), clock_s()
        tempo.add(answered(found), at_s)
        tell(found, tempo)
        if found["state"] not in ("freezing", "sending"):
            return
        if found["pending"] or found["state"] == "freezing" or reconciles_soon(found):
            moved_at_s = at_s
        elif at_s - moved_at_s > PATIENCE_S:
            return
        rest(LOOK_EVERY_S)


def answered(found: Status) -> int:
    """
    How many have an answer; doubt is none.
    """
    return int(found["audience"] - found["pending"] - found["uncertain"])


def line_of(found: Status, tempo: Throughput) -> str:
    """
    Where the issue stands, in one line.
    """
    done, audience = answered(found), found["audience"]
    words = [f"issue {found['id']}: {found['state']}, {done:,} of {audience:,}"]
    words += [f"{found[state]:,} {state}" for state in ("rejected", "uncertain") if found[state]]
    return ", ".join([*words, *_pace_words(found, tempo)])


def _pace_words(found: Status, tempo: Throughput) -> list[str]:
    if found["state"] == "sending" and not found["pending"] and reconciles_soon(found):
        return [describe_reconciliation(found)]
    if found["state"] != "sending" or not found["pending"]:
        return []
    if found["stopped"]:
        return ["everything is stopped"]
    if found["rests_until"]:
        return [describe_cooldown(found)]
    pace = tempo.per_second
    if pace:
        return [f"{pace:,.1f} a second", f"{_span(found['pending'] / pace)} left"]
    waits = found["waits"]
    if alone := describe_canary(found):
        return [alone]
    if waits and sum(wait["recipients"] for wait in waits) == found["pending"]:
        return [f"waits until {waits[0]['until'][:16]}"]
    return [] if tempo.is_first_look else ["nothing moves yet"]


def describe_canary(found: Status) -> str | None:
    """
    Until when the first readers go alone, None when they do not.
    """
    until = [
        dt.datetime.fromisoformat(w["until"])
        for w in found["waits"]
        if w["hold"] == HoldReason.CANARY
    ]
    if not until:
        return None
    return f"{CANARY_WORDS} until {min(until):%H:%M} UTC: {CANARY_CAUSE}"


def describe_cooldown(found: Status) -> str:
    """
    Until when nobody calls the provider, because it asked for it.
    """
    until = dt.datetime.fromisoformat(found["rests_until"])
    return f"resting until {until:%H:%M:%S} UTC, {found['goes_by']} asked for it"


def describe_failed_over(found: Status) -> str | None:
    """
    Since when, and why, the issue goes through its second provider; None where it does not.
    """
    if found["second_since"] is None:
        return None
    since = dt.datetime.fromisoformat(found["second_since"])
    verb = "went on" if found["state"] == "submitted" else "goes on"
    name, why = found["second_provider"], found["second_reason"]
    return f"{verb} through {name} since {since:%H:%M} UTC: {why}"


def describe_failover(found: Status) -> str | None:
    """
    When the issue goes over to its second provider; None while its first takes mail.
    """
    if found["goes_over_at"] is None:
        return None
    at = dt.datetime.fromisoformat(found["goes_over_at"])
    name, first = found["second_provider"], found["provider"]
    return f"goes on through {name} from {at:%H:%M} UTC on, unless {first} takes mail before"


def reconciles_soon(found: Status) -> bool:
    """
    Whether those in doubt will be asked about by themselves, and soon enough to be waited for.
    """
    if not found["uncertain"] or found["settles_at"] is None:
        return False
    wait = dt.datetime.fromisoformat(found["settles_at"]) - dt.datetime.now(dt.UTC)
    return -ANSWERED_IN < wait < LONGEST_WAIT


def describe_uncertain(found: Status) -> str:
    """
    How many are in doubt, and when their provider is asked.
    """
    who = "recipient is" if found["uncertain"] == 1 else "recipients are"
    return f"{found['uncertain']:,} {who} uncertain: {describe_reconciliation(found)}"


def describe_reconciliation(found: Status) -> str:
    settles = dt.datetime.fromisoformat(found["settles_at"])
    return f"asked about from {settles:%H:%M:%S} UTC on"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"


@contextmanager
def live_display() -> Iterator[Callable[[Status, Throughput], None]]:
    """
    Shows each look on standard error: a panel that is drawn anew on a terminal, a line elsewhere.
    """
    if not sys.stderr.isatty():
        yield StatusLines(write=sys.stderr.write)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        yield lambda found, tempo: live.update(panel_of(found, tempo), refresh=True)


@dataclass
class StatusLines:
    """
    A line at a change of state, else at most every five seconds, and never the same twice.
    """

    write: Callable[[str], object]
    clock_s: Callable[[], float] = time.monotonic
    _said: str = ""
    _state: str = ""
    _said_at_s: float = float("-inf")

    def __call__(self, found: Status, tempo: Throughput) -> None:
        is_news = found["state"] != self._state
        line = line_of(found, tempo)
        if line == self._said or (not is_news and self.clock_s() - self._said_at_s < LINE_EVERY_S):
            return
        self._said, self._state, self._said_at_s = line, found["state"], self.clock_s()
        self.write(f"{line}\n")


def panel_of(found: Status, tempo: Throughput) -> RenderableType:
    """
    The same for a terminal: a bar, the line, and every count that is not zero.
    """
    from rich.console import Group
    from rich.padding import Padding
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    states = ("accepted", "rejected", "skipped", "cancelled", "uncertain", "pending")
    counts = "   ".join(f"{state} {found[state]:,}" for state in states if found[state])
    waits = [
        Text(f"{wait['recipients']:,} wait until {wait['until'][:16]}: {wait['reason']}", "dim")
        for wait in found["waits"][:3]
    ]
    return Group(
        Text(line_of(found, tempo), "bold"),
        # A bar alone ends without a line end.
        Padding(
            ProgressBar(total=max(found["audience"], 1), completed=answered(found), width=60), 0
        ),
        Text(counts, "red" if found["uncertain"] else ""),
        *waits,
    )

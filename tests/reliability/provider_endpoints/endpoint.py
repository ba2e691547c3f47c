"""
A provider as the `providers` suite meets it: on a socket of its own, with calls that end as
`shuffled_endings` says. `http_endpoint` and `smtp_endpoint` are the two kinds.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fake_provider import Arrived

from reliability.clock_faults.wrong_clock import WrongClock
from reliability.provider_endpoints.shuffled_endings import Deck


@dataclass(frozen=True, kw_only=True)
class World:
    """
    How a far end is to behave: who is *refused*, for how long it is *slow_s*, by which *seed*, on
    what *clock_file*. *endings* are those dealt, None for all; *every* so many messages over SMTP
    come each of its endings. A call that comes again (a look-up, or a key once more) meets trouble
    *most_times*.
    """

    refused: frozenset[str]
    slow_s: float
    seed: int
    clock_file: Path
    specs: Path | None = None
    endings: Sequence[str] | None = None
    every: int = 200
    most_times: int = 3

    @property
    def clock(self) -> WrongClock:
        return WrongClock(ahead_s=0.0, jumps=(), wrong_for_s=0.0, file=str(self.clock_file))


@dataclass(kw_only=True)
class FarEnd(abc.ABC):
    """
    One provider. `calls` counts what arrived (of SMTP the messages), `a_batch` is how many of them
    a batch makes. `doubtful` counts the people in whatever may have left doubt, `wrong` lists what
    was against its rules.
    """

    world: World
    deck: Deck
    calls: int = 0
    doubtful: int = 0
    a_batch: int = 1

    @abc.abstractmethod
    def arrived(self) -> Sequence[Arrived]:
        """
        Each message it took, as its reader gets it.
        """

    @property
    @abc.abstractmethod
    def wrong(self) -> Sequence[str]: ...

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
from reliability.provider_endpoints.shuffled_endings import ShuffledEndings


@dataclass(frozen=True, kw_only=True)
class EndpointBehaviour:
    """
    How an endpoint behaves: whom it refuses, how long a slow response takes, and whose clock it
    goes by.

    `endings` are those drawn, None for all; over SMTP each comes once in `every` messages. A call
    that comes again (a look-up, or a key once more) ends badly at most `most_times`.
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
class ProviderEndpoint(abc.ABC):
    """
    One provider. `calls` counts what arrived (of SMTP the messages), `messages_per_batch` is how
    many of them a batch makes. `maybe_uncertain` counts the people whose outcome a call may have
    left uncertain, `wrong` lists what was against the provider's rules.
    """

    behaviour: EndpointBehaviour
    endings: ShuffledEndings
    calls: int = 0
    maybe_uncertain: int = 0
    messages_per_batch: int = 1

    @abc.abstractmethod
    def arrived(self) -> Sequence[Arrived]:
        """
        List the messages it took, as their readers get them.
        """

    @property
    @abc.abstractmethod
    def wrong(self) -> Sequence[str]: ...

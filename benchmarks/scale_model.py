"""
How long a large send takes and what limits it, simulated batch by batch with the costs of
`scale_costs`. `python -m benchmarks.scale_tables` prints what `docs/scaling.md` shows.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.scale_costs import COMMITS_A_BATCH, FSYNC_S, Costs

# So many batches are simulated; the rest goes on as their second half did.
MOST_BATCHES = 4_000
# What a call holds of one reader when the content is shared: address, name, two links.
WORDS_BYTES = 500


@dataclass(frozen=True, kw_only=True)
class Sending:
    """
    One issue on its way. `call_s` is how long the provider takes to answer a call, `per_s` how many
    recipients a second it lets in (None: as many as come). Of a mail of `mail_bytes` every reader's
    copy is made and sent whole, or with `shares_content` once a call and a few words each. Each
    worker has a line of its own with `line_bytes_s`; the database server has `server_cores`.
    """

    readers: int
    costs: Costs
    batch: int = 1_000
    workers: int = 1
    lanes: int = 4
    call_s: float = 0.5
    per_s: float | None = None
    mail_bytes: int = 60_000
    shares_content: bool = False
    line_bytes_s: float = 125e6
    server_cores: int = 4


@dataclass(frozen=True, kw_only=True)
class Sent:
    """
    How long it took, and how busy each part was: 1.0 is all the time.
    """

    seconds: float
    readers: int
    busy: Mapping[str, float]

    @property
    def per_s(self) -> float:
        return self.readers / self.seconds

    @property
    def limit(self) -> str:
        """
        The busiest part, which is what to have more of.
        """
        return max(self.busy, key=lambda part: self.busy[part])


def simulate(one: Sending) -> Sent:
    """
    The issue sent: a batch is prepared by its worker and its database, waits for its turn at the
    provider, and its lane is taken until the answer came.
    """
    batches = -(-one.readers // one.batch)
    simulated = min(batches, MOST_BATCHES)
    ends, half = _ends(one, simulated)
    rest = batches - simulated
    seconds = ends + (rest * (ends - half) / (simulated - simulated // 2) if rest else 0.0)
    return Sent(seconds=seconds, readers=one.readers, busy=_busy(one, batches, seconds))


def _ends(one: Sending, batches: int) -> tuple[float, float]:
    """
    When the last batch and the middle one were answered.
    """
    lanes = [(0.0, lane % one.workers) for lane in range(one.workers * one.lanes)]
    cores = [0.0] * one.server_cores
    workers, lines = [0.0] * one.workers, [0.0] * one.workers
    turn = last = half = 0.0
    number = 0
    while number < batches:
        begins, worker = heapq.heappop(lanes)
        if workers[worker] > begins:
            # Its worker is at another lane's batch. Queued again, all things happen in order.
            heapq.heappush(lanes, (workers[worker], worker))
            continue
        number += 1
        served = max(begins + ours_s(one), heapq.heappop(cores)) + _server_s(one)
        heapq.heappush(cores, served)
        workers[worker] = served + COMMITS_A_BATCH * FSYNC_S
        calls = max(workers[worker], turn)
        turn = calls + _turn_s(one) if one.per_s else 0.0
        lines[worker] = max(calls, lines[worker]) + _line_s(one)
        answered = lines[worker] + one.call_s
        last = max(last, answered)
        half = last if number == batches // 2 else half
        heapq.heappush(lanes, (answered, worker))
    return last, half


def _busy(one: Sending, batches: int, seconds: float) -> Mapping[str, float]:
    """
    Each part's work over the time it had.
    """
    held_s = ours_s(one) + _server_s(one) + COMMITS_A_BATCH * FSYNC_S
    work = {
        "the provider's rate": _turn_s(one),
        "lanes": (one.call_s + _line_s(one)) / (one.workers * one.lanes),
        "workers": held_s / one.workers,
        "the database server": _server_s(one) / one.server_cores,
        "the line": _line_s(one) / one.workers,
    }
    return {part: cost * batches / seconds for part, cost in work.items()}


def ours_s(one: Sending) -> float:
    """
    What a batch costs the sending process.
    """
    copying = 0.0 if one.shares_content else one.costs.copy_s_a_reader
    return one.costs.ours_s_a_batch + one.batch * (one.costs.ours_s_a_reader + copying)


def _server_s(one: Sending) -> float:
    return one.costs.server_s_a_batch + one.batch * one.costs.server_s_a_reader


def _turn_s(one: Sending) -> float:
    return one.batch / one.per_s if one.per_s else 0.0


def _line_s(one: Sending) -> float:
    each = WORDS_BYTES if one.shares_content else one.mail_bytes
    once = one.mail_bytes if one.shares_content else 0
    return (once + one.batch * each) / one.line_bytes_s

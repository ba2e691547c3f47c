"""
Simulate how long a large send takes and what limits it, batch by batch, with the costs of
`scale_costs`. `python -m benchmarks.scale_tables` prints what `docs/explanation/scaling.md` shows.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.scale_costs import COMMITS_A_BATCH, FSYNC_S, Costs

# Only so many batches are simulated; the rest is assumed to go on as the second half of them did.
MOST_BATCHES = 4_000
# Bytes per reader in a call that shares the content: address, name, two links.
RECIPIENT_BYTES = 500


@dataclass(frozen=True, kw_only=True)
class Sending:
    """
    Describe a send. `call_s` is how long the provider takes to answer a call, `per_s` its limit in
    recipients a second (None: no limit). A mail of `mail_bytes` is sent as a whole copy for each
    reader, or with `shares_content` once per call and a few bytes per reader. Each worker has its
    own network of `network_bytes_s`; the database server has `server_cores`.
    """

    readers: int
    costs: Costs
    batch: int = 1_000
    workers: int = 1
    connections: int = 4
    call_s: float = 0.5
    per_s: float | None = None
    mail_bytes: int = 60_000
    shares_content: bool = False
    network_bytes_s: float = 125e6
    server_cores: int = 4


@dataclass(frozen=True, kw_only=True)
class Sent:
    """
    Hold how long a send took, and how busy each part was: 1.0 is all the time.
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
        Return the busiest part: the one that limits the send.
        """
        return max(self.busy, key=lambda part: self.busy[part])


def simulate(one: Sending) -> Sent:
    """
    Simulate the send. A batch is prepared by its worker and its database, waits for its slot of the
    rate limiter, and occupies its connection until the answer arrives.
    """
    batches = -(-one.readers // one.batch)
    simulated = min(batches, MOST_BATCHES)
    ends, half = _ends(one, simulated)
    rest = batches - simulated
    seconds = ends + (rest * (ends - half) / (simulated - simulated // 2) if rest else 0.0)
    return Sent(seconds=seconds, readers=one.readers, busy=_busy(one, batches, seconds))


def _ends(one: Sending, batches: int) -> tuple[float, float]:
    """
    Return when the last batch and the middle one were answered.
    """
    connections = [(0.0, no % one.workers) for no in range(one.workers * one.connections)]
    cores = [0.0] * one.server_cores
    workers, networks = [0.0] * one.workers, [0.0] * one.workers
    next_slot = last = half = 0.0
    number = 0
    while number < batches:
        begins, worker = heapq.heappop(connections)
        if workers[worker] > begins:
            # Its worker is busy with another connection's batch: queue it again, to keep the order.
            heapq.heappush(connections, (workers[worker], worker))
            continue
        number += 1
        served = max(begins + ours_s(one), heapq.heappop(cores)) + _server_s(one)
        heapq.heappush(cores, served)
        workers[worker] = served + COMMITS_A_BATCH * FSYNC_S
        calls = max(workers[worker], next_slot)
        next_slot = calls + _slot_s(one) if one.per_s else 0.0
        networks[worker] = max(calls, networks[worker]) + _network_s(one)
        answered = networks[worker] + one.call_s
        last = max(last, answered)
        half = last if number == batches // 2 else half
        heapq.heappush(connections, (answered, worker))
    return last, half


def _busy(one: Sending, batches: int, seconds: float) -> Mapping[str, float]:
    """
    Return each part's work divided by the time it had.
    """
    held_s = ours_s(one) + _server_s(one) + COMMITS_A_BATCH * FSYNC_S
    work = {
        "the provider's rate": _slot_s(one),
        "connections": (one.call_s + _network_s(one)) / (one.workers * one.connections),
        "workers": held_s / one.workers,
        "the database server": _server_s(one) / one.server_cores,
        "the network": _network_s(one) / one.workers,
    }
    return {part: cost * batches / seconds for part, cost in work.items()}


def ours_s(one: Sending) -> float:
    """
    Return the processor time that a batch costs the sending process, in seconds.
    """
    copying = 0.0 if one.shares_content else one.costs.copy_s_a_reader
    return one.costs.ours_s_a_batch + one.batch * (one.costs.ours_s_a_reader + copying)


def _server_s(one: Sending) -> float:
    return one.costs.server_s_a_batch + one.batch * one.costs.server_s_a_reader


def _slot_s(one: Sending) -> float:
    return one.batch / one.per_s if one.per_s else 0.0


def _network_s(one: Sending) -> float:
    each = RECIPIENT_BYTES if one.shares_content else one.mail_bytes
    once = one.mail_bytes if one.shares_content else 0
    return (once + one.batch * each) / one.network_bytes_s

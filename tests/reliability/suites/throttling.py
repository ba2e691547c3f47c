"""
A provider takes fewer calls than it is set up for, for a minute, says so by 429 with Retry-After in
both its forms, and is lifted again; two processes of several connections keep its limit.

Measured at the sink, by its own clock, as each call's request line is read, taken or not: how many
came in the second that began with each of them. On a busy machine calls come late and are seen
late: the longest time for which the sink or a sender was not run is shown with the figures, and a
second is longer by that.
"""

from __future__ import annotations

import json
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from reliability.runs.row import Row, frozen_provider, sender_function, sender_job
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.runs.suite_run import SuiteRun

AHEAD_S = 1_000.0
BATCH = 5
PROCESSES = 2
CONNECTIONS = 4
# What the settings allow, and what the sink takes meanwhile.
FULL, NARROW = 10, 5
# A call on its way while another is refused, and that refusal on its way to the other process.
GRACE_S = 1.0
COOLDOWN_S = 2.0
MOST_OVER = 1.05


@dataclass(frozen=True, kw_only=True)
class Size:
    """
    How long the sink is narrow, and refuses each so-manieth call for `others`; near the rate
    that was refused it climbs by a tenth in `clean_s`, which is a minute outside of trials.
    """

    narrow_s: float = 60.0
    clean_s: float = 60.0
    readers: int = 4_500
    others: int = 25


@dataclass(frozen=True, kw_only=True)
class Calls:
    """
    When calls arrived, and when one was refused.
    """

    at: Sequence[float]
    refused: Sequence[float]
    stall_s: float

    def most_for(self, limit: int) -> float:
        """
        Return the most calls a second may hold: 5 % over the *limit*, or what stalls put together.
        """
        return max(limit * MOST_OVER, 1 + limit * 0.95 * (1 + self.stall_s))

    def most_in_a_second(self, begin: float, end: float) -> int:
        """
        Count the most calls in a second that begins with one of those from *begin* to *end*.
        """
        return max(
            (
                bisect_left(self.at, min(start + 1.0, end)) - place
                for place, start in enumerate(self.at)
                if begin <= start < end
            ),
            default=0,
        )

    def in_cooldowns(self) -> int:
        """
        Count those that came in the cooldown after a refusal, its first second left out.
        """
        grace_s = max(GRACE_S, 5 * self.stall_s)
        return sum(
            max(
                bisect_left(self.at, refused_at + COOLDOWN_S - 0.05)
                - bisect_left(self.at, refused_at + grace_s),
                0,
            )
            for refused_at in self.refused
        )

    def best_per_second(self, begin: float, *, span_s: float) -> float:
        """
        Return the calls a second in the best *span_s* from *begin* on.
        """
        return max(
            (bisect_left(self.at, start + span_s) - place) / span_s
            for place, start in enumerate(self.at)
            if start >= begin
        )


def fill(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int], size: Size) -> None:
    """
    Fill *row*: a run for each seed.
    """
    for seed in seeds:
        run_once(environment, row, seed=seed, size=size)


def run_once(environment: SuiteEnvironment, row: Row, *, seed: int, size: Size) -> None:
    name = f"throttling-{row.sender}-{row.database}-{row.kind}-{seed}"
    says = row.kind == "resend"
    script = {"seed": seed, "delay_s": (0.05, 0.15)}
    narrow = {"per_s": NARROW, "says": says, "others": size.others}
    with environment.fresh_run(
        name,
        database=row.database,
        readers=size.readers,
        script=script | {"limit": narrow},
        frozen_for=frozen_provider(row, BATCH),
    ) as run:
        job = sender_job(run, row.sender, row.kind)
        job |= {"batch": BATCH, "connections": CONNECTIONS, "rate": FULL, "clean_s": size.clean_s}
        senders = [
            environment.forks.start(sender_function(row.sender), job) for _ in range(PROCESSES)
        ]
        time.sleep(size.narrow_s)
        lifted = time.time()
        environment.sink.set_script(name, script | {"limit": {"per_s": FULL, "says": says}})
        ends = [environment.forks.wait(sender) for sender in senders]
        drain = job | {"ahead_s": AHEAD_S, "phases": 4, "reports": True}
        ends.append(environment.forks.run(sender_function(row.sender), drain))
        row.add(f"seed {seed}", run.figures(), most_uncertain=0)
        judge(row, calls_of(run), seed=seed, lifted=lifted, says=says)
        if any(ends):
            row.wrong.append(f"seed {seed}: senders ended with {ends}")


def calls_of(run: SuiteRun) -> Calls:
    lines = [json.loads(line) for line in run.log.with_suffix(".calls").read_text().splitlines()]
    arrivals = sorted((line["at"], line["taken"]) for line in lines)
    stalls = [run.log.with_suffix(".stall"), *run.folder.glob("*.stall")]
    return Calls(
        at=[at for at, _ in arrivals],
        refused=[at for at, taken in arrivals if not taken],
        stall_s=max(float(file.read_text() or 0) for file in stalls if file.exists()),
    )


def judge(row: Row, calls: Calls, *, seed: int, lifted: float, says: bool) -> None:
    """
    Add what the sink saw to *row*: no second over the limit that was advertised, or that the
    settings allow; nobody within a cooldown; and the full rate again once it is lifted.
    """
    # The first calls cannot know what no response has said yet.
    known_from = calls.refused[0] + GRACE_S if calls.refused else lifted
    narrow, whole = (
        calls.most_in_a_second(known_from, lifted),
        calls.most_in_a_second(0, calls.at[-1]),
    )
    best, in_cooldowns = calls.best_per_second(lifted, span_s=3.0), calls.in_cooldowns()
    refused = len([at for at in calls.refused if at < lifted])
    limit = f"{NARROW}" if says else f"{NARROW} (not advertised)"
    row.notes = (
        f"of {limit}: {narrow} in a second, {whole} of {FULL}; {len(calls.at)} calls, "
        f"{refused} refused, {in_cooldowns} in a cooldown; {best:.1f}/s once lifted, "
        f"stalled {1000 * calls.stall_s:.0f} ms"
    )
    faults = {
        f"{narrow} calls in a second": says and narrow > calls.most_for(NARROW),
        f"{whole} calls in a second": whole > calls.most_for(FULL),
        f"{in_cooldowns} calls in a cooldown": in_cooldowns > 0,
        "both forms of Retry-After were not seen": refused < 2,
        f"no more than {best:.1f} calls a second once lifted": best < 0.8 * FULL,
    }
    row.wrong += [f"seed {seed}: {fault}" for fault, is_so in faults.items() if is_so]

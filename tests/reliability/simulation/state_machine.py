"""
The steps that hypothesis may take in a simulated world, what must hold after each of them, and how
a world ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from newsletter.model.issue import IssueState
from reliability.runs.checker import Figures
from reliability.simulation.actions import (
    EDITOR_ACTIONS,
    PEOPLE,
    PEOPLE_ACTIONS,
    issues_in,
    resume_all,
    start_all,
)
from reliability.simulation.simulated_provider import ENDS
from reliability.simulation.world import Process, World

MOST_ISSUES = 3
MOST_ROUNDS = 60
SECONDS = (1.0, 12.0, 40.0, 120.0, 2_000.0, 90_000.0)
JUMP = dt.timedelta(days=40)
WHO = st.integers(1, PEOPLE)


class WrongWorld(AssertionError):
    """
    A world in which the promise was broken; `figures` say how.
    """

    def __init__(self, figures: Figures, why: str = "") -> None:
        super().__init__(f"{figures} {why}".strip())
        self.figures = figures


class Machine(RuleBasedStateMachine):
    """
    The rules. Hypothesis orders them by their names, so that others would play other worlds for the
    same seeds, unless they keep this order among those of as many arguments.

    `fresh` gives a new World each time; `suites.simulation` sets it on a class of its own.
    """

    fresh: Callable[[], World]
    is_broken = False

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).fresh()

    @initialize()
    def begin(self) -> None:
        self.world.start()
        self.world.send()

    def teardown(self) -> None:
        self.world.close()

    def _process(self, number: int) -> Process | None:
        alive = self.world.processes
        return alive[number % len(alive)] if alive else None

    @precondition(lambda self: len(self.world.processes) < 2)
    @rule()
    def start(self) -> None:
        self.world.start()

    @rule(which=st.integers(0, 1), end=st.sampled_from(ENDS))
    def submit(self, which: int, end: str) -> None:
        self._submit(which, end, 0.0)

    @rule(which=st.integers(0, 1), end=st.sampled_from(ENDS), lasts_s=st.sampled_from((2.0, 45.0)))
    def submit_slowly(self, which: int, end: str, lasts_s: float) -> None:
        self._submit(which, end, lasts_s)

    def _submit(self, which: int, end: str, lasts_s: float) -> None:
        if (process := self._process(which)) is not None:
            self.world.claim(process)
            self.world.call(process, end)
            self.world.elapsed_s += lasts_s
            self.world.finish(process)

    @rule(which=st.integers(0, 1))
    def claim(self, which: int) -> None:
        if (process := self._process(which)) is not None:
            self.world.claim(process)

    @rule(which=st.integers(0, 1), end=st.sampled_from(ENDS))
    def call(self, which: int, end: str) -> None:
        if (process := self._process(which)) is not None:
            self.world.call(process, end)

    @rule(which=st.integers(0, 1))
    def do_housekeeping(self, which: int) -> None:
        if (process := self._process(which)) is not None:
            self.world.finish(process)
            if process in self.world.processes:
                self.world.do_housekeeping(process)

    @rule(which=st.integers(0, 1))
    def kill(self, which: int) -> None:
        if (process := self._process(which)) is not None:
            self.world.kill(process)

    @rule(steps=st.integers(1, 12))
    def kill_after_steps(self, steps: int) -> None:
        self.world.steps_until_crash = steps

    @rule(seconds=st.sampled_from(SECONDS))
    def let_time_pass(self, seconds: float) -> None:
        self.world.elapsed_s += seconds

    @precondition(lambda self: self.world.admin_app.database.file is not None)
    @rule(days=st.sampled_from((-JUMP, dt.timedelta(0), JUMP)))
    def set_clock(self, days: dt.timedelta) -> None:
        self.world.clock_error = days

    @precondition(lambda self: len(self.world.frozen) < MOST_ISSUES)
    @rule()
    def send(self) -> None:
        self.world.send()

    @rule(who=WHO, what=st.sampled_from(sorted(PEOPLE_ACTIONS)))
    def update_person(self, who: int, what: str) -> None:
        PEOPLE_ACTIONS[what](self.world, who)

    @rule(what=st.sampled_from(sorted(EDITOR_ACTIONS)))
    def run_editor_action(self, what: str) -> None:
        EDITOR_ACTIONS[what](self.world)

    @invariant()
    def holds(self) -> None:
        figures = self.world.figures()
        if not figures.is_clean or self.world.provider.misused_keys:
            self.is_broken = True
            raise WrongWorld(figures, f"keys misused: {self.world.provider.misused_keys}")


class CompleteMachine(Machine):
    """
    A machine with an end: everything is put right, and everybody must come to a final state.
    """

    def teardown(self) -> None:
        try:
            if not self.is_broken:
                self._end()
        finally:
            super().teardown()

    def _end(self) -> None:
        world = self.world
        world.steps_until_crash, world.clock_error = 0, dt.timedelta(0)
        start_all(world)
        for _ in range(MOST_ROUNDS):
            world.elapsed_s += 1_000.0
            resume_all(world)
            if not world.processes:
                world.start()
            for process in list(world.processes):
                self._send_all(process)
            # What came back to a process of late may have paused an issue in this very round.
            if not issues_in(world, IssueState.SENDING, IssueState.FREEZING, IssueState.PAUSED):
                break
            # Where nothing can reconcile an outcome, an issue keeps it.
            if world.kind == "plain" and world.figures(is_over=True).sum == 0:
                break
        # What came back to a cancelled issue is cancelled at the next heartbeat.
        for process in list(world.processes):
            world.do_housekeeping(process)
        figures = world.figures(is_over=True)
        if (
            not figures.is_clean
            or figures.uncertain > world.provider.unknown + world.lost_in_flight
        ):
            raise WrongWorld(figures, f"in the end; {world.provider.unknown} in unknown calls")

    def _send_all(self, process: Process) -> None:
        world = self.world
        world.call(process, "ok")
        world.finish(process)
        # The clock jumped as it does when a machine slept, and is believed at the second heartbeat.
        for _ in range(2):
            if process in world.processes:
                world.do_housekeeping(process)
        while process.submission is None:
            world.claim(process)
            if process.submission is None:
                return
            world.call(process, "ok")
            world.finish(process)

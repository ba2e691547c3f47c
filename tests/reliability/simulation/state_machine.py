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
    OF_EDITORS,
    OF_PEOPLE,
    PEOPLE,
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
    `fresh` gives a new World each time; it is set by `run` on a class of its own.
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
    def hand_over(self, which: int, end: str) -> None:
        self._hand_over(which, end, 0.0)

    @rule(which=st.integers(0, 1), end=st.sampled_from(ENDS), lasts_s=st.sampled_from((2.0, 45.0)))
    def hand_over_slowly(self, which: int, end: str, lasts_s: float) -> None:
        self._hand_over(which, end, lasts_s)

    def _hand_over(self, which: int, end: str, lasts_s: float) -> None:
        if (process := self._process(which)) is not None:
            self.world.begin(process)
            self.world.carry(process, end)
            self.world.passed_s += lasts_s
            self.world.finish(process)

    @rule(which=st.integers(0, 1))
    def claim(self, which: int) -> None:
        if (process := self._process(which)) is not None:
            self.world.begin(process)

    @rule(which=st.integers(0, 1), end=st.sampled_from(ENDS))
    def call(self, which: int, end: str) -> None:
        if (process := self._process(which)) is not None:
            self.world.carry(process, end)

    @rule(which=st.integers(0, 1))
    def keep_house(self, which: int) -> None:
        if (process := self._process(which)) is not None:
            self.world.finish(process)
            if process in self.world.processes:
                self.world.keep_house(process)

    @rule(which=st.integers(0, 1))
    def kill(self, which: int) -> None:
        if (process := self._process(which)) is not None:
            self.world.kill(process)

    @rule(steps=st.integers(1, 12))
    def lay_bomb(self, steps: int) -> None:
        self.world.bomb = steps

    @rule(seconds=st.sampled_from(SECONDS))
    def let_pass(self, seconds: float) -> None:
        self.world.passed_s += seconds

    @precondition(lambda self: self.world.desk.database.file is not None)
    @rule(days=st.sampled_from((-JUMP, dt.timedelta(0), JUMP)))
    def set_clock(self, days: dt.timedelta) -> None:
        self.world.wrong = days

    @precondition(lambda self: len(self.world.frozen) < MOST_ISSUES)
    @rule()
    def send(self) -> None:
        self.world.send()

    @rule(who=WHO, what=st.sampled_from(sorted(OF_PEOPLE)))
    def of_people(self, who: int, what: str) -> None:
        OF_PEOPLE[what](self.world, who)

    @rule(what=st.sampled_from(sorted(OF_EDITORS)))
    def of_editors(self, what: str) -> None:
        OF_EDITORS[what](self.world)

    @invariant()
    def holds(self) -> None:
        figures = self.world.figures()
        if not figures.is_clean or self.world.outside.misused_keys:
            self.is_broken = True
            raise WrongWorld(figures, f"keys misused: {self.world.outside.misused_keys}")


class WholeMachine(Machine):
    """
    With an end: everything is put right, and everybody must come to theirs.
    """

    def teardown(self) -> None:
        try:
            if not self.is_broken:
                self._end()
        finally:
            super().teardown()

    def _end(self) -> None:
        world = self.world
        world.bomb, world.wrong = 0, dt.timedelta(0)
        start_all(world)
        for _ in range(MOST_ROUNDS):
            world.passed_s += 1_000.0
            resume_all(world)
            if not world.processes:
                world.start()
            for process in list(world.processes):
                self._work_off(process)
            # What came back to a process of late may have paused an issue in this very round.
            if not issues_in(world, IssueState.SENDING, IssueState.FREEZING, IssueState.PAUSED):
                break
            # Where nothing ends a doubt, an issue stays with it.
            if world.kind == "plain" and world.figures(is_over=True).sum == 0:
                break
        # What came back to a cancelled issue is cancelled at the next beat.
        for process in list(world.processes):
            world.keep_house(process)
        figures = world.figures(is_over=True)
        if not figures.is_clean or figures.doubt > world.outside.unknown + world.lost_in_hand:
            raise WrongWorld(figures, f"in the end; {world.outside.unknown} in unknown calls")

    def _work_off(self, process: Process) -> None:
        world = self.world
        world.carry(process, "ok")
        world.finish(process)
        # The clock jumped as it does when a machine slept, and is believed at the second beat.
        for _ in range(2):
            if process in world.processes:
                world.keep_house(process)
        while process.held is None:
            world.begin(process)
            if process.held is None:
                return
            world.carry(process, "ok")
            world.finish(process)

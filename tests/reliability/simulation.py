"""
R4: a world in which everything happens in any order, found by hypothesis: people come and leave,
issues are sent, paused, cancelled and stopped, calls end in every way, processes die at any step,
time passes and clocks jump. The checker looks after every step.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextlib import suppress as forgive
from dataclasses import asdict
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import sqlalchemy as sa
from checker import Figures
from draft import SLUG, address
from fork_server import ForkServer
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as simulate
from outside import ENDS
from stage import POSTGRES, SQLITE, Stage, write_settings
from suites import PRODUCT, Row
from world import Process, World

from newsletter.errors import NewsletterError
from newsletter.model.issue import IssueState
from newsletter.store import issues, stops
from newsletter.store.batches import cancel_open
from newsletter.store.issues import move_issue
from newsletter.store.stops import StopKind
from subscribers.address import parse_address
from subscribers.errors import SubscribersError
from subscribers.lists import find_list
from subscribers.model import SuppressionReason
from subscribers.people import erase
from subscribers.subscriptions import subscribe, unsubscribe_address
from subscribers.suppression import suppress
from subscribers.transfer.importer import import_csv

READERS, PEOPLE = 6, 8
MOST_ISSUES = 3
# How many steps a world has at most; hypothesis makes most of them shorter.
STEPS = 40
CHUNK = 50
MOST_ROUNDS = 60
SECONDS = (1.0, 12.0, 40.0, 120.0, 2_000.0, 90_000.0)
JUMP = dt.timedelta(days=40)
WHO = st.integers(1, PEOPLE)
OF_PEOPLE = ("subscribe", "import_file", "leave", "bounce", "erase")
OF_EDITORS = ("pause_all", "resume_all", "resume_all", "cancel_first", "stop_all", "start_all")


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

    def _issues(self, *states: IssueState) -> list[int]:
        with self.world.desk.database.read() as connection:
            return [found.id for found in issues.issues_in(connection, list(states))]

    @contextmanager
    def _book(self) -> Iterator[sa.Connection]:
        """
        What people do; that they may not do it is no fault.
        """
        with (
            forgive(NewsletterError, SubscribersError),
            self.world.desk.database.write() as connection,
        ):
            yield connection

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

    @rule(who=WHO, what=st.sampled_from(OF_PEOPLE))
    def of_people(self, who: int, what: str) -> None:
        getattr(self, what)(who)

    @rule(what=st.sampled_from(OF_EDITORS))
    def of_editors(self, what: str) -> None:
        getattr(self, what)()

    def subscribe(self, who: int) -> None:
        with self._book() as connection:
            subscribe(
                connection, parse_address(address(who)), mailing_list=find_list(connection, SLUG),
                name="Ben", consent="asked", source="test", now=self.world.now(),
            )  # fmt: skip
            self.world.note_back(address(who))

    def import_file(self, who: int) -> None:
        desk, file = self.world.desk, self.world.folder / "people.csv"
        file.write_text(f"email\n{address(who)}\n{address(PEOPLE)}\n")
        with desk.database.read() as connection:
            mailing_list = find_list(connection, SLUG)
        with forgive(NewsletterError, SubscribersError):
            import_csv(
                desk.database.engine, file, mailing_list=mailing_list, consent="a list of old",
                dry_run=False, now=self.world.now(), keyring=desk.links.keys,
            )  # fmt: skip

    def leave(self, who: int) -> None:
        with self._book() as connection:
            unsubscribe_address(
                connection, parse_address(address(who)), mailing_list=find_list(connection, SLUG),
                reason="by the reader", now=self.world.now(),
            )  # fmt: skip
            self.world.note_left(address(who))

    def bounce(self, who: int) -> None:
        reason = SuppressionReason.BOUNCE if who % 2 else SuppressionReason.COMPLAINT
        with self._book() as connection:
            suppress(connection, parse_address(address(who)), reason=reason, now=self.world.now())
            self.world.note_left(address(who), for_good=True)

    def erase(self, who: int) -> None:
        keys = self.world.desk.links.keys
        with self._book() as connection:
            erase(connection, parse_address(address(who)), keyring=keys, now=self.world.now())
            self.world.note_left(address(who), for_good=True)

    def pause_all(self) -> None:
        for number in self._issues(IssueState.SENDING):
            with self._book() as connection:
                move_issue(connection, number, IssueState.PAUSED, pause_reason="by staff")

    def resume_all(self) -> None:
        for number in self._issues(IssueState.PAUSED):
            with self._book() as connection:
                move_issue(connection, number, IssueState.SENDING, pause_reason=None)

    def cancel_first(self) -> None:
        for number in self._issues(IssueState.SENDING, IssueState.PAUSED)[:1]:
            with self._book() as connection:
                move_issue(connection, number, IssueState.CANCELLED)
                cancel_open(connection, number, now=self.world.now())

    def stop_all(self) -> None:
        with self._book() as connection:
            now = self.world.now()
            stops.stop_everything(connection, StopKind.ALL, reason="by staff", now=now)

    def start_all(self) -> None:
        with self._book() as connection:
            stops.lift(connection, StopKind.ALL)

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
        self.start_all()
        for _ in range(MOST_ROUNDS):
            world.passed_s += 1_000.0
            self.resume_all()
            if not world.processes:
                world.start()
            for process in list(world.processes):
                self._work_off(process)
            if not self._issues(IssueState.SENDING, IssueState.FREEZING):
                break
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


def run(told: Mapping[str, Any]) -> None:
    """
    Plays `examples` worlds of `seed` in the installation in `folder`, and writes `found.json`.
    """
    folder = Path(told["folder"])
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="nl-world-", dir=_fast_folder()) as place:

        class Here(WholeMachine):
            fresh = staticmethod(_maker(told, folder, Path(place)))

        found: dict[str, Any] = {"figures": asdict(Figures()), "wrong": ""}
        try:
            simulate(
                seed(told["seed"])(Here),
                settings=settings(
                    max_examples=told["examples"],
                    stateful_step_count=told["steps"],
                    deadline=None,
                    database=None,
                    # A world found is short enough to be read; making it shorter takes minutes.
                    phases=(Phase.generate,),
                    suppress_health_check=list(HealthCheck),
                    report_multiple_bugs=False,
                ),
            )
        except WrongWorld as error:
            notes = "\n".join(getattr(error, "__notes__", ()))
            found = {"figures": asdict(error.figures), "wrong": f"{error}\n{notes}"}
    (folder / "found.json").write_text(json.dumps(found))


def _fast_folder() -> str | None:
    """
    Where a disk costs nothing: what is on trial here is the order of things.
    """
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _maker(told: Mapping[str, Any], original: Path, place: Path) -> Callable[[], World]:
    def fresh() -> World:
        folder = place / "world"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(original / "secret.key", folder)
        if told["database"] == SQLITE:
            shutil.copy(original / "newsletter.db", folder)
            write_settings(folder, f"sqlite:///{folder}/newsletter.db")
        else:
            write_settings(folder, _fresh_postgres(told["url"]))
        return World(folder=folder, kind=told["kind"], bad=told["bad"])

    return fresh


def _fresh_postgres(url: str) -> str:
    original = sa.make_url(url)
    copy = f"{original.database}_w"
    engine = sa.create_engine(original.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {copy} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {copy} TEMPLATE {original.database}")
    engine.dispose()
    return original.set(database=copy).render_as_string(hide_password=False)


def simulation(
    stage: Stage, forks: ForkServer, row: Row, *, worlds: int, first_seed: int = 1
) -> None:
    """
    Fills *row*: as many worlds, some of each seed.
    """
    chunks: Sequence[int] = [min(CHUNK, worlds - at) for at in range(0, worlds, CHUNK)]
    for number, examples in enumerate(chunks, first_seed):
        name = f"r4-{row.sender}-{row.database}-{row.kind}-{number}"
        with stage.play(name, database=row.database, readers=READERS, script={}) as play:
            told = {
                "folder": str(play.folder), "url": play.url, "database": row.database,
                "kind": row.kind, "seed": number, "examples": examples, "steps": STEPS,
                "bad": "" if row.sender == PRODUCT else row.sender,
            }  # fmt: skip
            if forks.run("simulation:run", told) != 0:
                row.wrong.append(f"seed {number}: broke")
                continue
            found = json.loads((play.folder / "found.json").read_text())
        row.add(f"seed {number}", Figures(**found["figures"]), most_doubt=10**9)
        row.runs += examples - 1
        if found["wrong"]:
            row.wrong.append(f"seed {number}: {found['wrong']}")
        if row.database == POSTGRES:
            stage.drop(f"{sa.make_url(play.url).database}_w")

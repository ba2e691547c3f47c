"""
The world of the `simulation` suite: a real installation, whose sending processes live in this one,
take their steps when asked to, and are thrown away at any of them. Time passes when asked to.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter import pipeline
from newsletter.app import App, utc_now
from newsletter.delivery.dispatch import Submission
from newsletter.errors import NewsletterError
from newsletter.model.delivery import BatchResult, BatchState
from newsletter.operations.restore_guard import Marker, verify_identity
from newsletter.settings import load_settings
from newsletter.store.delivery.leases import WorkerLock
from newsletter.store.delivery.status import count_deliveries, standings
from newsletter.store.tables import batch, delivery
from newsletter.workers.housekeeping import Housekeeping
from reliability.runs.checker import Figures, judge
from reliability.runs.draft import add_draft
from reliability.simulation.render_cache import Remembering
from reliability.simulation.simulated_provider import MOST, Crash, Outside

# From the intent's look at who left until its call (newsletter.dispatch.INTENT_LIFE).
SLACK_S = 30.0
HANDING = "uncertain"


@dataclass(kw_only=True)
class Process:
    """
    One sending process: its own App and owner, and the batch it is carrying, if any.
    """

    app: App
    house: Housekeeping
    lock: WorkerLock | None
    held: Submission | None = None
    result: BatchResult | None = None

    def die(self) -> None:
        """
        What the kernel does when a process ends: its lock is free, its connections are closed.
        """
        if self.lock is not None:
            self.lock.close()
        self.app.close()


@dataclass(kw_only=True)
class World:
    """
    *bad* names a sender that is known to be wrong, instead of the product's way with the dead.
    """

    folder: Path
    kind: str
    bad: str = ""
    passed_s: float = 0.0
    wrong: dt.timedelta = dt.timedelta(0)
    bomb: int = 0
    processes: list[Process] = field(default_factory=list)
    left_at: dict[str, float] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    frozen: dict[int, dict[str, str]] = field(default_factory=dict)
    # Whom processes held, with or without a call, when they died or were silent for too long.
    lost_in_hand: int = 0

    def __post_init__(self) -> None:
        self.begun = utc_now()
        self.outside = Outside(kind=self.kind, clock=lambda: self.passed_s)
        # The editors' and readers' side, which does not crash.
        self.desk = self._app(lambda step: None)
        self._owners = 0

    def now(self) -> dt.datetime:
        return self.begun + dt.timedelta(seconds=self.passed_s) + self.wrong

    def close(self) -> None:
        for process in self.processes:
            process.die()
        self.desk.close()

    def _app(self, on_step: Callable[[str], None]) -> App:
        return App(
            settings=load_settings(self.folder / "newsletter.toml"),
            clock=self.now,
            on_step=on_step,
            providers={"bulk": self.outside},
            shared_sandbox=Remembering(),  # type: ignore[arg-type]
        )

    def _on_step(self, step: str) -> None:
        self.bomb -= 1
        if self.bomb == 0:
            raise Crash

    @contextlib.contextmanager
    def _alive(self, process: Process) -> Iterator[None]:
        """
        What *process* does next; a crash in it throws it away.
        """
        try:
            yield
        except Crash:
            self.kill(process)

    def kill(self, process: Process) -> None:
        self.lost_in_hand += len(process.held.recipients) if process.held is not None else MOST
        self.processes.remove(process)
        process.die()

    def start(self) -> None:
        """
        A new process, which first goes on with what was left half-way.
        """
        self._owners += 1
        app, owner = self._app(self._on_step), f"owner{self._owners}"
        file = app.database.file
        verify_identity(app.database, self.folder, now=self.now())
        memory, dispatcher = Marker(app.database, self.folder), app.dispatcher(owner)
        # A clock of its own, on PostgreSQL, would find ours wrong whenever time is made to pass.
        wall = utc_now if file is None else self.now
        house = Housekeeping(app, dispatcher, memory, lambda: False, clock=wall)
        lock = None if file is None else WorkerLock(file, owner)
        process = Process(app=app, house=house, lock=lock)
        self.processes.append(process)
        with self._alive(process):
            pipeline.resume(app.publishing)
            self._beat(process)

    def keep_house(self, process: Process) -> None:
        with self._alive(process):
            self._beat(process)

    def _beat(self, process: Process) -> None:
        if self.bad:
            self._mistreat_dead(process)
        process.house()

    def begin(self, process: Process) -> None:
        with self._alive(process):
            if process.held is None and process.house.is_steady:
                process.held = process.house.dispatcher.prepare_next()

    def carry(self, process: Process, end: str) -> None:
        self.outside.end = end
        with self._alive(process):
            if process.held is not None and process.result is None:
                process.result = process.house.dispatcher.submit(process.held)
        self.outside.end = "ok"

    def finish(self, process: Process) -> None:
        with self._alive(process):
            if process.held is not None and process.result is not None:
                self._note_buried(process.held)
                process.house.dispatcher.record_result(process.held, process.result)
                process.held = process.result = None

    def _note_buried(self, held: Submission) -> None:
        """
        A process that was silent for too long had its batch taken from it: its provider was asked,
        or cannot be, and what this one knows of its call comes too late.
        """
        with self.desk.database.read() as connection:
            epoch = connection.scalar(sa.select(batch.c.epoch).where(batch.c.id == held.batch.id))
        if epoch != held.batch.epoch:
            self.lost_in_hand += len(held.recipients)

    def send(self) -> None:
        """
        An editor presses Send on a new issue; the process that renders it may die.
        """
        with self.desk.database.write() as connection:
            issue_id = add_draft(self.desk, connection, self.now())
        process = self.processes[0] if self.processes else None
        if process is None:
            return
        with self._alive(process), contextlib.suppress(NewsletterError):
            pipeline.publish_issue(
                process.app.publishing, issue_id, override_reason="a trial of sending"
            )

    def _mistreat_dead(self, process: Process) -> None:
        """
        As the naive do after a crash: `naive_retry` sends again what was on its way,
        `cursor_at_fetch` believes that it was sent.
        """
        naive = {"state": BatchState.PENDING, "owner": None}
        believing = {"state": BatchState.SETTLED, "outcome": "accepted"}
        with process.app.database.write() as connection:
            alive = [one.house.dispatcher.owner for one in self.processes]
            connection.execute(
                sa.update(batch)
                .where(batch.c.state == BatchState.SUBMITTING, batch.c.owner.not_in(alive))
                .values(naive if self.bad == "naive_retry" else believing)
            )

    def remember_frozen(self, connection: sa.Connection) -> None:
        """
        Notes who the audience of each issue is, from its freeze on.
        """
        rows = connection.execute(
            sa.select(delivery.c.issue_id, delivery.c.id, delivery.c.email)
            .where(delivery.c.issue_id.not_in(list(self.frozen)))
            .order_by(delivery.c.id)
        ).all()
        for row in rows:
            self.frozen.setdefault(row.issue_id, {})[str(row.id)] = row.email

    def note_left(self, address: str, *, for_good: bool = False) -> None:
        """
        From now on *address* may not be mailed; *for_good* where no subscription helps.
        """
        for number in self._deliveries_to(address):
            self.left_at.setdefault(number, self.passed_s)
            if for_good:
                self.gone.add(number)

    def note_back(self, address: str) -> None:
        for number in self._deliveries_to(address):
            if number not in self.gone:
                self.left_at.pop(number, None)

    def _deliveries_to(self, address: str) -> list[str]:
        return [
            number
            for audience in self.frozen.values()
            for number, email in audience.items()
            if email == address
        ]

    def figures(self, *, is_over: bool = False) -> Figures:
        """
        What the checker's rules say of everything sent so far; pending people are no fault until
        it *is_over*, nor is being on the way while a batch is handed over.
        """
        with self.desk.database.read() as connection:
            self.remember_frozen(connection)
            found = Figures()
            for issue_id, audience in self.frozen.items():
                found += self._figures_of(connection, issue_id, audience, is_over)
        return found

    def _figures_of(
        self, connection: sa.Connection, issue_id: int, audience: dict[str, str], is_over: bool
    ) -> Figures:
        status = count_deliveries(connection, issue_id).as_json()
        if not is_over:
            status["cancelled"] += status["pending"]
        # Both stand in the order of the freeze.
        shown = standings(connection, issue_id, only=None)
        states = {
            number: str(one.state) for number, one in zip(audience, shown, strict=True)
        } | self._on_the_way(connection, issue_id, audience)
        calls: list[dict[str, Any]] = [
            call | {"accepted": [who for who in call["accepted"] if who in audience]}
            for call in self.outside.calls
        ]
        return judge(
            calls,
            audience,
            status=status,
            recipients=[{"email": number, "state": state} for number, state in states.items()],
            left_at=self.left_at,
            slack_s=SLACK_S,
        )

    def _on_the_way(
        self, connection: sa.Connection, issue_id: int, audience: dict[str, str]
    ) -> dict[str, str]:
        rows = connection.execute(
            sa.select(delivery.c.id)
            .join(
                batch,
                (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no),
            )
            .where(
                batch.c.issue_id == issue_id,
                batch.c.state == BatchState.SUBMITTING,
                delivery.c.state.is_(None),
            )
        ).scalars()
        return {str(number): HANDING for number in rows}

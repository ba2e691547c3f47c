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
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.delivery.status.recipients import recipient_statuses
from newsletter.store.tables import batch, delivery
from newsletter.workers.housekeeping import Housekeeping
from reliability.runs.checker import Figures, judge
from reliability.runs.draft import add_draft
from reliability.simulation.render_cache import RenderCache
from reliability.simulation.simulated_provider import MOST, ProcessCrash, SimulatedProvider

# From the intent's check of unsubscribes until its call
# (`newsletter.delivery.provider_call.INTENT_LIFE`).
SLACK_S = 30.0
IN_FLIGHT = "uncertain"


@dataclass(kw_only=True)
class Process:
    """
    One sending process: its own App and owner, and the batch it is submitting, if any.
    """

    app: App
    housekeeping: Housekeeping
    lock: WorkerLock | None
    submission: Submission | None = None
    result: BatchResult | None = None

    def die(self) -> None:
        """
        Free the lock and close the connections, as the kernel does when a process ends.
        """
        if self.lock is not None:
            self.lock.close()
        self.app.close()


@dataclass(kw_only=True)
class World:
    """
    One installation with its processes, its provider and its time. `bad` names a sender that is
    known to be wrong, which then treats what dead processes left in the product's place.
    """

    folder: Path
    kind: str
    bad: str = ""
    elapsed_s: float = 0.0
    clock_error: dt.timedelta = dt.timedelta(0)
    steps_until_crash: int = 0
    processes: list[Process] = field(default_factory=list)
    left_at: dict[str, float] = field(default_factory=dict)
    suppressed: set[str] = field(default_factory=set)
    frozen: dict[int, dict[str, str]] = field(default_factory=dict)
    # Whom processes held, with or without a call, when they died or were silent for too long.
    lost_in_flight: int = 0

    def __post_init__(self) -> None:
        self.begun = utc_now()
        self.provider = SimulatedProvider(kind=self.kind, clock=lambda: self.elapsed_s)
        # The editors' and readers' side, which does not crash.
        self.admin_app = self._app(lambda step: None)
        self._started = 0

    def now(self) -> dt.datetime:
        return self.begun + dt.timedelta(seconds=self.elapsed_s) + self.clock_error

    def close(self) -> None:
        for process in self.processes:
            process.die()
        self.admin_app.close()

    def _app(self, on_step: Callable[[str], None]) -> App:
        return App(
            settings=load_settings(self.folder / "newsletter.toml"),
            clock=self.now,
            on_step=on_step,
            providers={"bulk": self.provider},
            shared_sandbox=RenderCache(),  # type: ignore[arg-type]
        )

    def _on_step(self, step: str) -> None:
        self.steps_until_crash -= 1
        if self.steps_until_crash == 0:
            raise ProcessCrash

    @contextlib.contextmanager
    def _crashable(self, process: Process) -> Iterator[None]:
        """
        Run a step of *process*, which is thrown away if it crashes.
        """
        try:
            yield
        except ProcessCrash:
            self.kill(process)

    def kill(self, process: Process) -> None:
        self.lost_in_flight += (
            len(process.submission.recipients) if process.submission is not None else MOST
        )
        self.processes.remove(process)
        process.die()

    def start(self) -> None:
        """
        Start a process, which first goes on with what was left half-way.
        """
        self._started += 1
        app, owner = self._app(self._on_step), f"owner{self._started}"
        file = app.database.file
        verify_identity(app.database, self.folder, now=self.now())
        memory, dispatcher = Marker(app.database, self.folder), app.dispatcher(owner)
        # A clock of its own, on PostgreSQL, would find ours wrong whenever time is made to pass.
        wall = utc_now if file is None else self.now
        housekeeping = Housekeeping(app, dispatcher, memory, lambda: False, clock=wall)
        lock = None if file is None else WorkerLock(file, owner)
        process = Process(app=app, housekeeping=housekeeping, lock=lock)
        self.processes.append(process)
        with self._crashable(process):
            pipeline.resume(app.publishing)
            self._run_housekeeping(process)

    def do_housekeeping(self, process: Process) -> None:
        with self._crashable(process):
            self._run_housekeeping(process)

    def _run_housekeeping(self, process: Process) -> None:
        if self.bad:
            self._mistreat_dead(process)
        process.housekeeping()

    def claim(self, process: Process) -> None:
        with self._crashable(process):
            if process.submission is None and process.housekeeping.is_steady:
                process.submission = process.housekeeping.dispatcher.prepare_next()

    def call(self, process: Process, end: str) -> None:
        self.provider.end = end
        with self._crashable(process):
            if process.submission is not None and process.result is None:
                process.result = process.housekeeping.dispatcher.submit(process.submission)
        self.provider.end = "ok"

    def finish(self, process: Process) -> None:
        with self._crashable(process):
            if process.submission is not None and process.result is not None:
                self._note_expired(process.submission)
                process.housekeeping.dispatcher.record_result(process.submission, process.result)
                process.submission = process.result = None

    def _note_expired(self, submission: Submission) -> None:
        """
        Count a submission whose process was silent for too long, so that its batch was taken from
        it: the provider was asked, or cannot be, and what this process knows comes too late.
        """
        with self.admin_app.database.read() as connection:
            epoch = connection.scalar(
                sa.select(batch.c.epoch).where(batch.c.id == submission.batch.id)
            )
        if epoch != submission.batch.epoch:
            self.lost_in_flight += len(submission.recipients)

    def send(self) -> None:
        """
        Publish a new issue; the process that renders it may die.
        """
        with self.admin_app.database.write() as connection:
            issue_id = add_draft(self.admin_app, connection, self.now())
        process = self.processes[0] if self.processes else None
        if process is None:
            return
        with self._crashable(process), contextlib.suppress(NewsletterError):
            pipeline.publish_issue(
                process.app.publishing, issue_id, override_reason="a trial of sending"
            )

    def _mistreat_dead(self, process: Process) -> None:
        """
        Treat the batches of dead processes as bad senders do: `naive_retry` sends again what was on
        its way, `cursor_at_fetch` believes that it was sent.
        """
        naive = {"state": BatchState.PENDING, "worker": None}
        believing = {"state": BatchState.SETTLED, "outcome": "accepted"}
        with process.app.database.write() as connection:
            alive = [one.housekeeping.dispatcher.worker_id for one in self.processes]
            connection.execute(
                sa.update(batch)
                .where(batch.c.state == BatchState.SUBMITTING, batch.c.worker.not_in(alive))
                .values(naive if self.bad == "naive_retry" else believing)
            )

    def note_frozen(self, connection: sa.Connection) -> None:
        """
        Note who the audience of each issue is, from its freeze on.
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
        Note that *address* may not be mailed from now on; *for_good* where no subscription helps.
        """
        for number in self._deliveries_to(address):
            self.left_at.setdefault(number, self.elapsed_s)
            if for_good:
                self.suppressed.add(number)

    def note_back(self, address: str) -> None:
        for number in self._deliveries_to(address):
            if number not in self.suppressed:
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
        Check everything sent so far. Pending people are no fault until it *is_over*, nor is being
        on the way while a batch is submitted.
        """
        with self.admin_app.database.read() as connection:
            self.note_frozen(connection)
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
        shown = recipient_statuses(connection, issue_id, only=None)
        states = {str(one.delivery_id): str(one.state) for one in shown}
        assert states.keys() == audience.keys()
        states |= self._in_flight(connection, issue_id, audience)
        calls: list[dict[str, Any]] = [
            call | {"accepted": [who for who in call["accepted"] if who in audience]}
            for call in self.provider.calls
        ]
        return judge(
            calls,
            audience,
            status=status,
            recipients=[{"address": number, "state": state} for number, state in states.items()],
            left_at=self.left_at,
            slack_s=SLACK_S,
        )

    def _in_flight(
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
        return {str(number): IN_FLIGHT for number in rows}

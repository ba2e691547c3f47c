"""
One sending process: it claims batches, has lanes carry them, and keeps house, until told to stop.

`serve` and `worker` run one for ever, `--wait` on the command line for one issue. Stands above
`app`, which wires its parts.
"""

from __future__ import annotations

import datetime as dt
import gc
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.app import App, utc_now
from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.provider_call import HandOver
from newsletter.delivery.queue.job_bridge import Asked
from newsletter.delivery.queue.sending_loop import Lanes
from newsletter.delivery.recipients import instance_name
from newsletter.delivery.reconciliation_thread import Doubting
from newsletter.delivery.settlement import told_buried, told_submitted
from newsletter.delivery.waves import rest_in_quiet
from newsletter.errors import SettingsError
from newsletter.operations.clock_watch import ClockWatch
from newsletter.operations.restore_guard import Memory, check_original, require_own_key
from newsletter.store.delivery import batches
from newsletter.store.delivery import leases as owners
from newsletter.store.events import issue_reputation as tallies
from newsletter.store.flow_control import (
    canary,
)
from newsletter.store.flow_control import (
    kill_switch as stops,
)
from newsletter.store.flow_control import (
    provider_accounts as accounts,
)
from newsletter.store.operations.clock_repair import mend_times
from newsletter.store.queue import jobs

logger = logging.getLogger(__name__)

# How often the bounces and complaints of the issues on their way are counted.
COUNT_EVERY_S = 30.0
# Jobs asked for, a lane: one in hand and one that waits, so that no lane rests between two.
JOBS_A_LANE = 2


def hand_over(
    app: App,
    *,
    issue_id: int | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
    is_done: Callable[[], bool],
    wall: Callable[[], dt.datetime] = utc_now,
) -> None:
    """
    Hands batches over, of one issue or of all, until *is_done* or told to stop. What a dead
    process left is taken up first. *wall* is the machine's clock, which is watched for jumps.
    """
    with _keeping_house(app, is_stopping, wall=wall) as house:
        dispatcher = house.dispatcher
        Lanes(
            begin=lambda: dispatcher.begin(issue_id) if house.is_steady else None,
            carry=dispatcher.carry,
            finish=dispatcher.finish,
            keep_house=house,
            count=app.settings.delivery.lanes,
        ).run(is_stopping=is_stopping, is_done=is_done)


def work(
    app: App, *, is_stopping: Callable[[], bool], wall: Callable[[], dt.datetime] = utc_now
) -> None:
    """
    Hands batches over until told to stop: on PostgreSQL those that the queue's jobs name, beside
    any number of other machines; on SQLite whatever the database holds. *wall* as in `hand_over`.
    """
    if app.database.file is not None:
        hand_over(app, is_stopping=is_stopping, is_done=lambda: False, wall=wall)
        return
    from newsletter.delivery.queue.procrastinate_worker import Engine

    with _keeping_house(app, is_stopping, wall=wall) as house:
        dispatcher, lanes_count = house.dispatcher, app.settings.delivery.lanes
        asked: Asked[HandOver] = Asked(
            claim=lambda batch_id: dispatcher.begin(batch_id=batch_id), settle=dispatcher.finish
        )

        def begin() -> HandOver | None:
            if not house.is_steady:
                return None
            # Jobs wait here for a turn, so that they are not made anew again and again; what goes
            # by another provider, whose jobs may stand behind them, is found in the table.
            return dispatcher.begin() if dispatcher.is_behind else asked.begin()

        def keep_house() -> None:
            house()
            if not house.is_steady:
                # Held here, they would be nobody else's until somebody sets the clock.
                asked.let_go()

        lanes = Lanes(
            begin=begin,
            carry=dispatcher.carry,
            finish=asked.finish,
            keep_house=keep_house,
            count=lanes_count,
        )
        asked.on_asked = lanes.wake
        engine = Engine(
            hand_over=asked.hand_over,
            url=app.database.engine.url,
            count=lanes_count * JOBS_A_LANE,
        )
        with engine.running():
            try:
                lanes.run(is_stopping=is_stopping, is_done=lambda: False)
            finally:
                asked.close()


@contextmanager
def _keeping_house(
    app: App, is_stopping: Callable[[], bool], *, wall: Callable[[], dt.datetime] = utc_now
) -> Iterator[Housekeeping]:
    """
    A new owner's house, which is left in order.
    """
    folder = app.settings.folder
    check_original(app.database, folder, now=app.clock())
    require_own_key(app.database, instance_name(app.secret))
    _note_accounts(app)
    owner = uuid.uuid4().hex[:12]
    lock = owners.OwnerLock(app.database.file, owner) if app.database.file else None
    dispatcher = app.dispatcher(owner)
    memory = Memory(app.database, folder)
    # What is loaded by now stays: a batch is thousands of objects, and for each few batches the
    # collector would look through all of it again.
    gc.freeze()
    house = Housekeeping(app, dispatcher, memory, is_stopping, clock=wall)
    try:
        yield house
    finally:
        gc.unfreeze()
        try:
            house.doubting.close()
            dispatcher.give_back_unsure()
            with app.database.write() as connection:
                owners.leave(connection, owner)
                memory.advance(connection, dispatcher.begun)
                # Two processes that settled the last batches at once left the end to nobody.
                batches.finish_settled(connection, now=app.clock())
                jobs.enqueue_forgotten(connection, now=app.clock())
            memory.keep()
        finally:
            if lock is not None:
                lock.close()


def _note_accounts(app: App) -> None:
    with app.database.write() as connection:
        for name in app.settings.provider:
            # One whose key is missing cannot be opened either.
            with suppress(SettingsError):
                account = app.settings.account_of(name)
                accounts.note_account(connection, name, account, now=app.clock())


@dataclass
class Housekeeping:
    """
    What a sending process does every two seconds: says that it lives, takes up what the dead left,
    and ends what has no open batch any more. Nothing is claimed while the clock is not `is_steady`.
    """

    app: App
    dispatcher: Dispatcher
    memory: Memory
    is_stopping: Callable[[], bool]
    clock: Callable[[], dt.datetime] = utc_now
    is_steady: bool = True
    _is_mended: bool = False
    _clocks: ClockWatch = field(default_factory=ClockWatch)
    _stopped: str = ""
    _counted_at_s: float = float("-inf")

    def __post_init__(self) -> None:
        def may_ask() -> bool:
            return self.is_steady and not self.is_stopping()

        self.doubting = Doubting(self.app.dispatcher(self.dispatcher.owner), may_ask)

    def __call__(self) -> None:
        self._read_clocks()
        with self.app.database.write() as connection:
            now = self.app.clock()
            owners.beat(connection, self.dispatcher.owner, now=now)
            if self.doubting.is_asking:
                owners.hold_doubt(connection, self.dispatcher.owner, now=now)
            self.memory.watch(connection, now=now)
            self.memory.advance(connection, self.dispatcher.begun)
            buried = []
            if self.is_steady:
                buried = owners.bury(connection, self.app.database.file, now=now)
            self._mend_times(connection, now)
            rest_in_quiet(connection, now=now)
            self.dispatcher.going_over.leave_resting(connection, now=now)
            canary.hold_rest(connection, now=now)
            submitted = batches.finish_settled(connection, now=now)
            stopped = stops.current_stop(connection)
        for issue_id in submitted:
            told_submitted(issue_id)
        for one in buried:
            told_buried(one)
        self.memory.keep()
        self.dispatcher.give_back_unsure()
        # Apart from the beat, which must not wait for it nor break with it.
        with self.app.database.write() as connection:
            jobs.enqueue_forgotten(connection, now=now)
        self._tell(str(stopped or ""))
        # One round: what comes faster is worked off by the process that hears it.
        self.app.recorder.work_off()
        self._protect_readers()
        self.doubting.look()

    def _read_clocks(self) -> None:
        """
        A clock that jumped is not believed before the next beat, nor one far from the database's:
        leases, pauses and the time of day of readers all go by it.
        """
        trouble = self._clocks.trouble(self.clock(), time.monotonic(), self.app.database.clock)
        if trouble is not None and self.is_steady:
            logger.error("nothing is handed over: %s", trouble, extra={"event": "clock.wrong"})
        self.is_steady = trouble is None

    def _mend_times(self, connection: sa.Connection, now: dt.datetime) -> None:
        """
        Once at the start, and again whenever the clock was wrong and is right.
        """
        if self.is_steady and not self._is_mended:
            mended = mend_times(connection, now=now)
            if mended:
                told = {"event": "clock.mended"}
                logger.warning("%s batches waited by a wrong clock", mended, extra=told)
        self._is_mended = self.is_steady

    def _protect_readers(self) -> None:
        """
        Pauses the issues of whose readers too many bounced or complained.
        """
        if time.monotonic() - self._counted_at_s < COUNT_EVERY_S:
            return
        self._counted_at_s = time.monotonic()
        with self.app.database.write() as connection:
            tripped = tallies.trip_broken(connection, now=self.app.clock())
        for issue_id, reason in tripped:
            told = {"event": "issue.tripped", "issue_id": issue_id}
            logger.error("issue %s is paused: %s", issue_id, reason, extra=told)

    def _tell(self, stopped: str) -> None:
        if stopped == self._stopped:
            return
        self._stopped = stopped
        if stopped:
            logger.warning("%s", stopped, extra={"event": "sender.stopped"})
        else:
            logger.info("batches are handed over again", extra={"event": "sender.started"})

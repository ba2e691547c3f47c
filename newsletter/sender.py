"""
One sending process: it claims batches, has lanes carry them, and keeps house, until told to stop.

`serve` runs one for ever, `--wait` on the command line for one issue. Stands above `app`, which
wires its parts.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.app import App, utc_now
from newsletter.clock import ClockWatch
from newsletter.dispatch import Dispatcher
from newsletter.doubt import resolve_doubt
from newsletter.original import Memory, check_original
from newsletter.queue.embedded import BEAT_S, Lanes
from newsletter.store import batches, owners, stops, tallies
from newsletter.waves import rest_in_quiet

logger = logging.getLogger(__name__)

# How often the bounces and complaints of the issues on their way are counted.
COUNT_EVERY_S = 30.0


def hand_over(
    app: App,
    *,
    issue_id: int | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
    is_done: Callable[[], bool],
) -> None:
    """
    Hands batches over, of one issue or of all, until *is_done* or told to stop. What a dead
    process left is taken up first.
    """
    folder = app.settings.folder
    check_original(app.database, folder, now=app.clock())
    owner = uuid.uuid4().hex[:12]
    lock = owners.OwnerLock(app.database.file, owner) if app.database.file else None
    dispatcher = app.dispatcher(owner)
    memory = Memory(app.database, folder)
    house = Housekeeping(app, dispatcher, memory, is_stopping)
    try:
        Lanes(
            begin=lambda: dispatcher.begin(issue_id) if house.is_steady else None,
            carry=dispatcher.carry,
            finish=dispatcher.finish,
            keep_house=house,
            count=app.settings.delivery.lanes,
        ).run(is_stopping=is_stopping, is_done=is_done)
    finally:
        try:
            with app.database.write() as connection:
                owners.leave(connection, owner)
                memory.advance(connection, dispatcher.begun)
                # Two processes that settled the last batches at once left the end to nobody.
                batches.finish_settled(connection, now=app.clock())
            memory.keep()
        finally:
            if lock is not None:
                lock.close()


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
    _clocks: ClockWatch = field(default_factory=ClockWatch)
    _stopped: str = ""
    _counted_at_s: float = float("-inf")

    def __call__(self) -> None:
        self._read_clocks()
        with self.app.database.write() as connection:
            now = self.app.clock()
            owners.beat(connection, self.dispatcher.owner, now=now)
            self.memory.advance(connection, self.dispatcher.begun)
            owners.bury(connection, self.app.database.file, now=now)
            rest_in_quiet(connection, now=now)
            batches.finish_settled(connection, now=now)
            stopped = stops.current_stop(connection)
        self.memory.keep()
        self._tell(str(stopped or ""))
        self._protect_readers()
        # Asking a provider may take long, and the next beat must not wait for many of them.
        until_s = time.monotonic() + BEAT_S
        while not self.is_stopping() and resolve_doubt(self.dispatcher):
            if time.monotonic() >= until_s:
                return

    def _read_clocks(self) -> None:
        """
        A clock that jumped is not believed before the next beat, nor one far from the database's:
        leases, pauses and the time of day of readers all go by it.
        """
        trouble = self._clocks.trouble(self.clock(), time.monotonic(), self.app.database.clock)
        if trouble is not None and self.is_steady:
            logger.error("nothing is handed over: %s", trouble, extra={"event": "clock.wrong"})
        self.is_steady = trouble is None

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

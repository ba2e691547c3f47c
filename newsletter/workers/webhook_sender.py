"""
The thread of a process that sends events to outgoing webhooks, several at a time to each.

While an issue is being sent it sends only a few a second, so that webhooks never slow an issue.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.events.outgoing.dispatcher import ClaimedEvents, SentEvent, WebhookDispatcher
from newsletter.model.outgoing import ClaimedEvent, OutgoingWebhook, RetryPolicy
from newsletter.store.delivery.finish import unfinished_issues
from newsletter.store.flow_control import kill_switch
from newsletter.store.outgoing.attempts import purge_some
from newsletter.store.outgoing.webhooks import due_webhooks

logger = logging.getLogger(__name__)

IDLE_POLL_S = 1.0
# Requests at the same time to one webhook, and events that wait in this process for their turn.
AT_ONCE = 4
CLAIMED = 16
# While an issue is being sent: rounds, each with at most one claim of so many events.
SLOW_ROUND_S = 0.25
SLOW_CLAIMED = 4
PURGE_EVERY_S = 3600.0
# How long a round waits for a first result, and for each more, before it records them.
FIRST_S = 0.25
COLLECT_S = 0.02


class WebhookSender:
    """
    Sends the events of one process. `wait` sleeps for a number of seconds and returns True if the
    process is stopping.
    """

    def __init__(
        self, app: App, *, wait: Callable[[float], bool], policy: RetryPolicy | None = None
    ) -> None:
        self.app = app
        self.wait = wait
        self.dispatcher = WebhookDispatcher(
            database=app.database,
            poster=app.poster,
            secrets=app.webhook_secrets,
            clock=app.clock,
            policy=policy or RetryPolicy(random=random.SystemRandom()),
            attempts=app.webhook_attempts,
        )
        self._thread = threading.Thread(target=self._run, name="webhooks")
        self._pools: dict[int, ThreadPoolExecutor] = {}
        self._in_flight: dict[int, dict[int, ClaimedEvent]] = {}
        self._finished: queue.SimpleQueue[tuple[int, SentEvent]] = queue.SimpleQueue()
        self._unrecorded: dict[int, list[SentEvent]] = {}
        self._purged_at_s = float("-inf")
        self._is_failing = False

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """
        Wait until the requests under way have ended and are recorded.
        """
        self._thread.join()

    def send_due(self) -> None:
        """
        Send what is due until nothing is, and record it.
        """
        while self.send_some() or any(self._in_flight.values()):
            pass

    def send_some(self) -> bool:
        """
        Do one round: record what was sent, claim more, and begin to send it. Return whether there
        was anything to do.
        """
        self._collect()
        with self.app.database.read() as connection:
            now = self.app.clock()
            is_stopped = kill_switch.active_stop(connection) is not None
            due = [] if is_stopped else due_webhooks(connection, now=now)
            is_slow = bool(due) and bool(unfinished_issues(connection))
        if is_slow:
            self.wait(SLOW_ROUND_S)
        room = SLOW_CLAIMED if is_slow else CLAIMED
        numbers = dict.fromkeys([*self._unrecorded, *(webhook.id for webhook in due)])
        for number in numbers:
            self._work(number, room if any(number == each.id for each in due) else 0)
        return bool(numbers)

    def close(self) -> None:
        """
        Begin no more requests, wait for those under way, and record them. What was not sent is due
        again at once.
        """
        for pool in self._pools.values():
            pool.shutdown(wait=True, cancel_futures=True)
        self._pools = {}
        while not self._finished.empty():
            self._take_over(self._finished.get())
        for number, left in list(self._in_flight.items()):
            unsent = [SentEvent(claimed=claimed, result=None) for claimed in left.values()]
            if unsent:
                self._unrecorded.setdefault(number, []).extend(unsent)
        for number in list(self._unrecorded):
            self._work(number, 0)

    def _run(self) -> None:
        while not self.wait(0.0):
            try:
                self._purge()
                had_work = self.send_some()
                self._is_failing = False
            except Exception as error:
                self._log(error)
                had_work = False
            if not (had_work or any(self._in_flight.values())) and self.wait(IDLE_POLL_S):
                break
        try:
            self.close()
        except Exception as error:
            self._log(error)

    def _work(self, number: int, room: int) -> None:
        """
        Record what was sent to one webhook, and begin to send more to it.
        """
        sent = self._unrecorded.get(number, [])
        flying = self._in_flight.setdefault(number, {})
        limit = max(room - len(flying), 0)
        if not (sent or limit):
            return
        claimed = self.dispatcher.settle_and_claim(number, sent, limit=limit)
        self._unrecorded.pop(number, None)
        if claimed is not None and claimed.events:
            self._begin(number, claimed)
        elif not flying and number in self._pools:
            self._pools.pop(number).shutdown(wait=False)

    def _begin(self, number: int, claimed: ClaimedEvents) -> None:
        if number not in self._pools:
            self._pools[number] = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")
        for event in claimed.events:
            self._in_flight[number][event.event_id] = event
            self._pools[number].submit(self._send, claimed.webhook, event)

    def _send(self, webhook: OutgoingWebhook, event: ClaimedEvent) -> None:
        self._finished.put((webhook.id, self.dispatcher.send(webhook, event)))

    def _collect(self) -> None:
        """
        Take over what the threads have finished; while they work, wait a moment for it.
        """
        patience_s = FIRST_S
        while any(self._in_flight.values()):
            try:
                finished = self._finished.get(timeout=patience_s)
            except queue.Empty:
                return
            patience_s = COLLECT_S
            if self._take_over(finished) >= CLAIMED // 2:
                return

    def _take_over(self, finished: tuple[int, SentEvent]) -> int:
        """
        Return how many events of the same webhook now wait to be recorded.
        """
        number, sent = finished
        self._in_flight[number].pop(sent.claimed.event_id, None)
        own = self._unrecorded.setdefault(number, [])
        own.append(sent)
        return len(own)

    def _purge(self) -> None:
        if time.monotonic() - self._purged_at_s < PURGE_EVERY_S:
            return
        self._purged_at_s = time.monotonic()
        deleted = 1
        while deleted and not self.wait(0.0):
            with self.app.database.write() as connection:
                deleted = purge_some(connection, now=self.app.clock())

    def _log(self, error: Exception) -> None:
        """
        Log why nothing can be sent, once; the next round tries again.
        """
        if not self._is_failing:
            is_expected = isinstance(error, NewsletterError)
            extra = {"event": "outgoing_webhooks.failed"}
            message = "events are not sent to webhooks, and stay stored: %s"
            logger.error(message, error, extra=extra, exc_info=None if is_expected else error)
        self._is_failing = True

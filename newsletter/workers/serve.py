"""
Run web server, timer and sender as threads of one process, with signals in the main thread.

After SIGTERM /readyz returns 503, nothing new is claimed, calls in flight finish and are recorded,
and the process exits with 0. A second SIGTERM ends it at once, which the ledger makes safe.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
from contextlib import ExitStack
from types import FrameType

from newsletter.actions.access import staff_links
from newsletter.actions.operations.departures import complete_file
from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.operations.log_format import configure_logging
from newsletter.operations.metrics.registry import Metrics
from newsletter.operations.restore_guard import require_same_secret, verify_identity
from newsletter.settings.signing_secret import is_exposed
from newsletter.web.application import is_upload, make_web
from newsletter.web.connections import limits_for, raise_file_limit
from newsletter.web.http_server import HttpServer, listen
from newsletter.workers import sender
from newsletter.workers.bulk_jobs import BulkJobWorker
from newsletter.workers.event_worker import EventWorker
from newsletter.workers.file_jobs import TRIALS, WORK, FileJobWorker
from newsletter.workers.timer import Timer
from newsletter.workers.webhook_sender import WebhookSender

logger = logging.getLogger(__name__)

PARTS = ("web", "schedule", "send")
# Pause after a sender failed.
RETRY_S = 2.0
# How often the main thread checks whether a part found the database's disk unsafe.
DISK_CHECK_EVERY_S = 1.0
# What SIGHUP puts beside the reasons to end.
_RELOAD = "reload"
# A load balancer needs this long to see /readyz fail before the port closes.
GRACE_S = 1.0


class ServeProcess:
    """
    The parts of one `newsletter serve`.
    """

    def __init__(self, app: App, *, host: str, port: int, parts: frozenset[str]) -> None:
        self.app = app
        self.host, self.port, self.parts = host, port, parts
        self.stopping = threading.Event()
        # Why the process ends: None after a signal. A signal may come while the main thread holds
        # an Event's lock; a SimpleQueue's `put` may be called from a handler at any time (library
        # reference, `queue`).
        self._ends: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._is_signalled = False

    def run(self) -> None:
        """
        Serve until a signal arrives, and return when all parts have stopped in order.

        Raises:
            Refused: the port is in use.
            SettingsError: links cannot be signed, or only with another secret than before; or the
                provider cannot be opened.
            NewsletterError: the web server stopped unexpectedly, or the disk lost a write.
        """
        configure_logging(self.app.settings.log.format)
        self._files = raise_file_limit()
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        # A terminal that is closed sends it too.
        if sys.stderr.isatty():
            signal.signal(signal.SIGHUP, self._on_signal)
        else:
            signal.signal(signal.SIGHUP, lambda *_: self._ends.put(_RELOAD))
        # Report missing settings now, not on every page and batch.
        context = self.app.publishing
        if "send" in self.parts:
            self.app.provider_named(self.app.settings.delivery.provider)
        verify_identity(self.app.database, self.app.settings.folder, now=self.app.clock())
        require_same_secret(self.app.database, self.app.signing_keys)
        if is_exposed(self.app.settings):
            text = "other users can read %s, and could sign links with it: run chmod 600 on it"
            file = self.app.settings.site.secret_file
            logger.warning(text, file, extra={"event": "serve.secret_exposed"})
        complete_file(self.app)
        with ExitStack() as running:
            try:
                self._start(running, Timer(context, is_stopping=self.stopping.is_set))
                failure = self._await_end()
                extra = {"event": "serve.stopping"}
                message = "stopping: calls in flight finish first, within about a minute"
                logger.info(message, extra=extra)
            finally:
                self.stopping.set()
        logger.info("stopped", extra={"event": "serve.stopped"})
        if failure is not None:
            raise NewsletterError(failure)

    def _await_end(self) -> str | None:
        """
        Wait until the process has to end. Return what failed, or None after a signal.
        """
        while not self.app.database.unsafe:
            with contextlib.suppress(queue.Empty):
                why = self._ends.get(timeout=DISK_CHECK_EVERY_S)
                if why is not _RELOAD:
                    return why
                text = "nothing is reloaded: restart the process to use new settings"
                logger.warning(text, extra={"event": "serve.no_reload"})
        return self.app.database.unsafe

    def _start(self, running: ExitStack, timer: Timer) -> None:
        """
        Start the parts. *running* stops them in reverse order, so that the web server can report
        until the last moment that the process is stopping.
        """
        if "web" in self.parts:
            self._start_web(running)
            event_worker = EventWorker(self.app, wait=self.stopping.wait)
            event_worker.start()
            running.callback(event_worker.join)
        if "schedule" in self.parts:
            wait = self.stopping.wait
            timer.start()
            running.callback(timer.stop)
            loops = [
                *(FileJobWorker(self.app, wait=wait, states=each).loop for each in (TRIALS, WORK)),
                BulkJobWorker(self.app, wait=wait).loop,
            ]
            for loop in loops:
                loop.start()
                running.callback(loop.join)
            webhooks = WebhookSender(self.app, wait=self.stopping.wait)
            webhooks.start()
            running.callback(webhooks.join)
        if "send" in self.parts:
            sender = threading.Thread(target=self._send, name="sender")
            sender.start()
            running.callback(sender.join)
            extra = {"event": "sender.ready"}
            connections = self.app.settings.delivery.connections
            logger.info("sending, with up to %s calls at a time", connections, extra=extra)

    def _start_web(self, running: ExitStack) -> None:
        metrics = Metrics(self.app)
        running.enter_context(metrics.counting_log())
        web = make_web(self.app, stopping=self.stopping, metrics=metrics)
        listening = listen(self.host, self.port)
        server = HttpServer(web, limits_for(self._files, is_upload=is_upload))
        # Outside the main thread uvicorn leaves the process's signals alone (capture_signals).
        thread = threading.Thread(target=self._run_web, args=(server, listening), name="web")
        thread.start()

        def stop() -> None:
            time.sleep(GRACE_S)
            server.should_exit = True
            thread.join()

        running.callback(stop)
        # A page makes thousands of objects, so now and then the garbage collector would scan all
        # that is loaded and stays: a tenth of a second, in which no other page is made either.
        gc.freeze()
        host, port = listening.getsockname()[:2]
        url_host = f"[{host}]" if ":" in host else host
        logger.info("serving on http://%s:%s", url_host, port, extra={"event": "serve.started"})
        if not staff_links.has_owner(self.app):
            text = (
                "nobody can log in to the newsroom yet: run `%s`, and open the link that it prints"
            )
            logger.info(text, staff_links.FIRST_OWNER, extra={"event": "serve.no_owner"})

    def _run_web(self, server: HttpServer, listening: socket.socket) -> None:
        try:
            server.run(sockets=[listening])
        except Exception:
            logger.exception("the web server crashed", extra={"event": "web.failed"})
        finally:
            listening.close()
            self._ends.put("the web server stopped unexpectedly: see the log, and start it again")

    def _send(self) -> None:
        while not self.stopping.is_set():
            try:
                sender.run_forever(self.app, is_stopping=self.stopping.is_set)
            except NewsletterError as error:
                logger.error(
                    "sending failed and is restarted: %s", error, extra={"event": "sender.failed"}
                )
                self.stopping.wait(RETRY_S)
            except Exception:
                logger.exception(
                    "sending crashed and is restarted", extra={"event": "sender.failed"}
                )
                self.stopping.wait(RETRY_S)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._is_signalled:
            os._exit(128 + number)
        self._is_signalled = True
        self._ends.put(None)

"""
One process for everything: the web server in front, timer and sender in threads behind it.

SIGTERM: /readyz says 503, nothing new is claimed, calls in flight end and are written down, and
the process ends with 0. A second SIGTERM ends it at once, which the ledger makes safe.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from newsletter.app import App
from newsletter.errors import NewsletterError, Refused
from newsletter.schedule import Timer
from newsletter.web.public import PublicPages, error_pages

logger = logging.getLogger(__name__)

RETRY_S = 2.0


def make_web(app: App, *, stopping: threading.Event) -> Starlette:
    """
    The web application of *app*.
    """
    pages = PublicPages(app)
    web = Starlette(routes=pages.routes(), exception_handlers=error_pages(pages))  # type: ignore[arg-type]
    web.state.is_stopping = stopping.is_set
    return web


class Serving:
    """
    The parts of one `newsletter serve`.
    """

    def __init__(self, app: App, *, host: str, port: int, parts: frozenset[str]) -> None:
        self.app = app
        self.host, self.port, self.parts = host, port, parts
        self.stopping = threading.Event()
        self._server: uvicorn.Server | None = None

    def run(self) -> None:
        """
        Serves until a signal says stop, and returns when everything has ended in order.

        Raises:
            Refused: the port is taken.
        """
        _log_plainly()
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        timer = Timer(self.app.road, is_stopping=self.stopping.is_set)
        sender = threading.Thread(target=self._send, name="sender")
        if "schedule" in self.parts:
            timer.start()
        if "send" in self.parts:
            sender.start()
        try:
            self._serve_web()
            while not self.stopping.is_set():
                self.stopping.wait(1)
        finally:
            self.stopping.set()
            if "schedule" in self.parts:
                timer.stop()
            if "send" in self.parts:
                sender.join()
        logger.info("stopped", extra={"event": "serve.stopped"})

    def _serve_web(self) -> None:
        if "web" not in self.parts:
            return
        config = uvicorn.Config(
            make_web(self.app, stopping=self.stopping),
            host=self.host,
            port=self.port,
            log_config=None,
            access_log=False,
            server_header=False,
        )
        server = _Quiet(config)
        self._server = server
        logger.info(
            "serving on http://%s:%s", self.host, self.port, extra={"event": "serve.started"}
        )
        try:
            server.run()
        except SystemExit as error:
            raise Refused(
                f"cannot listen on {self.host}:{self.port}: is it taken? choose another --port"
            ) from error

    def _send(self) -> None:
        while not self.stopping.is_set():
            try:
                self.app.hand_over(is_stopping=self.stopping.is_set, is_done=lambda: False)
            except NewsletterError as error:
                logger.error("sender: %s", error, extra={"event": "sender.failed"})
                time.sleep(RETRY_S)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.stopping.is_set():
            os._exit(1)
        self.stopping.set()
        # The web server is told a moment later, so that a balancer sees /readyz say no first.
        if self._server is not None:
            threading.Timer(1.0, self._stop_web).start()

    def _stop_web(self) -> None:
        if self._server is not None:
            self._server.should_exit = True


class _Quiet(uvicorn.Server):
    """
    Leaves the process's signals to `Serving`.
    """

    def install_signal_handlers(self) -> None:
        return

    def capture_signals(self):  # type: ignore[no-untyped-def]
        from contextlib import nullcontext

        return nullcontext()


def _log_plainly() -> None:
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # Their lines at INFO say nothing that ours do not, or name whole addresses.
    for name in ("apscheduler", "httpx", "httpcore", "alembic", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)

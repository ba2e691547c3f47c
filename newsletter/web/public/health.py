"""
The pages that tell a supervisor or a load balancer whether this process works.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.errors import NewsletterError, StoreError
from newsletter.store.flow_control import kill_switch
from newsletter.store.migrate import require_current


class HealthPages:
    """
    The health checks of one App.
    """

    def __init__(self, app: App, *, is_stopping: Callable[[], bool]) -> None:
        self.app = app
        self.is_stopping = is_stopping

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [Route("/healthz", self.health), Route("/readyz", self.ready)]

    def health(self, request: Request) -> Response:
        """
        Respond with 200 as long as the process runs.
        """
        return PlainTextResponse("ok\n")

    def ready(self, request: Request) -> Response:
        """
        Respond with 200 if this process can serve requests. Otherwise respond with 503 and the
        reason: it is shutting down, the disk is full, or the database is unavailable.
        """
        if self.is_stopping():
            return PlainTextResponse("shutting down\n", status_code=503)
        try:
            self.app.database.require_space()
        except StoreError:
            return PlainTextResponse("disk full\n", status_code=503)
        try:
            require_current(self.app.database)
            with self.app.database.read() as connection:
                kill_switch.require_not_migrated(connection)
        except (NewsletterError, SQLAlchemyError):
            return PlainTextResponse("database unavailable\n", status_code=503)
        return PlainTextResponse("ready\n")

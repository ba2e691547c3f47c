"""
Run the web application on a port, in the thread that calls it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp

from newsletter.errors import Refused
from newsletter.web.connections import ConnectionLimits, ConnectionPool, GuardedProtocol

logger = logging.getLogger(__name__)

# Requests that are still open after this time are cut off.
SHUTDOWN_TIMEOUT_S = 5
# The kernel keeps this many connections that were not yet accepted.
_BACKLOG = 512
_ACCEPT_FAILED = "socket.accept() out of system resource"
_LOG_EVERY_S = 60.0


def listen(host: str, port: int) -> socket.socket:
    """
    Return a socket that listens on *host* and *port*.

    Raises:
        Refused: they cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        raise Refused(
            f"cannot listen on {host}:{port} ({_reason(error)}): choose another "
            "--port or --host, or stop the program that listens there"
        ) from error
    # Accepted connections inherit it (Linux). asyncio sets it only if the socket was made with the
    # number of TCP. Without it, the second response on a connection waits 40 ms for the client's
    # delayed ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class HttpServer(uvicorn.Server):
    """
    uvicorn with limits on what clients can hold.
    """

    def __init__(self, web: ASGIApp, limits: ConnectionLimits) -> None:
        self.pool = ConnectionPool(limits)
        protocol = partial(GuardedProtocol, self.pool)
        config = uvicorn.Config(
            web,
            http=cast("type[asyncio.Protocol]", protocol),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            backlog=limits.accepted_at_once,
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
        )
        super().__init__(config)
        self._logged_at_s = float("-inf")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """
        Start accepting connections.
        """
        asyncio.get_running_loop().set_exception_handler(self.on_error)
        await super().startup(sockets)
        for listening in sockets or []:
            # asyncio has set the kernel's queue to the number that it accepts at once.
            listening.listen(_BACKLOG)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """
        Stop accepting connections, and wait for the responses that are due.
        """
        self.pool.is_closed = True
        await super().shutdown(sockets)

    def on_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """
        Log an error of the event loop; failed accepts, of which there may be thousands a second,
        once a minute.
        """
        if context.get("message") != _ACCEPT_FAILED:
            loop.default_exception_handler(context)
            return
        if time.monotonic() - self._logged_at_s >= _LOG_EVERY_S:
            self._logged_at_s = time.monotonic()
            extra = {"event": "web.accept_failed"}
            message = "cannot accept connections at the moment: %s"
            logger.error(message, context.get("exception"), extra=extra)


def _reason(error: OSError | UnicodeError) -> str:
    if not isinstance(error, OSError):
        return "not a valid host name"
    # `create_server` appends the address, which is already in our message.
    return str(error.strerror).partition(" (while ")[0]

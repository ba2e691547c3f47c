"""
What the servers of the tests have in common: each listens on the loopback interface while a block
lasts, and then disconnects the clients that stayed.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading
from types import TracebackType
from typing import Any, Self


class Listener(socketserver.ThreadingTCPServer):
    """
    A port, and a thread for each connection, in which *talk* holds the conversation.
    """

    # server_close() joins the threads only when they are no daemons.
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, talk: type[socketserver.BaseRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), talk)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.watch(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def watch(self, connection: socket.socket) -> None:
        """
        Have `hang_up` end *connection* too: TLS makes a new one of it.
        """
        with self._guard:
            self._open.add(connection)

    def hang_up(self) -> None:
        """
        End the connections that clients keep open, so that their threads can be joined.
        """
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """
        Say nothing about a client that disconnects: many tests are about that.
        """
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Loopback:
    """
    A server on this machine: `with server:` has it listen until the block ends.
    """

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._thread = threading.Thread(target=listener.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.hang_up()
        self._listener.server_close()

    @property
    def port(self) -> int:
        return int(self._listener.server_address[1])

"""
A proxy before a PostgreSQL server: it passes everything on, and does harm at one packet from the
client, counted over all connections.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from postgres import Server

NAME = ".s.PGSQL.5432"
# How long a backend that is stopped stands still, and a server stays away.
STOPPED_S = 1.0
HARMS = ("cut", "answer lost", "all cut", "terminated", "stopped", "crash")


@dataclass(kw_only=True)
class PostgresProxy:
    """
    Use as a context manager. `harm` befalls the `at`-th packet after `arm`: `cut`, its connection
    is closed before it gets through; `answer lost`, the connection closes once it got through;
    `all cut`, every connection; `terminated`, every backend by the administrator; `stopped`, every
    backend stands still; `crash`, the server ends at once and starts again.
    """

    server: Server
    folder: Path = field(init=False)
    seen: int = 0
    _harm: str = ""
    _at: int = 0
    _database: str = ""
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _harming: threading.Lock = field(default_factory=threading.Lock)
    _open: set[socket.socket] = field(default_factory=set)

    def __enter__(self) -> PostgresProxy:
        self.folder = Path(tempfile.mkdtemp(prefix="nl-proxy-"))
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.folder / NAME))
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread in accept() is woken by the shutdown, not by a close.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._cut_all()
        shutil.rmtree(self.folder)

    def arm(self, harm: str, *, at: int, url: str) -> str:
        """
        Choose the next harm, and return the address by which clients of the database at *url* come
        through this proxy.
        """
        named = sa.make_url(url)
        with self._guard:
            self._harm, self._at, self.seen = harm, at, 0
            self._database = named.database or ""
        through = named.set(query={"host": str(self.folder)})
        return through.render_as_string(hide_password=False)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._pass_on(client)

    def _pass_on(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self.server.socket_folder / NAME))
        except OSError:
            client.close()
            server.close()
            return
        self._open |= {client, server}
        for pump in (self._upwards, self._downwards):
            threading.Thread(target=pump, args=(client, server), daemon=True).start()

    def _upwards(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while packet := client.recv(65536):
                if self._is_due():
                    self._do_harm(client, server, packet)
                else:
                    server.sendall(packet)
        self._cut(client, server)

    def _downwards(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while packet := server.recv(65536):
                client.sendall(packet)
        self._cut(client, server)

    def _is_due(self) -> bool:
        with self._guard:
            self.seen += 1
            return self.seen == self._at

    def settle(self) -> None:
        """
        Wait until the harm is done and the server is back.
        """
        with self._harming:
            pass

    def _do_harm(self, client: socket.socket, server: socket.socket, packet: bytes) -> None:
        with self._harming:
            self._harm_now(client, server, packet)

    def _harm_now(self, client: socket.socket, server: socket.socket, packet: bytes) -> None:
        if self._harm == "cut":
            self._cut(client, server)
        elif self._harm == "answer lost":
            client.shutdown(socket.SHUT_RDWR)
            server.sendall(packet)
            # The server reads what came before the end of the connection.
            time.sleep(0.05)
        elif self._harm == "all cut":
            self._cut_all()
        elif self._harm == "terminated":
            self._administer("SELECT pg_terminate_backend(pid)")
            server.sendall(packet)
        elif self._harm == "stopped":
            self._stop_backends()
            server.sendall(packet)
        elif self._harm == "crash":
            self.server.stop("immediate")
            self.server.start()

    def _stop_backends(self) -> None:
        pids = self._administer("SELECT pid")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)

        def go_on() -> None:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

        threading.Timer(STOPPED_S, go_on).start()

    def _administer(self, select: str) -> list[int]:
        engine = sa.create_engine(self.server.address)
        statement = sa.text(f"{select} FROM pg_stat_activity WHERE datname = :name")
        with engine.connect() as connection:
            found = list(connection.scalars(statement, {"name": self._database}))
        engine.dispose()
        return found

    def _cut(self, *both: socket.socket) -> None:
        for one in both:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
            self._open.discard(one)

    def _cut_all(self) -> None:
        self._cut(*list(self._open))

"""
What strangers' connections can take from `newsletter serve`: how many, for how long, how much.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import Served, command, installation, mailed, new_issue, wait_until

from newsletter.store.database import Database
from newsletter.store.flow_control import kill_switch
from newsletter.web.connections import ConnectionLimits, limits_for
from newsletter.web.http_server import HttpServer, listen

FILES = 256


class SilentClients:
    """
    `with SilentClients(address, 300):` holds 300 connections that send nothing, and opens another
    for each that is closed.
    """

    def __init__(self, address: str, count: int) -> None:
        host, port = address.removeprefix("http://").split(":")
        self.place = (host, int(port))
        self.sockets: list[socket.socket] = []
        self.count = count
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep)

    def __enter__(self) -> SilentClients:
        while len(self.sockets) < self.count:
            self._open()
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._keeper.join()
        for held in self.sockets:
            held.close()

    def _open(self) -> None:
        held = socket.socket()
        held.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            held.connect(self.place)
        self.sockets.append(held)

    def _keep(self) -> None:
        while not self._over.wait(0.5):
            closed = [held for held in self.sockets if _is_closed(held)]
            for held in closed:
                self.sockets.remove(held)
                held.close()
                self._open()


def _is_closed(held: socket.socket) -> bool:
    try:
        return held.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _stop(folder: Path) -> kill_switch.Stop | None:
    database = Database(f"sqlite:///{folder / 'newsletter.db'}")
    with database.read() as connection:
        found = kill_switch.active_stop(connection)
    database.close()
    return found


def _get(served: Served, path: str) -> tuple[int, str] | None:
    """
    Return the answer; None if the connection was closed in favour of newer ones before the server
    came to read the request, as it may be on a busy machine. A browser asks again, too.
    """
    try:
        return served.get(path)
    except httpx.RemoteProtocolError:
        return None


def test_more_silent_connections_than_files_stop_neither_pages_nor_sending(tmp_path: Path) -> None:
    addresses = installation(tmp_path, 2)
    number = new_issue(tmp_path)
    with (
        Served(tmp_path, files=(FILES, FILES)) as served,
        SilentClients(served.address, FILES + 100),
    ):
        wait_until(lambda: _get(served, "/healthz") == (200, "ok\n"))
        command(tmp_path, "issue", "send", number, "--yes")
        wait_until(lambda: mailed(tmp_path) == addresses)
        wait_until(lambda: _get(served, "/readyz") == (200, "ready\n"))
        assert len(served.open_files()) < FILES
        served.signal()
        assert served.end() == 0
    assert _stop(tmp_path) is None
    assert [line for line in served.log.splitlines() if " INFO " not in line] == []


def test_serve_may_open_as_many_files_as_the_system_lets_it(tmp_path: Path) -> None:
    installation(tmp_path, 0)
    with Served(tmp_path, "--only", "web", files=(FILES, 1024)) as served:
        served.get("/healthz")
        limits = Path(f"/proc/{served.process.pid}/limits").read_text()
    assert re.search(r"Max open files +1024 +1024 ", limits)


@pytest.mark.parametrize("files", [16, 256, 1024, 20_000, 1_048_576])
def test_a_quarter_of_the_files_is_left_for_everything_else(files: int) -> None:
    limits = limits_for(files, is_upload=lambda path: False)
    # asyncio has up to four rounds of accepted connections that it has not yet told us about.
    assert limits.connections + 4 * limits.accepted_at_once <= files * 3 / 4


async def _app(scope: Any, receive: Any, send: Any) -> None:
    """
    Respond without reading the body: with the path, or with 16 MB for `/large`. Of `/upload`, read
    it and respond with its length.
    """
    body = b"x" * 2**24 if scope["path"] == "/large" else scope["path"].encode()
    if scope["path"] == "/upload":
        body = str(await _length(receive)).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _length(receive: Any) -> int:
    length, has_more = 0, True
    while has_more:
        message = await receive()
        length += len(message.get("body", b""))
        has_more = message.get("more_body", False)
    return length


@contextlib.contextmanager
def _serving(**limits: Any) -> Iterator[tuple[Callable[[bytes], socket.socket], HttpServer]]:
    """
    Run a server with *limits*; yield a function that connects to it and sends something, and the
    server.
    """
    listening = listen("127.0.0.1", 0)
    server = HttpServer(_app, ConnectionLimits(**limits))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    with contextlib.ExitStack() as opened:
        place = listening.getsockname()

        def connect(sent: bytes) -> socket.socket:
            client = opened.enter_context(socket.create_connection(place, timeout=60))
            with contextlib.suppress(ConnectionError):
                client.sendall(sent)
            return client

        try:
            yield connect, server
        finally:
            server.should_exit = True
            thread.join()


def _answer(client: socket.socket) -> bytes:
    """
    Return everything the server sends until it closes the connection.
    """
    answer = b""
    with contextlib.suppress(ConnectionError):
        while part := client.recv(2**16):
            answer += part
    return answer


GET = b"GET / HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("sent", [b"", b"GET", GET, b"\r\n" * 9, GET + b"\r\n" + GET])
def test_a_client_that_does_not_finish_its_headers_is_disconnected(sent: bytes) -> None:
    with _serving(headers_s=0.2) as (connect, _):
        assert _answer(connect(sent)).count(b"200 OK") == sent.count(b"\r\n\r\nGET")


def test_a_client_that_does_not_read_its_response_is_disconnected() -> None:
    with _serving(headers_s=0.1, response_s=0.3) as (connect, server):
        slow = connect(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        assert slow.recv(4) == b"HTTP"
        wait_until(lambda: len(server.pool) == 0)
        assert len(_answer(slow)) < 2**24


@pytest.mark.parametrize(
    "endless",
    [b"a:\r\n" * 2**19, b"a: " + b"a" * 2**21, b"b" * 2**21],
    ids=["many headers", "long header", "long name"],
)
def test_headers_without_end_are_refused(endless: bytes) -> None:
    with _serving(headers_s=600) as (connect, _):
        assert not _answer(connect(GET + endless)).startswith(b"HTTP/1.1 200")


def test_usual_headers_of_a_proxy_are_accepted() -> None:
    proxied = b"".join(b"X-Header-%d: %s\r\n" % (number, b"v" * 200) for number in range(60))
    with _serving() as (connect, _):
        answer = _answer(connect(GET + b"Connection: close\r\n" + proxied + b"\r\n"))
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_body_that_nobody_reads_does_not_keep_the_connection() -> None:
    half = b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"
    with _serving(headers_s=600, response_s=600, rest_s=0.2) as (connect, _):
        assert _answer(connect(half)).endswith(b"/x")


@pytest.mark.parametrize(("is_upload", "status"), [(True, b"200"), (False, b"400")])
def test_only_an_upload_may_have_more_than_four_megabytes(is_upload: bool, status: bytes) -> None:
    size = 5 * 2**20
    head = b"POST /upload HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    with _serving(is_upload=lambda path: is_upload and path == "/upload") as (connect, _):
        answer = _answer(connect(head % size + b"x" * size))
    assert answer.split()[1:2] == [status]
    assert answer.endswith(b"%d" % size) is is_upload


def test_too_many_requests_at_once_on_one_connection_are_refused() -> None:
    with _serving() as (connect, _):
        assert _answer(connect((GET + b"\r\n") * 10_000)).count(b"200 OK") < 100


def test_of_too_many_connections_the_one_idle_for_longest_is_closed() -> None:
    with _serving(connections=2, headers_s=600) as (connect, _):
        first, second = connect(b""), connect(GET)
        third = connect(GET + b"Connection: close\r\n\r\n")
        assert _answer(third).startswith(b"HTTP/1.1 200")
        assert _answer(first) == b""
        second.sendall(b"Connection: close\r\n\r\n")
        assert _answer(second).startswith(b"HTTP/1.1 200")


def test_a_connection_accepted_while_the_server_stops_is_closed_at_once() -> None:
    with _serving(headers_s=600) as (connect, server):
        server.pool.is_closed = True
        assert _answer(connect(b"")) == b""


def test_a_second_response_is_not_delayed_by_the_client() -> None:
    with listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_accepts_that_fail_are_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    server = HttpServer(_app, ConnectionLimits())
    failed = OSError(24, "Too many open files")
    context = {"message": "socket.accept() out of system resource", "exception": failed}
    loop = asyncio.new_event_loop()
    for _ in range(2_000):
        server.on_error(loop, context)
    loop.close()
    assert [record.event for record in caplog.records] == ["web.accept_failed"]  # type: ignore[attr-defined]

"""
Test the HTTP client: one deadline for a whole call, and whether a failed request may have arrived.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from http_server import Answer as Reply
from http_server import Received, ScriptedServer

from newsletter.providers.http_client import HttpClient, HttpFailure, HttpResponse


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(2) as http:
        yield http


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


# Far from any deadline here, also on a busy machine.
LONGEST_S = 20.0


def dripping(pieces: int) -> Iterator[bytes]:
    for _ in range(pieces):
        time.sleep(0.05)
        yield b"x"


def test_a_response_is_returned_completely(http: HttpClient, server: ScriptedServer):
    server.answer("/a", status=418, headers={"X-Word": "tea"}, body=b"short")
    response = http.post(server.url("/a"), b"asked", {"X-Asked": "yes"}, 5.0)
    assert isinstance(response, HttpResponse)
    assert (response.status, response.headers["x-word"], response.body) == (418, "tea", b"short")
    (request,) = server.requests
    assert (request.method, request.body) == ("POST", b"asked")
    assert request.headers["x-asked"] == "yes"


def test_a_connection_is_reused(http: HttpClient, server: ScriptedServer):
    server.answer("/a", body=b"ok")
    for _ in range(3):
        http.post(server.url("/a"), b"", {}, 5.0)
    # The server has one thread for each connection.
    connections = [thread for thread in threading.enumerate() if "process_request" in thread.name]
    assert (len(server.requests), len(connections)) == (3, 1)


def test_a_redirect_is_returned_and_not_followed(http: HttpClient, server: ScriptedServer):
    server.answer("/a", status=307, headers={"Location": "/b"})
    response = http.post(server.url("/a"), b"asked", {}, 5.0)
    assert isinstance(response, HttpResponse)
    assert (response.status, len(server.requests)) == (307, 1)


def test_a_proxy_in_the_environment_is_not_used(
    http: HttpClient, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.answer("/a", body=b"ok")
    assert isinstance(http.post(server.url("/a"), b"", {}, 5.0), HttpResponse)


def test_look_ups_do_not_take_the_connections_for_submissions(server: ScriptedServer):
    asked, may_answer = threading.Semaphore(0), threading.Event()

    def slowly(request: Received) -> Reply:
        asked.release()
        may_answer.wait(timeout=LONGEST_S)
        return Reply(body=b"late")

    server.answer("/slow", slowly)
    server.answer("/a", body=b"ok")
    # A send that waits for a connection loses part of its deadline, and ends uncertain.
    with HttpClient(1) as http, ThreadPoolExecutor(2) as threads:
        questions = [threads.submit(http.get, server.url("/slow"), {}, 10.0) for _ in range(2)]
        assert asked.acquire(timeout=LONGEST_S)
        assert isinstance(http.post(server.url("/a"), b"", {}, 5.0), HttpResponse)
        may_answer.set()
        assert all(isinstance(one.result(), HttpResponse) for one in questions)


def test_a_refused_connection_sent_nothing(http: HttpClient):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        response = http.post(f"http://127.0.0.1:{unused.getsockname()[1]}/", b"", {}, 5.0)
    assert isinstance(response, HttpFailure)
    assert response.may_have_arrived is False
    assert response.reason.startswith("ConnectError")


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 64 + ".invalid"])
def test_a_host_that_is_not_found_got_nothing(http: HttpClient, host: str):
    response = http.post(f"http://{host}/", b"", {}, 5.0)
    assert isinstance(response, HttpFailure)
    assert response.may_have_arrived is False


def test_a_server_without_tls_gets_no_request(http: HttpClient, server: ScriptedServer):
    response = http.post(server.url("/a").replace("http:", "https:"), b"secret", {}, 5.0)
    assert isinstance(response, HttpFailure)
    assert (response.may_have_arrived, server.requests) == (False, [])


def test_a_header_that_cannot_be_encoded_sends_nothing(http: HttpClient, server: ScriptedServer):
    response = http.post(server.url("/a"), b"", {"X-Bad": "a\r\nX-More: b"}, 5.0)
    assert isinstance(response, HttpFailure)
    assert (response.may_have_arrived, server.requests) == (False, [])


@pytest.mark.parametrize(
    "raw",
    [
        (),
        (b"HTTP/1.1 200 OK\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",),
        (b"what is this?\r\n\r\n",),
    ],
)
def test_a_request_whose_response_breaks_off_may_have_arrived(
    http: HttpClient, server: ScriptedServer, raw: tuple[bytes, ...]
):
    server.answer("/a", raw=raw)
    response = http.post(server.url("/a"), b"asked", {}, 5.0)
    assert isinstance(response, HttpFailure)
    assert (response.may_have_arrived, len(server.requests)) == (True, 1)


@pytest.mark.parametrize("part", ["silence", "headers", "body"])
def test_a_server_that_responds_byte_by_byte_is_left_at_the_deadline(
    http: HttpClient, server: ScriptedServer, part: str
):
    is_left = threading.Event()

    def response(request: Received) -> Reply:
        if part == "silence":
            is_left.wait(LONGEST_S)
            return Reply(body=b"late")
        return Reply(raw=dripping(400)) if part == "headers" else Reply(body=dripping(400))

    server.answer("/a", response)
    started_s = time.monotonic()
    answered = http.post(server.url("/a"), b"asked", {}, 0.3)
    took_s = time.monotonic() - started_s
    is_left.set()
    assert isinstance(answered, HttpFailure)
    assert answered.may_have_arrived is True
    assert 0.25 < took_s < LONGEST_S / 2


def test_a_server_that_does_not_read_is_left_at_the_deadline(http: HttpClient):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        started_s = time.monotonic()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        response = http.post(url, bytes(30_000_000), {}, 0.3)
        took_s = time.monotonic() - started_s
    assert response == HttpFailure(
        may_have_arrived=True, reason="WriteTimeout: the deadline passed"
    )
    assert took_s < LONGEST_S


def test_a_connection_works_again_after_a_broken_call(server: ScriptedServer):
    with HttpClient(1) as http:
        server.answer("/broken", raw=())
        server.answer("/a", body=b"ok")
        http.post(server.url("/broken"), b"", {}, 5.0)
        response = http.post(server.url("/a"), b"", {}, 5.0)
    assert isinstance(response, HttpResponse)
    assert response.body == b"ok"


def test_without_a_free_connection_by_the_deadline_nothing_is_sent(server: ScriptedServer):
    release = threading.Event()

    def held(request: Received) -> Reply:
        release.wait(LONGEST_S)
        return Reply(body=b"ok")

    server.answer("/held", held)
    with HttpClient(1) as http, ThreadPoolExecutor(1) as pool:
        first = pool.submit(http.post, server.url("/held"), b"", {}, LONGEST_S)
        while not server.requests:
            time.sleep(0.01)
        second = http.post(server.url("/held"), b"", {}, 0.1)
        release.set()
        assert isinstance(first.result(), HttpResponse)
    assert second == HttpFailure(may_have_arrived=False, reason="no connection became free in time")


def test_more_threads_than_connections_each_get_their_own_response(server: ScriptedServer):
    server.answer("/echo", lambda request: Reply(body=request.body))
    with HttpClient(3) as http, ThreadPoolExecutor(12) as pool:
        asked = [str(number).encode() for number in range(60)]
        answers = list(pool.map(lambda b: http.post(server.url("/echo"), b, {}, 10.0), asked))
    assert [response.body for response in answers if isinstance(response, HttpResponse)] == asked


def test_an_endless_response_is_truncated(http: HttpClient, server: ScriptedServer):
    server.answer("/a", body=(b"x" * 1_000_000 for _ in range(20)))
    response = http.post(server.url("/a"), b"", {}, 5.0)
    assert isinstance(response, HttpResponse)
    assert len(response.body) == 4 * 1024 * 1024

"""
The poster against a real server: what counts as a response, what it refuses, when it gives up.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator

import pytest
from http_server import Answer, ScriptedServer

from newsletter.errors import FetchError
from newsletter.isolation.poster import Posted, Poster

LOOPBACK = ("127.0.0.0/8",)
NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def poster(**values: float) -> Poster:
    return Poster(networks=LOOPBACK, now=lambda: NOW, **values)


def refusal(poster: Poster, url: str) -> str:
    with pytest.raises(FetchError) as caught:
        poster.post(url, b"{}", {})
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_body_and_headers_arrive(server: ScriptedServer) -> None:
    server.answer("/hook", status=204)
    posted = poster().post(server.url("/hook?a=1"), b'{"a": 1}', {"webhook-id": "7"})
    (request,) = server.requests
    assert (posted, request.method, request.path) == (Posted(status=204), "POST", "/hook?a=1")
    assert (request.body, request.headers["webhook-id"]) == (b'{"a": 1}', "7")
    assert request.headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize("status", [301, 302, 307, 308, 404, 410, 500])
def test_any_status_is_returned_and_no_redirect_is_followed(
    server: ScriptedServer, status: int
) -> None:
    server.answer("/hook", status=status, headers={"Location": server.url("/other")})
    assert poster().post(server.url("/hook"), b"{}", {}) == Posted(status=status)
    assert len(server.requests) == 1


def test_a_receiver_says_how_long_to_wait(server: ScriptedServer) -> None:
    server.answer("/hook", status=429, headers={"Retry-After": "Wed, 04 Mar 2026 12:01:00 GMT"})
    assert poster().post(server.url("/hook"), b"{}", {}).retry_after_s == 60


@pytest.mark.parametrize(
    "after_header",
    [[b"Content-Length: 99\r\n\r\nhalf"], [b"\r\n", *[b"x" * 65536] * 64], [b"\r\n"]],
    ids=["half a body", "a huge body", "no body"],
)
def test_a_response_counts_once_its_header_is_complete(
    server: ScriptedServer, after_header: list[bytes]
) -> None:
    server.answer("/hook", raw=[b"HTTP/1.1 200 OK\r\n", *after_header])
    assert poster().post(server.url("/hook"), b"{}", {}) == Posted(status=200)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(raw=[b"HTTP/1.1 200 O"]), "no usable response"),
        (Answer(raw=[b"hello\r\n\r\n"]), "no usable response"),
        (Answer(raw=[]), "no usable response"),
        (Answer(raw=[], is_reset=True), "no usable response"),
    ],
    ids=["half a header", "garbage", "nothing", "a reset"],
)
def test_anything_else_is_a_failure(server: ScriptedServer, answer: Answer, words: str) -> None:
    server.answer("/hook", lambda request: answer)
    with pytest.raises(FetchError, match=words):
        poster().post(server.url("/hook"), b"{}", {})


def test_a_slow_receiver_is_given_up_at_the_deadline(server: ScriptedServer) -> None:
    def drip() -> Iterator[bytes]:
        for letter in b"HTTP/1.1 200 OK":
            time.sleep(0.05)
            yield bytes([letter])

    server.answer("/hook", lambda request: Answer(raw=drip()))
    with pytest.raises(FetchError, match=r"did not respond within 0\.3 s"):
        poster(deadline_s=0.3).post(server.url("/hook"), b"{}", {})


def test_nobody_listens(server: ScriptedServer) -> None:
    with pytest.raises(FetchError, match="no usable response"):
        poster().post("http://127.0.0.1:1/hook", b"{}", {})


@pytest.mark.parametrize(
    ("url", "address", "reason"),
    [
        ("https://crm.example.org/", "10.0.0.5", "its address is 10.0.0.5 (a private network)"),
        ("https://crm.example.org/", "::ffff:127.0.0.1", "its address is 127.0.0.1"),
        ("https://crm.example.org/", "169.254.169.254", "check the address"),
        ("http://crm.example.org/", "8.8.8.8", "unencrypted: use an https:// address"),
        ("https://crm.example.org:25/", "8.8.8.8", "on port 25"),
    ],
)
def test_the_address_decides_what_is_refused(url: str, address: str, reason: str) -> None:
    strict = Poster(resolve=lambda host, port: ["8.8.4.4", address])
    assert reason in refusal(strict, url)
    with pytest.raises(FetchError) as checked:
        strict.check(url)
    assert reason in str(checked.value)


def test_a_host_that_is_not_found_may_be_named_already() -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise OSError

    Poster(resolve=resolve).check("https://crm.example.org/hook")


@pytest.mark.parametrize("url", ["ftp://example.org", "https://a:b@example.org", "nothing"])
def test_what_is_no_address_is_refused(url: str) -> None:
    assert "was not fetched" in refusal(poster(), url)

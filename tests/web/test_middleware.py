"""
The guard in front of the pages, before small applications of the tests' own.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from web_samples import TestClient

from newsletter.operations.log_format import make_formatter
from newsletter.web.middleware import MAX_BYTES, SafetyMiddleware

HEADERS = {"X-Robots-Tag": "noindex", "Content-Type": "text/never"}
SCOPE = {"type": "http", "method": "POST", "path": "/u/T0K3N", "headers": []}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{len(body)} bytes")(scope, receive, send)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError(f"ada@example.org: duplicate at {scope['path']}")


def guarded(app: Any, **values: Any) -> SafetyMiddleware:
    def plain_error(status_code: int) -> Response:
        return PlainTextResponse(f"trouble {status_code}", status_code=status_code)

    return SafetyMiddleware(app, error_page=plain_error, headers=HEADERS, **values)


def pieces(size: int) -> Iterator[bytes]:
    yield b"x" * (size - 1)
    yield b"x"


@pytest.mark.parametrize("body", [lambda n: b"x" * n, pieces], ids=["with length", "in pieces"])
def test_a_body_is_taken_whole_up_to_its_limit(body: Any) -> None:
    client = TestClient(guarded(echo))
    answers = [client.post("/", content=body(size)) for size in (MAX_BYTES, MAX_BYTES + 1)]
    assert [(a.status_code, a.text) for a in answers] == [
        (200, f"{MAX_BYTES} bytes"),
        (413, "trouble 413"),
    ]


def test_headers_stand_on_every_answer_and_replace_none(caplog: pytest.LogCaptureFixture) -> None:
    for app in (echo, broken):
        answer = TestClient(guarded(app)).get("/")
        assert answer.headers["x-robots-tag"] == "noindex"
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(caplog.records) == 1


def test_a_page_that_breaks_is_logged_without_address_or_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = TestClient(guarded(broken)).get("/u/T0K3N?secret=1")
    assert (answer.status_code, answer.text) == (500, "trouble 500")
    (record,) = caplog.records
    line = make_formatter("text").format(record)
    assert record.levelno == logging.ERROR
    assert line.endswith("  ValueError: …: duplicate at /u/…")
    assert not any(secret in line for secret in ("ada", "T0K3N", "secret=1"))


def test_a_body_that_comes_too_slowly_is_refused() -> None:
    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(guarded(echo, most_seconds=0.01)(SCOPE, never, send))
    assert (sent[0]["status"], sent[1]["body"]) == (408, b"trouble 408")


def test_a_client_that_hangs_up_half_way_reaches_no_page() -> None:
    reached = threading.Event()

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        reached.set()

    messages = iter(
        [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    asyncio.run(guarded(page)(SCOPE, receive, send))
    assert not reached.is_set()

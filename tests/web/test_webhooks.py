"""
The webhook endpoint: what is verified is stored and answered at once, anything else leads nowhere.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from event_samples import FOREIGN, SECRET, postmark_body, resend_body, signed
from installation import Installation
from web_samples import TestClient
from webhook_calls import Talks
from webhook_requests import path, post_webhook, waiting

from newsletter.isolation.sandbox import Sandbox
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.tables import webhook_inbox
from newsletter.web.application import make_web
from newsletter.web.webhooks.endpoint import MAX_BYTES, MAX_WAITING

RAW = resend_body("email.delivered")
PASSWORD = {"Authorization": "Basic " + base64.b64encode(b"hook:s3cret").decode()}


PROVIDERS = {
    "mails": {"kind": "resend", "api_key": "env:NL_KEY", "webhook_secret": "env:NL_HOOK"},
    "deaf": {"kind": "resend", "api_key": "env:NL_KEY"},
    "post": {"kind": "postmark", "api_key": "env:NL_KEY"},
    "guarded": {"kind": "postmark", "api_key": "env:NL_KEY", "webhook_secret": "env:NL_PASS"},
    "keyless": {"kind": "resend", "api_key": "env:NL_NOBODY", "webhook_secret": "env:NL_HOOK"},
    "box": {"kind": "outbox"},
}


@pytest.fixture
def installation(
    tmp_path: Path,
    database_url: str,
    now: dt.datetime,
    warm_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Installation]:
    """
    An installation with a provider of each sort.
    """
    for name, value in {"NL_KEY": "k", "NL_HOOK": SECRET, "NL_PASS": "hook:s3cret"}.items():
        monkeypatch.setitem(os.environ, name, value)
    installation = Installation(
        tmp_path, database_url, now=now, sandbox=warm_sandbox, provider=PROVIDERS
    )
    yield installation
    installation.close()


@pytest.fixture
def client(installation: Installation) -> Iterator[TestClient]:
    with TestClient(make_web(installation.app, stopping=threading.Event())) as client:
        yield client


def test_what_is_signed_is_kept_byte_by_byte_and_once(
    installation: Installation, client: TestClient
):
    raw = b'{"b":  1,\r\n "a":0}\r\n'
    for _ in range(2):
        assert (
            post_webhook(client, installation, "mails", raw, signed(raw, at=installation.now))
            == 200
        )
    assert waiting(installation) == [("mails", raw)]


def test_what_verifies_a_webhook_gets_its_address(
    installation: Installation, client: TestClient
) -> None:
    class SignsAddress(Talks):
        def verify(self, headers: Mapping[str, str], raw: bytes, url: str) -> bool:
            return headers.get("x-signed") == url

    installation.app.providers["mails"] = SignsAddress([])
    address = installation.app.links.webhook("mails")
    for said, status in ((address, 200), (f"{address}x", 401)):
        headers = {"x-signed": said}
        assert post_webhook(client, installation, "mails", RAW, headers) == status


@pytest.mark.parametrize("how", ["tampered", "foreign key", "replayed", "unsigned", "no secret"])
def test_what_is_not_proved_genuine_is_refused_and_not_kept(
    installation: Installation, client: TestClient, how: str
):
    headers = {
        "tampered": signed(RAW + b" ", at=installation.now),
        "foreign key": signed(RAW, at=installation.now, secret=FOREIGN),
        "replayed": signed(RAW, at=installation.now - dt.timedelta(days=30)),
        "unsigned": {},
        "no secret": signed(RAW, at=installation.now),
    }[how]
    name = "deaf" if how == "no secret" else "mails"
    # 403 would end Postmark's tries, 406 Mailgun's.
    assert (post_webhook(client, installation, name, RAW, headers), waiting(installation)) == (
        401,
        [],
    )


def test_without_a_signature_the_address_is_the_secret_and_a_password_may_stand_before_it(
    installation: Installation, client: TestClient
):
    raw = postmark_body("Delivery")
    assert post_webhook(client, installation, "post", raw, {}) == 200
    assert post_webhook(client, installation, "guarded", raw, {}) == 401
    assert post_webhook(client, installation, "guarded", raw, PASSWORD) == 200
    assert waiting(installation) == [("post", raw), ("guarded", raw)]


def test_unknown_names_and_wrong_secrets_lead_nowhere_alike(
    installation: Installation, client: TestClient
):
    word = path(installation, "post").rpartition("/")[2]
    found = [
        "/nowhere/at/all",
        f"/hooks/nobody/{word}",
        path(installation, "nobody"),
        f"/hooks/mails/{word}",
        f"/hooks/post/{word}x",
        "/hooks/post/é",
        path(installation, "box"),
    ]
    answers = [client.post(one, content=RAW) for one in found]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert waiting(installation) == []


def test_where_a_key_is_missing_the_provider_is_asked_to_come_again(
    installation: Installation, client: TestClient
):
    answer = client.post(
        path(installation, "keyless"), content=RAW, headers=signed(RAW, at=installation.now)
    )
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


def test_a_webhook_may_be_larger_than_a_form_and_has_a_limit(
    installation: Installation, client: TestClient
):
    for size, status in ((MAX_BYTES, 200), (MAX_BYTES + 1, 413)):
        raw = b" " * size
        assert post_webhook(client, installation, "post", raw, {}) == status
    assert client.post("/u/x", content=b" " * MAX_BYTES).status_code == 413


def test_with_too_many_waiting_nothing_more_is_taken_until_there_is_room(
    installation: Installation, client: TestClient
):
    fill(installation)
    assert post_webhook(client, installation, "post", RAW, {}) == 503
    with installation.app.database.write() as connection:
        connection.execute(
            sa.update(webhook_inbox).where(webhook_inbox.c.id == 1).values(next_at=None)
        )
    with TestClient(make_web(installation.app, stopping=threading.Event())) as later:
        assert post_webhook(later, installation, "post", RAW, {}) == 200


def fill(installation: Installation) -> None:
    """
    As many webhooks that wait as there may be.
    """
    at = installation.now
    rows = [
        {"provider": "post", "key": str(n), "received_at": at, "next_at": at, "raw": b"{}"}
        for n in range(MAX_WAITING)
    ]
    with installation.app.database.write() as connection:
        connection.execute(sa.insert(webhook_inbox), rows)


def test_a_look_at_the_address_changes_nothing_and_says_nothing(
    installation: Installation, client: TestClient
):
    answers = [client.get(one) for one in (path(installation, "post"), "/hooks/nobody/x")]
    assert {answer.status_code for answer in answers} == {405}
    assert len({answer.text for answer in answers}) == 1


def test_a_database_that_was_moved_elsewhere_keeps_no_webhook(
    installation: Installation, client: TestClient
) -> None:
    with installation.app.database.write() as connection:
        kill_switch.engage(connection, StopKind.MOVED, reason="moved away", now=installation.now)
    status = post_webhook(client, installation, "mails", RAW, signed(RAW, at=installation.now))
    assert (status, waiting(installation)) == (503, [])


def test_many_at_once_are_each_kept_once_whatever_comes_twice(installation: Installation):
    web = make_web(installation.app, stopping=threading.Event())
    raws = [resend_body("email.delivered", label=f"i1-d{number}_x") for number in range(60)]

    async def ask_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=web)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            asked = [
                client.post(
                    path(installation, "mails"),
                    content=raw,
                    headers=signed(raw, at=installation.now),
                )
                for raw in [*raws, *raws]
            ]
            return await asyncio.gather(*asked)

    assert {answer.status_code for answer in asyncio.run(ask_all())} == {200}
    assert sorted(raw for _, raw in waiting(installation)) == sorted(raws)


def test_of_what_is_sent_to_a_wrong_secret_nothing_is_read(installation: Installation) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("the body was read")

    async def send(message: Any) -> None:
        sent.append(message)

    web = make_web(installation.app, stopping=threading.Event())
    for secret in ("wrong", "", "x/y"):
        asked = {"method": "POST", "path": f"/hooks/post/{secret}", "query_string": b""}
        asyncio.run(
            web({"type": "http", "headers": [(b"host", b"localhost")], **asked}, receive, send)
        )
    assert [one["status"] for one in sent if "status" in one] == [404, 404, 404]

"""
Webhook requests that several tests share.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from event_samples import SECRET
from installation import House
from web_samples import TestClient

from newsletter.isolation.sandbox import Sandbox
from newsletter.store.tables import inbox
from newsletter.web.application import make_web

PROVIDERS = {
    "mails": {"kind": "resend", "api_key": "env:NL_KEY", "webhook_secret": "env:NL_HOOK"},
    "deaf": {"kind": "resend", "api_key": "env:NL_KEY"},
    "post": {"kind": "postmark", "api_key": "env:NL_KEY"},
    "guarded": {"kind": "postmark", "api_key": "env:NL_KEY", "webhook_secret": "env:NL_PASS"},
    "keyless": {"kind": "resend", "api_key": "env:NL_NOBODY", "webhook_secret": "env:NL_HOOK"},
    "box": {"kind": "outbox"},
}


@pytest.fixture
def house(
    tmp_path: Path,
    database_url: str,
    now: dt.datetime,
    warm_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    """
    An installation with a provider of each sort.
    """
    for name, value in {"NL_KEY": "k", "NL_HOOK": SECRET, "NL_PASS": "hook:s3cret"}.items():
        monkeypatch.setitem(os.environ, name, value)
    house = House(tmp_path, database_url, now=now, sandbox=warm_sandbox, provider=PROVIDERS)
    yield house
    house.close()


@pytest.fixture
def door(house: House) -> Iterator[TestClient]:
    with TestClient(make_web(house.app, stopping=threading.Event())) as door:
        yield door


def path(house: House, name: str) -> str:
    return house.app.links.hook(name).removeprefix(house.app.site.base_url)


def waiting(house: House) -> list[tuple[str, bytes]]:
    with house.app.database.read() as connection:
        rows = connection.execute(sa.select(inbox.c.provider, inbox.c.raw).order_by(inbox.c.id))
        return [(row.provider, row.raw) for row in rows]


def knock(door: TestClient, house: House, name: str, raw: bytes, headers: dict[str, str]) -> int:
    return int(door.post(path(house, name), content=raw, headers=headers).status_code)

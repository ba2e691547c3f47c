"""
A server that is killed at any moment leaves each write done once or not at all: the same request
with the same idempotency key, sent again, has one effect.

`make api-kills` runs 500 writes; `API_WRITES` is their number.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_server import ApiServer, make_installation
from postgres_databases import Databases

WRITES = int(os.environ.get("API_WRITES", "60"))
WRITES_PER_KILL = 25
SENDERS = 4

pytestmark = pytest.mark.ci


@dataclass(frozen=True)
class Write:
    """
    A write whose second effect would show: a note, a list or a person.
    """

    method: str
    path: str
    body: Any


def writes(count: int) -> list[Write]:
    kinds = [
        lambda n: Write("POST", "/subscribers/ada@example.org/notes", {"text": f"note {n}"}),
        lambda n: Write("POST", "/lists", {"slug": f"list-{n}", "name": f"List {n}"}),
        lambda n: Write(
            "POST", "/subscribers", {"address": f"p{n}@example.org", "lists": ["daily"]}
        ),
        lambda n: Write(
            "POST",
            "/bulk/subscribers",
            {"list": "daily", "rows": [{"address": f"b{n}-{k}@example.org"} for k in range(5)]},
        ),
    ]
    return [kinds[number % len(kinds)](number) for number in range(count)]


@pytest.fixture(params=["sqlite", "postgresql"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ApiServer]:
    if request.param == "sqlite":
        with ApiServer(tmp_path, make_installation(tmp_path)) as server:
            yield server
        return
    databases: Databases = request.getfixturevalue("postgres_databases")
    with databases.empty() as url:
        token = make_installation(tmp_path, url=url)
        with ApiServer(tmp_path, token) as server:
            yield server


def test_writes_to_a_server_that_is_killed_have_one_effect_each(api: ApiServer) -> None:
    chance = random.Random(500)
    api.send(
        "PUT", "/subscribers/ada@example.org", {"lists": ["daily"], "consent": "yes"}, "ada"
    ).raise_for_status()
    left = [(f"key-{n}", each) for n, each in enumerate(writes(WRITES))]
    answers: dict[str, httpx.Response] = {}
    while left:
        some = left[:WRITES_PER_KILL]
        answers |= _send_until_killed(api, some, after=chance.randint(1, len(some)))
        left = [pair for pair in left if pair[0] not in answers]
        api.restart()
    assert {each.status_code for each in answers.values()} <= {200, 201}
    _repeat(api, answers)
    _require_one_effect_each(api)


def _send_until_killed(
    api: ApiServer, some: list[tuple[str, Write]], *, after: int
) -> dict[str, httpx.Response]:
    """
    Send writes at the same time, kill the server once *after* of them have a response, and return
    all responses.
    """
    answers: dict[str, httpx.Response] = {}
    lock = threading.Lock()

    def send(pair: tuple[str, Write]) -> None:
        response = _try(api, pair)
        if response is not None:
            with lock:
                answers[pair[0]] = response
                if len(answers) == after:
                    api.kill()

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, some))
    return answers


def _try(api: ApiServer, write: tuple[str, Write]) -> httpx.Response | None:
    key, each = write
    try:
        response = api.send(each.method, each.path, each.body, key)
    except httpx.HTTPError:
        return None
    return response if response.status_code < 500 else None


def _repeat(api: ApiServer, answers: dict[str, httpx.Response]) -> None:
    """
    Send each write again: the response is the one that was given, or would have been.
    """
    for number, each in enumerate(writes(WRITES)):
        key = f"key-{number}"
        again = api.send(each.method, each.path, each.body, key)
        assert again.headers["idempotency-replayed"] == "true"
        assert (again.status_code, again.content) == (
            answers[key].status_code,
            answers[key].content,
        )


def _require_one_effect_each(api: ApiServer) -> None:
    expected = Counter(each.path for each in writes(WRITES))
    notes = _all(api, "/subscribers/ada@example.org/notes")
    assert len(notes) == len({each["text"] for each in notes})
    assert len(notes) == expected["/subscribers/ada@example.org/notes"]
    assert len(_all(api, "/lists")) == expected["/lists"] + 1
    people = _all(api, "/subscribers")
    assert len(people) == expected["/subscribers"] + 5 * expected["/bulk/subscribers"] + 1
    one = next(each["address"] for each in people if each["address"].startswith("p"))
    history = _all(api, f"/subscribers/{one}/history")
    assert [each["what"] for each in history].count("joined") == 1


def _all(api: ApiServer, path: str) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        page = api.client.get(f"{path}?limit=1000{cursor}").raise_for_status().json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"

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
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_server import ApiServer, make_installation
from api_writes import ADA, Write, drafts_needed, writes
from postgres_databases import Databases

WRITES = int(os.environ.get("API_WRITES", "60"))
WRITES_PER_KILL = 25
SENDERS = 4

pytestmark = pytest.mark.ci


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
    every = writes(WRITES, _prepare(api))
    left = [(f"key-{n}", each) for n, each in enumerate(every)]
    answers: dict[str, httpx.Response] = {}
    while left:
        some = left[:WRITES_PER_KILL]
        answers |= _send_until_killed(api, some, after=chance.randint(1, len(some)))
        left = [pair for pair in left if pair[0] not in answers]
        api.restart()
    _repeat(api, every, answers)
    _require_one_effect_each(api, every)


def _prepare(api: ApiServer) -> list[int]:
    """
    Make what the writes need, and return the numbers of the drafts that are sent.
    """
    lists: dict[str, Any] = {"lists": ["daily", "few"], "consent": "yes"}

    def make(method: str, path: str, body: Any) -> Any:
        response = api.send(method, path, body, f"{path} {body}"[:100])
        return response.raise_for_status().json()

    make("POST", "/lists", {"slug": "few", "name": "Few"})
    make("PUT", f"/subscribers/{ADA}", lists)
    feed = "https://example.org/feed/"
    make("POST", "/sources", {"name": "site", "kind": "feed", "location": feed})
    brief = make("POST", "/briefs", {"title": "The Quay", "body": "Nobody left the quay."})["id"]
    drafts = [
        {"lists": ["few"], "briefs": [brief], "subject": f"Sent {number}"}
        for number in range(drafts_needed(WRITES))
    ]
    return [make("POST", "/issues", each)["id"] for each in drafts]


def _send_until_killed(
    api: ApiServer, some: Sequence[tuple[str, Write]], *, after: int
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


def _repeat(api: ApiServer, every: Sequence[Write], answers: dict[str, httpx.Response]) -> None:
    """
    Send each write again: the response is the one that was given, or would have been; or that it
    was done already, of a write with a secret; or that it was begun, of one in steps.
    """
    unexpected = []
    for number, each in enumerate(every):
        key = f"key-{number}"
        first, again = answers[key], api.send(each.method, each.path, each.body, key)
        if each.has_secret:
            is_right = again.status_code == 410 and first.status_code in (201, 410)
        elif each.in_steps and first.status_code == 409:
            is_right = again.status_code == 409 and "has begun and not ended" in again.text
        else:
            is_replayed = again.headers.get("idempotency-replayed") == "true"
            same = (again.status_code, again.content) == (first.status_code, first.content)
            is_right = first.is_success and is_replayed and same
        if not is_right:
            unexpected.append((each, first.text, again.text))
    assert unexpected == []


def _require_one_effect_each(api: ApiServer, every: Sequence[Write]) -> None:
    entries = Counter(each["action"] for each in _all(api, "/audit"))
    of = Counter(each.action for each in every)
    before = {"list.add": 2, "source.add": 1, "brief.write": 1}
    before["issue.create"] = drafts_needed(len(every))
    assert {name: entries[name] - before.get(name, 0) for name in of} == of
    made = {
        f"/subscribers/{ADA}/notes": of["subscriber.note"],
        "/lists": of["list.add"] + 2,
        "/subscribers": of["subscriber.make"] + 5 * of["people.upsert"] + 1,
        "/segments": of["segment.add"],
        "/fields": of["field.add"],
        "/tags": of["subscriber.tag"],
        "/imports": of["import.start"],
        "/sources": of["source.add"] + 1,
        "/schedules": of["schedule.add"],
        "/staff": of["staff.invite"],
        "/webhooks": of["webhook.add"],
    }
    assert {path: len(_all(api, path)) for path in made} == made
    _require_each_is_sent_once(api, every)


def _require_each_is_sent_once(api: ApiServer, every: Sequence[Write]) -> None:
    """
    Require that an issue that was sent was frozen once, or is still a draft of which it is known
    that its sending began.
    """
    for each in every:
        if each.action == "issue.send":
            path = each.path.removesuffix("/send")
            recipients = _all(api, f"{path}/recipients")
            state = api.client.get(path).raise_for_status().json()["state"]
            assert (len(recipients), state) in ((1, "sending"), (0, "freezing"), (0, "draft"))


def _all(api: ApiServer, path: str) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        mark = "&" if "?" in path else "?"
        page = api.client.get(f"{path}{mark}limit=1000{cursor}").raise_for_status().json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"

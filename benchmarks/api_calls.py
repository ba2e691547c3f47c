"""
Call the API inside this process, and the bare actions that it calls, with the same work.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.api_requests import BULK_ROWS, CONSENT, NEW_NAME, SUBSCRIBERS, Programs
from benchmarks.installation import SLUG, address
from benchmarks.measure import interleave, seconds_for
from newsletter.access.tokens import actor_of, token_of
from newsletter.actions.people import person
from newsletter.actions.people.sync import bulk_upsert, list_pages, people_pages, upsert
from newsletter.actions.people.sync.upsert import PersonValues
from newsletter.model.access import Actor
from newsletter.web.api.requests.paging import Cursors
from newsletter.web.application import make_web
from subscribers.bulk.given_people import GivenPerson
from subscribers.filters.model import PeopleFilter

Request = Callable[[], Awaitable[None]]
_WARM_UP = 5
_PAGE = f"list={SLUG}&limit=100"


class InProcess:
    """
    The web application of an installation, without a server before it.
    """

    def __init__(self, programs: Programs) -> None:
        self.programs = programs
        self.app = programs.app
        self.web = make_web(self.app, stopping=threading.Event())
        self.runner = asyncio.Runner()
        self.actor = self._actor()
        self.number = 0

    def close(self) -> None:
        self.runner.close()

    def compare(self, runs: int, *, each: int) -> dict[str, dict[str, list[float]]]:
        """
        Return the seconds that *each* request of a kind and the bare action took in every run.
        """
        found = {}
        for kind, (ours, floor, repeated) in self._contenders().items():
            many = max(each // repeated, 1)
            self._repeat(ours, _WARM_UP)
            _repeat(floor, _WARM_UP)
            found[kind] = interleave(
                runs,
                ours=lambda ours=ours, many=many: self._repeat(ours, many),
                floor=lambda floor=floor, many=many: _repeat(floor, many),
            )
        return found

    def _repeat(self, request: Request, many: int) -> float:
        """
        Make a request *many* times, in one task as a server does, whose threads stay. Return the
        seconds each took.
        """

        async def ask() -> None:
            for _ in range(many):
                await request()

        return seconds_for(lambda: self.runner.run(ask())) / many

    def _contenders(self) -> dict[str, tuple[Request, Callable[[], object], int]]:
        return {
            "show": (self._show, self._show_bare, 1),
            "page": (self._page, self._page_bare, 1),
            "counts": (self._counts_afresh, self._counts_afresh_bare, 10),
            "counts reused": (self._counts, self._counts_bare, 1),
            "upsert": (self._upsert, self._upsert_bare, 1),
            "bulk": (self._bulk, self._bulk_bare, 50),
        }

    async def _show(self) -> None:
        await self._ask("GET", f"{SUBSCRIBERS}/{address(self._next())}")

    def _show_bare(self) -> object:
        return person.show(self.app, address(self._next()), by=self.actor)

    async def _page(self) -> None:
        cursor = Cursors(self.app.links.keys).make(SUBSCRIBERS, _PAGE, f"{self._next()} 0")
        await self._ask("GET", SUBSCRIBERS, query=f"{_PAGE}&cursor={cursor}")

    def _page_bare(self) -> object:
        which = PeopleFilter(list_slug=SLUG)
        return people_pages.page(self.app, which, after=self._next(), limit=101, by=self.actor)

    async def _counts_afresh(self) -> None:
        self._forget_counts()
        await self._counts()

    def _counts_afresh_bare(self) -> object:
        self._forget_counts()
        return self._counts_bare()

    def _forget_counts(self) -> None:
        """
        Let a large list be counted again: otherwise both sides would reuse what was counted.
        """
        vars(self.app).pop("list_counts", None)

    async def _counts(self) -> None:
        await self._ask("GET", f"/api/v1/lists/{SLUG}/counts")

    def _counts_bare(self) -> object:
        return list_pages.count(self.app, SLUG, by=self.actor)

    async def _upsert(self) -> None:
        body = {"name": NEW_NAME, "lists": [SLUG], "consent": CONSENT}
        await self._ask("PUT", f"{SUBSCRIBERS}/{self.programs.next_person()}", body)

    def _upsert_bare(self) -> object:
        values = PersonValues(name=NEW_NAME, lists=[SLUG], consent=CONSENT)
        return upsert.upsert(self.app, self.programs.next_person(), values, by=self.actor)

    async def _bulk(self) -> None:
        people = [self.programs.next_person() for _ in range(BULK_ROWS)]
        rows = [{"address": each, "name": NEW_NAME} for each in people]
        body = {"list": SLUG, "consent": CONSENT, "rows": rows}
        await self._ask("POST", "/api/v1/bulk/subscribers", body)

    def _bulk_bare(self) -> object:
        people = [self.programs.next_person() for _ in range(BULK_ROWS)]
        given = [GivenPerson(address=each, name=NEW_NAME) for each in people]
        return bulk_upsert.upsert_many(self.app, SLUG, given, consent=CONSENT, by=self.actor)

    def _next(self) -> int:
        self.number += 1
        return 1 + self.number * 7919 % (self.programs.people - 200)

    def _actor(self) -> Actor:
        text, now = self.programs.token.encode(), self.app.clock()
        with self.app.database.read() as connection:
            token = token_of(connection, text, now=now)
            assert token is not None
            actor = actor_of(connection, token, from_address="127.0.0.1")
        assert actor is not None
        return actor

    async def _ask(self, method: str, path: str, body: object = None, *, query: str = "") -> None:
        sent = b"" if body is None else json.dumps(body).encode()
        key = str(self.programs.upserted).encode() + b"in-process"
        headers = [
            (b"host", b"127.0.0.1"),
            (b"authorization", b"Bearer " + self.programs.token.encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(sent)).encode()),
            *([(b"idempotency-key", key)] if sent else []),
        ]
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": query.encode(), "headers": headers, "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
        }  # fmt: skip
        status = await self._respond(scope, sent)
        assert status in (200, 201), f"{method} {path}: {status}"

    async def _respond(self, scope: dict[str, Any], body: bytes) -> int:
        status, parts = 0, [body]

        async def receive() -> dict[str, Any]:
            if not parts:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": parts.pop(), "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            status = message.get("status", status)

        await self.web(scope, receive, send)
        return status


def _repeat(work: Callable[[], object], many: int) -> float:
    return seconds_for(lambda: [work() for _ in range(many)]) / many

"""
Make the requests of programs to the API of an installation, and require that each did its work.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from benchmarks.installation import SLUG, address
from benchmarks.measure import percentile
from benchmarks.start import PROGRAM
from benchmarks.web_process import Answers, ask_all, asked
from newsletter.actions.access import tokens
from newsletter.app import App
from newsletter.model.access import OPERATOR, Permission
from newsletter.web.api.requests.paging import Cursors
from subscribers.database.tables import subscriber

READS = ("show", "page", "counts", "status")
# Requests of each kind that reads in a second, and as many upserts.
RATE = 10
BULK_ROWS = 1_000
NEW_NAME = "Countess"
CONSENT = "agreed in a benchmark"
SUBSCRIBERS = "/api/v1/subscribers"
_PAGE = f"list={SLUG}&limit=100"
_LIMITS = ("reads_per_minute", "writes_per_minute", "bulk_per_minute")
# All at once: each as soon as a connection is free.
_AT_ONCE = 1e9


@dataclass(kw_only=True)
class Programs:
    """
    What programs ask of the API of an installation with so many *people*. Of those whom they upsert
    every other is new; `issue` is one that is being sent. `took_s` has the seconds of each phase by
    contender and kind; `each_s` what one upsert, and one row of a bulk upsert, cost when as many as
    possible were made.
    """

    app: App
    people: int
    each: int
    upserts: int
    bulks: int
    issue: int = 1
    port: int = 0
    token: str = ""
    upserted: int = 0
    took_s: dict[tuple[str, str], list[list[float]]] = field(default_factory=dict)
    each_s: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def prepare(self) -> None:
        """
        Make a token that may do everything.
        """
        self.token = tokens.add(self.app, "bench", by=OPERATOR, scopes=tuple(Permission)).text

    def serve_command(self, port: int) -> Sequence[object]:
        """
        Write the settings file, and return the command that serves the API.
        """
        url = self.app.database.engine.url.render_as_string(hide_password=False)
        limits = [f"{name} = 0" for name in _LIMITS]
        file = self.app.settings.folder / "newsletter.toml"
        file.write_text("\n".join(["[database]", f"url = {json.dumps(url)}", "[api]", *limits]))
        return [PROGRAM, "--config", file, "serve", "--only", "web", "--port", port]

    def read(self, name: str = "") -> float:
        """
        Make the requests that read, and a few upserts, each at its time; keep their times as those
        of *name*, and return how long all took.
        """
        requests = [request for _ in range(self.each) for request in self._mixed()]
        got = self._ask(requests, rate=RATE * (len(READS) + 1))
        for kind, seconds in got.took_s.items():
            self.took_s.setdefault((name, kind), []).append(seconds)
        return got.lasted_s

    def write(self, name: str = "") -> float:
        """
        Make as many upserts as possible, and then bulk upserts; keep what each cost as that of
        *name*, and return how long all took.
        """
        single = self._ask([self._upsert() for _ in range(self.upserts)], rate=_AT_ONCE)
        self.each_s.setdefault((name, "upsert"), []).append(single.lasted_s / self.upserts)
        bulk = self._ask([self._bulk() for _ in range(self.bulks)], rate=_AT_ONCE)
        rows = self.bulks * BULK_ROWS
        self.each_s.setdefault((name, "bulk row"), []).append(bulk.lasted_s / rows)
        return single.lasted_s + bulk.lasted_s

    def _mixed(self) -> Iterator[tuple[str, str]]:
        number = 1 + self.upserted * 7919 % self.people
        cursors = Cursors(self.app.links.keys)
        cursor = cursors.make(SUBSCRIBERS, _PAGE, f"{min(number, self.people - 200)} 0")
        yield "show", self._asked("GET", f"{SUBSCRIBERS}/{address(number)}")
        yield "page", self._asked("GET", f"{SUBSCRIBERS}?{_PAGE}&cursor={cursor}")
        yield "counts", self._asked("GET", f"/api/v1/lists/{SLUG}/counts")
        yield "status", self._asked("GET", f"/api/v1/issues/{self.issue}/status")
        yield self._upsert()

    def next_person(self) -> str:
        """
        Return whom to upsert next: somebody who is there already, or somebody new.
        """
        self.upserted += 1
        half = self.upserted // 2
        return address(half) if self.upserted % 2 else f"new{half}@example.org"

    def _upsert(self) -> tuple[str, str]:
        path = f"{SUBSCRIBERS}/{self.next_person()}"
        body = {"name": NEW_NAME, "lists": [SLUG], "consent": CONSENT}
        return "upsert", self._asked("PUT", path, body, f"Idempotency-Key: {self.upserted}")

    def _bulk(self) -> tuple[str, str]:
        rows = [{"address": self.next_person(), "name": NEW_NAME} for _ in range(BULK_ROWS)]
        body = {"list": SLUG, "consent": CONSENT, "rows": rows}
        key = f"Idempotency-Key: {self.upserted}"
        return "bulk", self._asked("POST", "/api/v1/bulk/subscribers", body, key)

    def _asked(self, method: str, path: str, body: object = None, *headers: str) -> str:
        text = "" if body is None else json.dumps(body)
        proof = f"Authorization: Bearer {self.token}"
        return asked(method, path, text, proof, "Content-Type: application/json", *headers)

    def _ask(self, requests: Sequence[tuple[str, str]], *, rate: float) -> Answers:
        got = ask_all(self.app.settings.folder, self.port, requests, rate=rate)
        assert got.made == len(requests), f"only {got.made} requests were made"
        assert set(got.statuses) <= {"200", "201"}, f"answers: {got.statuses}"
        return got

    def require_all_done(self) -> None:
        """
        Require that everybody who was upserted has the new name.
        """
        named = sa.select(sa.func.count()).where(subscriber.c.name == NEW_NAME)
        with self.app.database.read() as connection:
            found = connection.execute(named).scalar_one()
        assert math.ceil(self.upserted / 2) <= self.people, "too few people"
        assert found == self.upserted, f"{found} of {self.upserted} were upserted"

    def p99_s(self, name: str, kind: str) -> list[float]:
        """
        Return the 99th percentile of each phase.
        """
        return [percentile(phase, 0.99) for phase in self.took_s[name, kind]]

    def middle_ms(self, name: str, kind: str) -> float:
        """
        Return the median of all phases.
        """
        took = [seconds for phase in self.took_s[name, kind] for seconds in phase]
        return 1000 * percentile(took, 0.5)

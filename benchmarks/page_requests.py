"""
Make the requests of readers to the pages of an installation, and require that each did its work.
"""

from __future__ import annotations

import datetime as dt
import json
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import sqlalchemy as sa

from benchmarks.installation import SLUG
from benchmarks.measure import percentile
from benchmarks.start import PROGRAM
from benchmarks.web_process import ask_all, asked
from benchmarks.world import LEAVING
from newsletter.app import App, utc_now
from newsletter.web.limits.form_tokens import FormTokens
from subscribers.database.tables import subscriber, subscription
from subscribers.lists import edit_list
from subscribers.model import Visibility
from subscribers.requests.model import RequestKind
from subscribers.requests.records import add_request

KINDS = ("join", "confirm", "leave", "settings", "save")
# Requests of each kind in a second.
RATE = 2
NEW_NAME = "Countess"
_SAVED = {
    "what": "save",
    "newsletter": SLUG,
    f"cadence-{SLUG}": "each",
    "name": NEW_NAME,
    "language": "en",
}
_LIMITS = (
    "person_per_day",
    "address_per_hour",
    "network_per_hour",
    "domain_per_hour",
    "per_minute",
)


@dataclass(kw_only=True)
class Readers:
    """
    The *people* of an installation and what they ask of its pages: *each* kind so many times in a
    phase, and nobody the same twice. `took_s` has the seconds of each phase by contender and kind.
    """

    app: App
    people: int
    each: int
    port: int = 0
    asked_before: int = 0
    requests: list[int] = field(default_factory=list)
    took_s: dict[tuple[str, str], list[list[float]]] = field(default_factory=dict)

    def prepare(self, *, phases: int) -> None:
        """
        Make the list public, and let as many people wait for their confirmation as will confirm.
        """
        waiting = range(self.people - phases * self.each + 1, self.people + 1)
        # Before them, as many each leave, open their settings and save them.
        assert waiting.start > 3 * phases * self.each, "too few people"
        with self.app.database.write() as connection:
            edit_list(connection, SLUG, visibility=Visibility.PUBLIC)
            of_them = subscription.c.id >= waiting.start
            connection.execute(sa.update(subscription).where(of_them).values(state="pending"))
            for number in waiting:
                join, now = RequestKind.JOIN, utc_now()
                made = add_request(connection, join, subscriber_id=number, lists=[1], now=now)
                self.requests.append(made)

    def serve_command(self, port: int) -> Sequence[object]:
        """
        Write the settings file, and return the command that serves the pages.
        """
        url = self.app.database.engine.url.render_as_string(hide_password=False)
        limits = [f"{name} = {10**9}" for name in _LIMITS]
        file = self.app.settings.folder / "newsletter.toml"
        lines = ["[database]", f"url = {json.dumps(url)}", "[signup]", *limits]
        file.write_text("\n".join(lines))
        return [PROGRAM, "--config", file, "serve", "--only", "web", "--port", port]

    def ask(self, name: str = "", *, during: AbstractContextManager[None] | None = None) -> float:
        """
        Make the requests of one phase *during* what else there is, keep their times as those of
        *name*, and return how long it took.
        """
        first = self.asked_before
        self.asked_before += self.each
        requests = list(self._coming(range(first, self.asked_before)))
        folder, rate = self.app.settings.folder, RATE * len(KINDS)
        with during or nullcontext():
            got = ask_all(folder, self.port, requests, rate=rate)
        assert got.made == len(requests), f"only {got.made} requests were made"
        assert set(got.statuses) == {"200"}, f"answers: {got.statuses}"
        for kind, seconds in got.took_s.items():
            self.took_s.setdefault((name, kind), []).append(seconds)
        return got.lasted_s

    def _coming(self, numbers: range) -> Iterator[tuple[str, str]]:
        """
        Yield the requests of a phase. The *numbers* count those of each kind since the beginning.
        """
        links, tokens = self.app.links, FormTokens(self.app.links.keys)
        token = tokens.token("join page", utc_now() - dt.timedelta(minutes=1))
        for number in numbers:
            reader = 3 * number + 1
            joining = {"email": f"new{number}@example.org", "token": token}
            yield "join", self._asked("POST", f"/join/{SLUG}", joining)
            confirm = links.confirm(self.requests[number], "")
            yield "confirm", self._asked("POST", confirm, {"confirm": "yes"})
            yield "leave", asked("POST", self._path(links.unsubscribe(reader)), LEAVING)
            yield "settings", asked("GET", self._path(links.preferences(reader + 1)))
            yield "save", self._asked("POST", links.preferences(reader + 2), _SAVED)

    def _asked(self, method: str, url: str, values: Mapping[str, str]) -> str:
        return asked(method, self._path(url), urllib.parse.urlencode(values))

    def _path(self, url: str) -> str:
        return url.removeprefix(self.app.links.base_url)

    def require_all_taken(self) -> None:
        """
        Require that every request did what it asked for.
        """
        count = sa.func.count()
        of_one = subscriber.c.id == subscription.c.subscriber_id
        pairs = sa.select(count).select_from(subscriber).join(subscription, of_one)
        waiting = subscription.c.id >= self.people - len(self.requests) + 1
        taken = {
            "join": pairs.where(subscriber.c.id > self.people, subscription.c.state == "pending"),
            "confirm": pairs.where(
                waiting, subscriber.c.id <= self.people, subscription.c.state == "active"
            ),
            "leave": pairs.where(subscription.c.state == "ended"),
            "save": pairs.where(subscriber.c.name == NEW_NAME),
        }
        with self.app.database.read() as connection:
            found = {kind: connection.scalar(counted) for kind, counted in taken.items()}
        assert found == dict.fromkeys(taken, self.asked_before), f"not all were taken: {found}"

    def p99_s(self, name: str, kind: str) -> list[float]:
        """
        Return the 99th percentile of each phase.
        """
        return [percentile(phase, 0.99) for phase in self.took_s[name, kind]]

    def middles_ms(self, kind: str) -> str:
        """
        Return the medians of all phases with and without a send.
        """
        found = []
        for name in ("ours", "floor"):
            took = [seconds for phase in self.took_s[name, kind] for seconds in phase]
            found.append(f"{1000 * percentile(took, 0.5):.1f}")
        return "/".join(found)

"""
A feed of excerpts with the pages of its items, and what polls of both bring.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from http_server import ScriptedServer

from newsletter.ingest.sources.feeds.source import FeedSource
from newsletter.ingest.sources.pages.full_text import PageRules, WholePages
from newsletter.isolation.fetcher import Fetcher
from newsletter.model.brief import Poll, ReadingRules

HTML = {"Content-Type": "text/html"}
STAMPS = {"ETag": '"a"'}


def feed(
    server: ScriptedServer,
    *numbers: int,
    words: str = "A few words […]",
    at: ScriptedServer | None = None,
    edited: Mapping[int, str] | None = None,
) -> None:
    """
    Have the server's feed list these items from now on, each with text and an address, there or
    *at* another server, and with the given times of edits.
    """
    place = at or server
    times = {number: f"<a:updated>{time}</a:updated>" for number, time in (edited or {}).items()}
    items = "".join(
        f"<item><guid isPermaLink='false'>{number}</guid><link>{place.url(f'/{number}/')}</link>"
        f"<category>IntelBrief</category><description>{words}</description>"
        f"{times.get(number, '')}</item>"
        for number in numbers
    )
    body = f"<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel>{items}</channel></rss>".encode()
    server.answer("/feed", headers=STAMPS, body=body)


def page(
    server: ScriptedServer, number: int, *, status: int = 200, words: str = "A few words"
) -> None:
    head = f"<meta property=og:image content=/{number}.jpg>"
    server.answer(
        f"/{number}/", status=status, headers=HTML, body=f"{head}<p>{words} {number}".encode()
    )


class Polled:
    """
    A feed with its pages, polled every quarter of an hour, with the state of the previous poll.
    """

    def __init__(self, server: ScriptedServer, fetcher: Fetcher) -> None:
        self.server, self.fetcher = server, fetcher
        self.state: Mapping[str, str] = {}
        self.now = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)

    def poll(self, **rules: object) -> Poll:
        self.now += dt.timedelta(minutes=15)
        defaults: dict[str, object] = {"reading": ReadingRules()} | rules
        inner = FeedSource("briefs", self.server.url("/feed"), fetcher=self.fetcher)
        source = WholePages(
            inner,
            self.server.url("/feed"),
            fetcher=self.fetcher,
            rules=PageRules(**defaults),  # type: ignore[arg-type]  # by name
            clock=lambda: self.now,
        )
        poll = source.fetch(self.state)
        self.state = poll.state
        return poll

    def asked(self) -> list[str]:
        """
        Return the pages requested since the last time.
        """
        paths = [request.path for request in self.server.requests if request.path != "/feed"]
        self.server.requests.clear()
        return paths

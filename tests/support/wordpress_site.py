"""
A WordPress site as its REST API shows it: posts that are saved, scheduled and removed, behind
either kind of source, before and after version 5.7.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from http_server import Answer, Received, ScriptedServer

from newsletter.ingest.sources.feeds.source import FeedSource
from newsletter.ingest.sources.protocol import Source
from newsletter.ingest.sources.wordpress.source import WordPressSource
from newsletter.isolation.fetcher import Fetcher

# The site's own clock, five hours behind UTC: a time without a zone is read by it.
ZONE = dt.timezone(dt.timedelta(hours=-5))
START = dt.datetime(2026, 1, 1, 12, 0, tzinfo=dt.UTC)


@dataclass
class Post:
    """
    One row of the site's posts. `goes_out` is when its status becomes `publish`.
    """

    number: int
    date: dt.datetime
    modified: dt.datetime
    title: str = "Title"
    slug: str = "slug"
    is_protected: bool = False
    goes_out: dt.datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.number,
            "date": _text(self.date.astimezone(ZONE)),
            "date_gmt": _text(self.date),
            "modified": _text(self.modified.astimezone(ZONE)),
            "modified_gmt": _text(self.modified),
            "status": "publish",
            "link": f"https://www.Brief.example/{self.slug}-{self.number}/",
            "title": {"rendered": self.title},
            "content": {
                "rendered": "" if self.is_protected else "<p>Text</p>",
                "protected": self.is_protected,
            },
        }


@dataclass
class WordPressSite:
    """
    The site, as it is at `now`. *understands_modified* is False before version 5.7: the parameter
    is ignored, or refused with *refuses_modified*.
    """

    server: ScriptedServer
    now: dt.datetime = START + dt.timedelta(days=300)
    posts: dict[int, Post] = field(default_factory=dict)
    understands_modified: bool = True
    refuses_modified: bool = False
    counts_pages: bool = True

    def write(self, number: int, **changes: Any) -> Post:
        """
        Save post *number*, dated that many days after the start, at that time.
        """
        when = START + dt.timedelta(days=number)
        fields: dict[str, Any] = {"number": number, "date": when, "modified": when}
        self.posts[number] = Post(**(fields | changes))
        return self.posts[number]

    def open_endpoints(self, *, plain: bool = False) -> None:
        self.server.answer("/" if plain else "/wp-json/wp/v2/posts", self._answer)

    def asked(self) -> list[dict[str, str]]:
        """
        Return the queries of all requests so far, without what is always asked.
        """
        queries = [parse_qs(urlsplit(request.path).query) for request in self.server.requests]
        constant = ("_embed", "_fields", "per_page", "rest_route")
        return [
            {name: values[0] for name, values in query.items() if name not in constant}
            for query in queries
        ]

    def _answer(self, request: Received) -> Answer:
        fields = {k: v[0] for k, v in parse_qs(urlsplit(request.path).query).items()}
        if urlsplit(request.path).path == "/" and fields.get("rest_route") != "/wp/v2/posts":
            return Answer(body=b"<!DOCTYPE html><title>Home</title>")
        if self.refuses_modified and "modified_after" in fields:
            return _refused("rest_invalid_param")
        found = self._found(fields)
        page, size = int(fields["page"]), int(fields["per_page"])
        pages = -(-len(found) // size)
        if page > max(pages, 1):
            return _refused("rest_post_invalid_page_number")
        shown = [post.as_json() for post in found[(page - 1) * size : page * size]]
        count = {"X-WP-TotalPages": str(pages)} if self.counts_pages else {}
        return Answer(headers=count, body=json.dumps(shown).encode())

    def _found(self, fields: dict[str, str]) -> list[Post]:
        posts = [post for post in self.posts.values() if (post.goes_out or START) <= self.now]
        if "after" in fields:
            posts = [post for post in posts if post.date > _time(fields["after"])]
        if self.understands_modified and "modified_after" in fields:
            posts = [post for post in posts if post.modified > _time(fields["modified_after"])]
        is_by_saving = fields.get("orderby") == "modified"
        return sorted(posts, key=lambda p: p.modified if is_by_saving else p.date, reverse=True)


def full_site(server: ScriptedServer) -> WordPressSite:
    """
    Return a site with 250 posts, one a day.
    """
    site = WordPressSite(server)
    for number in range(1, 251):
        site.write(number)
    return site


def source_at(site: WordPressSite, fetcher: Fetcher, path: str = "/") -> Source:
    """
    Return the source for *site*, with its feed as a fallback, at the site's own time.
    """
    return WordPressSource(
        "briefs",
        site.server.url(path),
        fetcher=fetcher,
        fallback=lambda url: FeedSource("briefs", url, fetcher=fetcher),
        clock=lambda: site.now,
    )


def _text(moment: dt.datetime) -> str:
    return moment.replace(tzinfo=None).isoformat()


def _time(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def _refused(code: str) -> Answer:
    return Answer(status=400, body=json.dumps({"code": code, "data": {"status": 400}}).encode())

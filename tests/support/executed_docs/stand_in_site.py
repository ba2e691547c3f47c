"""
A site on this machine in the place of those that pages fetch from: a feed, a page, and the APIs of
WordPress and Ghost, with two items each.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from http_server import ScriptedServer
from wordpress_site import WordPressSite

# The sites that pages name.
SITES = ("https://northbrief.example", "https://blog.northbrief.example")
TITLES = ("The ferries stay", "The ice road opens")
TEXT = "The harbor office decided on Monday evening, after an hour, and nobody spoke against it."


@contextlib.contextmanager
def stand_in_site() -> Iterator[str]:
    """
    Yield the site's address, without a slash at its end.
    """
    with ScriptedServer() as server:
        for name in ("feed", "all", "photos"):
            server.answer(
                f"/{name}.xml", headers={"Content-Type": "application/rss+xml"}, body=_feed()
            )
        page = f"<title>{TITLES[0]}</title><article><h1>{TITLES[0]}</h1><p>{TEXT}</p></article>"
        html = {"Content-Type": "text/html"}
        server.answer("/notice-of-the-day", headers=html, body=page.encode())
        server.answer("/ghost/api/content/posts/", body=json.dumps(_ghost()).encode())
        site = WordPressSite(server)
        site.write(1)
        site.write(2)
        site.open_endpoints()
        yield server.url("").rstrip("/")


def _feed() -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{number}</guid><title>{title}</title>"
        f"<category>Decisions</category><description>{TEXT}</description></item>"
        for number, title in enumerate(TITLES)
    )
    return f"<rss version='2.0'><channel>{items}</channel></rss>".encode()


def _ghost() -> dict[str, object]:
    time = "2026-11-24T09:00:00.000+00:00"
    posts = [
        {
            "id": str(number),
            "title": title,
            "html": f"<p>{TEXT}</p>",
            "url": f"https://blog.northbrief.example/{number}/",
            "published_at": time,
            "updated_at": time,
            "visibility": "public",
            "tags": [],
        }
        for number, title in enumerate(TITLES)
    ]
    return {"posts": posts, "meta": {"pagination": {"page": 1, "pages": 1, "next": None}}}

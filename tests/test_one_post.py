"""
One WordPress post through four endpoints (feed, API, page and export file) is one brief.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from installation import Installation

from newsletter.ingest.collect import collect_source
from newsletter.ingest.sources.feeds.parse import parse_feed
from newsletter.ingest.sources.pages.source import read_page
from newsletter.ingest.sources.wordpress.posts import read_post
from newsletter.ingest.sources.wordpress.wxr import read_wxr
from newsletter.isolation.fetcher import Fetched
from newsletter.model.brief import Poll, RawItem
from newsletter.model.source import FirstPoll
from newsletter.store.content import sources

LINK = "https://www.lantern.example/the-lantern-tax/"
TEXT = "<p>The council of Orrin taxed every lantern that burns past midnight.</p>"
FEED = f"""<?xml version="1.0"?><rss version="2.0"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Lantern</title><link>https://www.lantern.example</link>
<item><title>The Lantern Tax</title><link>{LINK}</link>
<guid isPermaLink="false">http://www.lantern.example/?p=310</guid>
<pubDate>Wed, 04 Mar 2026 06:00:00 +0000</pubDate>
<content:encoded><![CDATA[{TEXT}]]></content:encoded></item></channel></rss>"""
POST = {
    "id": 310,
    "status": "publish",
    "link": LINK,
    "date_gmt": "2026-03-04T06:00:00",
    "modified_gmt": "2026-03-04T06:00:00",
    "title": {"rendered": "The Lantern Tax"},
    "content": {"rendered": TEXT, "protected": False},
}
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>The Lantern Tax</title>
<link rel="canonical" href="{LINK}">
<link rel="shortlink" href="https://www.lantern.example/?p=310"></head>
<body class="single postid-310"><article><h1>The Lantern Tax</h1>{TEXT}</article></body></html>"""
EXPORT = f"""<?xml version="1.0"?><rss version="2.0"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<title>Lantern</title><link>https://www.lantern.example</link>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_site_url>https://www.lantern.example</wp:base_site_url>
<wp:base_blog_url>https://www.lantern.example</wp:base_blog_url>
<item><title>The Lantern Tax</title><link>{LINK}</link>
<guid isPermaLink="false">http://www.lantern.example/?p=310</guid>
<content:encoded><![CDATA[The council of Orrin taxed every lantern.]]></content:encoded>
<wp:post_id>310</wp:post_id><wp:post_date_gmt>2026-03-04 06:00:00</wp:post_date_gmt>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item></channel></rss>"""


def endpoints() -> dict[str, RawItem]:
    feed = parse_feed(FEED.encode(), url="https://www.lantern.example/feed/", max_items=10)
    post = read_post(POST, home="https://www.lantern.example", zone=dt.UTC)
    assert isinstance(post, RawItem)
    page = Fetched(
        status=200,
        headers={"content-type": "text/html; charset=utf-8"},
        body=PAGE.encode(),
        url=LINK,
    )
    exported, _ = read_wxr(EXPORT.encode())
    return {
        "feed": feed.items[0],
        "api": post,
        "page": read_page(page),
        "export": exported[0],
    }


class Channel:
    """
    A source that shows one item.
    """

    def __init__(self, name: str, item: RawItem) -> None:
        self.name, self.item = name, item

    def fetch(self, state: Mapping[str, str]) -> Poll:
        return Poll(items=(self.item,))


def test_every_door_gives_the_post_the_same_name() -> None:
    names: dict[str, Any] = {name: item.site_key for name, item in endpoints().items()}
    assert names == dict.fromkeys(names, "lantern.example?p=310")


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["feed", "api", "page", "export"]))[::5]
)
def test_the_same_post_through_all_doors_is_one_brief(
    installation: Installation, order: tuple[str, ...]
) -> None:
    items = endpoints()
    for name in order:
        installation.add_source(name, "feed", "https://x.example", first_poll=FirstPoll.NEW)
        with installation.app.database.read() as connection:
            settings = sources.find_source(connection, name)
        collect_source(
            installation.app.database,
            settings,
            Channel(name, items[name]),
            sandbox=installation.app.sandbox,
            illustrator=installation.app.illustrator,
            now=installation.now,
        )
    assert [brief.brief.title for brief in installation.stored_briefs()] == ["The Lantern Tax"]

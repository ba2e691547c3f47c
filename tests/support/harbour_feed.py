"""
A site with a feed of two pieces.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator

from http_server import ScriptedServer

TITLES = {"ferries": "The ferries stay", "toll": "The toll does not change"}
_FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour</title>
<link>{site}</link><description>News</description>{items}</channel></rss>"""
_ITEM = """<item><title>{title}</title><link>{site}/{slug}</link><guid>{slug}</guid>
<pubDate>{date}</pubDate><description><![CDATA[<ul><li>The ferries stay.</li><li>The toll does not
change.</li></ul><p>{text}</p>]]></description></item>"""
_TEXT = "Nobody left the quay on Monday, and the pilots went home without a word to anybody. " * 12


@contextlib.contextmanager
def served_feed(now: dt.datetime) -> Iterator[str]:
    """
    Yield the address of the feed while the block runs. Its pieces are an hour old.
    """
    with ScriptedServer() as server:
        site = server.url("")
        date = (now - dt.timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S +0000")
        items = "".join(
            _ITEM.format(title=title, slug=slug, site=site, date=date, text=_TEXT)
            for slug, title in TITLES.items()
        )
        body = _FEED.format(site=site, items=items).encode()
        server.answer("/feed", body=body, headers={"Content-Type": "application/rss+xml"})
        yield server.url("/feed")

"""
Summarise what a sample file is read into, in the short form of the table of samples:
`source_samples.json`, in which empty and zero values are left out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
from http_server import ScriptedServer

from newsletter.errors import NewsletterError, ReadError
from newsletter.ingest.parsing.html_tree import body_of
from newsletter.ingest.parsing.read import read
from newsletter.ingest.sources.feeds.parse import parse_feed
from newsletter.ingest.sources.folder.source import read_file
from newsletter.ingest.sources.ghost import GhostSource
from newsletter.ingest.sources.pages.source import read_page
from newsletter.ingest.sources.wordpress.posts import read_post
from newsletter.ingest.sources.wordpress.wxr import read_wxr
from newsletter.isolation.fetcher import Fetched, Fetcher
from newsletter.model.brief import Brief, RawItem, ReadingRules

SITE = "https://brief.example.org/"
PAGE = "http://fakehost/test/page.html"


def summary_of(path: Path, server: ScriptedServer) -> dict[str, Any]:
    """
    Read *path* and summarise its first brief; with several items also the number of briefs,
    takeaways and blocks in all, and the lines of refused items; or the error of the whole.
    """
    try:
        items, is_cut = items_of(path, server)
    except NewsletterError as error:
        return {"error": type(error).__name__, "line": str(error)}
    outcomes = [_outcome(item) for item in items]
    briefs = [fields_of(outcome) for outcome in outcomes if isinstance(outcome, Brief)]
    refused = [outcome for outcome in outcomes if isinstance(outcome, str)]
    found: dict[str, Any] = {"items": len(items), "cut": is_cut, "refused": refused}
    found["first"] = briefs[0] if briefs else None
    if len(items) > 1:
        for name in ("takeaways", "blocks"):
            found[name] = sum(fields.get(name, 0) for fields in briefs)
    return _without_empty(found)


def fields_of(brief: Brief) -> dict[str, Any]:
    """
    Return *brief* with its lists as counts.
    """
    return _without_empty(
        {
            "title": brief.title,
            "date": brief.date.isoformat() if brief.date else None,
            "takeaways": len(brief.takeaways),
            "blocks": len(list(body_of(brief.body_html).iter())),
            "footnotes": len(brief.footnotes),
            "image": brief.image_url,
            "caption": brief.caption,
            "credit": brief.credit,
            "warnings": len(brief.warnings),
        }
    )


def items_of(path: Path, server: ScriptedServer) -> tuple[Sequence[RawItem], bool]:
    """
    Return the items that the right source makes of *path*, and whether the document broke off.
    """
    folder, raw = path.parent.name, path.read_bytes()
    if folder in ("briefs", "docx", "email", "markdown"):
        return [read_file(path)], False
    if folder == "html":
        url = SITE if path.name.startswith("wp-") else PAGE
        return [read_page(Fetched(status=200, headers={}, body=raw, url=url))], False
    if folder == "ghost":
        return _ghost_items(raw, server), False
    if folder == "wordpress":
        return read_wxr(raw)[0] if path.suffix == ".xml" else _posts(orjson.loads(raw)), False
    parsed = parse_feed(raw, url=f"{SITE}feed/", max_items=500)
    return parsed.items, parsed.is_cut


def brief_of(path: Path, server: ScriptedServer) -> Brief:
    """
    Return the one brief in *path*.
    """
    (item,), _ = items_of(path, server)
    return read(item, ReadingRules())


def _ghost_items(raw: bytes, server: ScriptedServer) -> Sequence[RawItem]:
    server.answer("/ghost/api/content/posts/", body=raw)
    fetcher = Fetcher(networks=("127.0.0.0/8",))
    return GhostSource("ghost", server.url(), key="a1", fetcher=fetcher).fetch({}).items


def _posts(listed: Any) -> list[RawItem]:
    entries = listed if isinstance(listed, list) else [listed]
    read = (read_post(entry, home=SITE, zone=dt.UTC) for entry in entries)
    return [item for item in read if isinstance(item, RawItem)]


def _outcome(item: RawItem) -> Brief | str:
    try:
        return read(item, ReadingRules())
    except ReadError as error:
        return str(error)


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}

"""
Dates as feeds write them, in RSS, Atom and JSON Feed. The list names what kind of software or
standard writes each so.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from newsletter.ingest.sources.feeds.detect import ParsedFeed
from newsletter.ingest.sources.feeds.parse import parse_feed
from newsletter.ingest.sources.sandboxed_parser import (
    MAX_ANSWER_BYTES,
    SOURCE_MODULES,
    SandboxedParser,
)
from newsletter.isolation.sandbox import Sandbox

URL = "https://brief.example.org/feed/"
ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "feed_dates.tsv").read_text("utf-8").splitlines()
]


def rss(*texts: str, language: str = "") -> bytes:
    spoken = f"<language>{language}</language>" if language else ""
    items = "".join(
        f"<item><guid>{number}</guid><pubDate>{escape(text)}</pubDate></item>"
        for number, text in enumerate(texts)
    )
    return f"<rss version='2.0'><channel>{spoken}{items}</channel></rss>".encode()


def parsed(body: bytes, url: str = URL) -> ParsedFeed:
    return parse_feed(body, url=url, max_items=100)


def times(body: bytes, url: str = URL) -> list[dt.datetime | None]:
    return [item.published_at for item in parsed(body, url).items]


def expected(row: list[str]) -> dt.datetime | None:
    return None if row[1] == "none" else dt.datetime.fromisoformat(row[1])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[2]}")
def test_a_date_of_a_feed_is_read_for_certain_or_not_at_all(row: list[str]) -> None:
    text, _, language, _ = row
    feed = parsed(rss(text, language=language))
    assert [item.published_at for item in feed.items] == [expected(row)]
    unread = (f"the date “{text}” of 1 item cannot be read",)
    assert feed.notes == (unread if expected(row) is None else ())


@pytest.mark.parametrize("row", ROWS[:40], ids=lambda row: row[0])
def test_atom_and_json_feeds_give_the_same_dates(row: list[str]) -> None:
    text, _, language, _ = row
    atom = (
        f"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='{language}'><entry><id>a</id>"
        f"<published>{text}</published></entry></feed>"
    )
    one = {"id": "a", "date_published": text, "content_text": "b"}
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "language": language or None,
        "items": [one],
    }
    assert times(atom.encode()) == times(json.dumps(feed).encode()) == [expected(row)]


def test_every_date_is_read_in_the_sandbox_as_here() -> None:
    by_language = [(row[2], row[0]) for row in ROWS]
    with Sandbox(SOURCE_MODULES, max_output_bytes=MAX_ANSWER_BYTES) as sandbox:
        feed = SandboxedParser(sandbox).feed
        for language in dict.fromkeys(language for language, _ in by_language):
            body = rss(*(text for spoken, text in by_language if spoken == language))
            assert feed(body, url=URL, max_items=100) == parsed(body)


def test_unreadable_dates_are_counted_in_one_note() -> None:
    feed = parsed(rss("soon", "Tue, 05 Mar 2019 14:00:00 GMT", "later", "x" * 60))
    assert feed.notes == ("the date “soon” of 3 items cannot be read",)
    assert parsed(rss("x" * 60)).notes == (f"the date “{'x' * 40}…” of 1 item cannot be read",)


def test_an_item_without_a_date_gives_no_note() -> None:
    assert parsed(rss("", " ")).notes == ()


def test_the_last_edit_stands_for_a_date_that_cannot_be_read() -> None:
    body = (
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>a</id><published>soon</published>"
        b"<updated>2019-03-05T14:00:00Z</updated></entry></feed>"
    )
    assert times(body) == [dt.datetime(2019, 3, 5, 14, tzinfo=dt.UTC)]
    assert parsed(body).notes == ("the date “soon” of 1 item cannot be read",)


def test_one_date_of_a_feed_settles_the_order_of_the_others() -> None:
    third, march = (dt.datetime(2019, *day, tzinfo=dt.UTC) for day in ((4, 3), (3, 25)))
    assert times(rss("03/04/2019", "25/03/2019")) == [third, march]
    fourth = dt.datetime(2019, 3, 4, tzinfo=dt.UTC)
    assert times(rss("03/04/2019", "03/25/2019")) == [fourth, march]
    assert times(rss("03/04/2019", "03/25/2019", language="fr")) == [fourth, march]


def test_dates_that_contradict_each_other_settle_nothing() -> None:
    body = rss("03/04/2019", "25/03/2019", "03/25/2019", language="fr")
    assert times(body)[0] is None


@pytest.mark.parametrize(
    ("host", "hours"), [("a.example.in", 5.5), ("a.example.il", 2), ("a.example.ie", 1)]
)
def test_the_country_of_the_host_says_which_zone_ist_is(host: str, hours: float) -> None:
    found = times(rss("Fri, 05 Jul 2019 14:00:00 IST"), f"https://{host}/feed")
    summer = 3 if host.endswith("il") else hours
    assert found == [dt.datetime(2019, 7, 5, 14, tzinfo=dt.UTC) - dt.timedelta(hours=summer)]


def test_a_number_in_a_json_feed_is_seconds_since_1970() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1",
        "items": [{"id": "1", "date_published": 1551794100, "date_modified": 1551794160000}],
    }
    (item,) = parsed(json.dumps(feed).encode()).items
    assert item.published_at == dt.datetime(2019, 3, 5, 13, 55, tzinfo=dt.UTC)
    assert item.updated_at == dt.datetime(2019, 3, 5, 13, 56, tzinfo=dt.UTC)


def test_entities_in_a_date_are_read() -> None:
    body = rss("X").replace(b"X", b"Mi, 11 Dez&amp;nbsp;2019 14:00:00 &#43;0100")
    assert times(body) == [dt.datetime(2019, 12, 11, 13, tzinfo=dt.UTC)]

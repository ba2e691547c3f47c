"""
What needs a file that was not loaded before reads differently in the sandbox, or fails there.
"""

from __future__ import annotations

import base64
import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from charset_texts import HEADLINES, LONG
from forwarded_mails import HTML, TEXTS
from mails import mail

from newsletter.ingest.files import FILE_MODULES
from newsletter.ingest.parsing import sandbox_child as parsing
from newsletter.ingest.sources import sandbox_child as sources
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import MediaType, RawItem, ReadingRules

URL = "https://example.org/a"
RULES = ReadingRules().as_json()
DATES = [
    "5 March 2019",
    "5. März 2019",
    "le 5 mars 2019",
    "5 de marzo de 2019",
    "5 марта 2019 г.",
    "2019年3月5日",
    "2019년 3월 5일",
    "٥ مارس ٢٠١٩",
    "5 ਮਾਰਚ 2019",
    "५ मार्च २०१९",
    "५ मार्च 2019",
    "5 Μαρτίου 2019",
    "5 มีนาคม 2562",
    "5 במרץ 2019",
    "Thứ Ba 5 tháng 3 2019",
    "5 березня 2019 р.",
    "kedd 2019. március 5.",
    "5-Mar-2019",
]
FEED_DATES = [
    "Tue, 05 Mar 2019 06:00:00 +0000",
    "2019-03-05T06:00:00.5+01:00",
    "Tues, 5 Mar 2019 6:00 PM EST",
    "mar, 05 mars 2019 06:00:00 +0100",
    "1551765600",
    "2019年03月05日 06:00",
    "вт, 5 марта 2019",
    "no date",
]
FEED = (
    "<?xml version='1.0' encoding='{}'?><rss version='2.0'><channel><item><guid>1</guid>"
    "<title>A</title><pubDate>{}</pubDate><description>{}</description></item></channel></rss>"
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox((*FILE_MODULES, "os"), cpu_s=60, wall_s=600) as running:
        yield running


def packed(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def briefs_of(sandbox: Sandbox | None, items: list[dict[str, Any]]) -> object:
    if sandbox is None:
        return parsing.read_many(items, RULES)
    return sandbox.call(f"{parsing.__name__}:read_many", items, RULES)


def text(content: str, media_type: MediaType = MediaType.TEXT) -> dict[str, Any]:
    return RawItem(key="k", content=content, media_type=media_type, url=URL).as_json()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists the threads of a process")
def test_no_parser_starts_a_thread_that_a_fork_would_lose(sandbox: Sandbox) -> None:
    server = sandbox.call("os:getppid")
    assert [task.name for task in Path(f"/proc/{server}/task").iterdir()] == [str(server)]


def test_texts_in_all_languages_are_read_inside_as_outside(sandbox: Sandbox) -> None:
    with Path(__file__).with_name("parsing").joinpath("languages.tsv").open(newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file, delimiter="\t")]
    items = [text(f"A title\n\n{DATES[n % len(DATES)]}\n\n{one}\n") for n, one in enumerate(texts)]
    assert briefs_of(sandbox, items) == briefs_of(None, items)


@pytest.mark.parametrize("media_type", [MediaType.MARKDOWN, MediaType.HTML, MediaType.HTML_PAGE])
def test_date_lines_are_read_inside_as_outside(sandbox: Sandbox, media_type: MediaType) -> None:
    items = [text(f"<h1>A</h1>\n\n<p>{day}</p>\n\n<p>Words.</p>", media_type) for day in DATES]
    items += [text(f"---\ndate: {day}\n---\n# A\n\nWords.", media_type) for day in DATES]
    assert briefs_of(sandbox, items) == briefs_of(None, items)


def test_feeds_are_read_inside_as_outside(sandbox: Sandbox) -> None:
    feeds = [FEED.format("utf-8", day, "Words.").encode() for day in FEED_DATES]
    for one in (*LONG, *HEADLINES):
        for name in one.encodings:
            feeds.append(FEED.format(name, FEED_DATES[0], one.text).encode(name, "replace"))
            feeds.append(FEED.format("", FEED_DATES[0], one.text).encode(name, "replace"))
    for raw in feeds:
        arguments = (packed(raw), URL, 5, "text/xml")
        inside = sandbox.call(f"{sources.__name__}:parse_feed", *arguments)
        assert inside == sources.parse_feed(*arguments)


def test_pages_are_read_inside_as_outside(sandbox: Sandbox) -> None:
    for one in (*LONG, *HEADLINES):
        page = f"<html><title>A</title><article><h1>A</h1>{f'<p>{one.text}</p>' * 9}</article>"
        for name in one.encodings:
            for content_type in ("", f"text/html; charset={name}"):
                arguments = (packed(page.encode(name, "replace")), content_type, URL, None)
                inside = sandbox.call(f"{sources.__name__}:parse_page", *arguments)
                assert inside == sources.parse_page(*arguments)
                assert briefs_of(sandbox, [inside]) == briefs_of(None, [inside])


def test_mails_are_read_inside_as_outside(sandbox: Sandbox) -> None:
    mails = [mail(f"{written}Words.", subject="Fwd: A") for written in TEXTS.values()]
    mails += [mail(written % "<p>Words.</p>", kind="html") for written in HTML.values()]
    for raw in mails:
        inside = sandbox.call(f"{sources.__name__}:read_mail", packed(raw), [])
        assert inside == sources.read_mail(packed(raw), [])

"""
Two hundred hostile feeds: truncated, bombs, deeply nested, huge, slow, or not feeds at all. Each
gives a report; what is known stays unchanged, and the next good poll works.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator

import pytest
from http_server import Answer, ScriptedServer
from installation import Installation

from newsletter import pipeline
from newsletter.model.source import FirstPoll

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Site</title>'
    "<link>https://site.example</link>"
)
ITEM = (
    "<item><title>Brief {n}</title><link>https://site.example/{n}</link>"
    "<guid>https://site.example/?p={n}</guid><pubDate>Wed, 04 Mar 2026 0{n}:00:00 +0000</pubDate>"
    "<content:encoded><![CDATA[<p>The council spoke of matter {n} &amp; went home.</p>]]>"
    "</content:encoded></item>"
)
GOOD = (HEAD + "".join(ITEM.format(n=n) for n in (1, 2, 3)) + "</channel></rss>").encode()
XML = {"Content-Type": "application/rss+xml"}


def cut_off() -> dict[str, Answer]:
    cuts = [len(HEAD) + step * (len(GOOD) - len(HEAD)) // 100 for step in range(100)]
    return {f"cut at byte {cut}": Answer(headers=XML, body=GOOD[:cut]) for cut in cuts}


def bombs() -> dict[str, Answer]:
    zipped = {"Content-Encoding": "gzip"} | XML
    found = {
        f"gzip bomb of {size} MB": Answer(
            headers=zipped, body=gzip.compress(b"<rss>" + b" " * (size << 20), 6)
        )
        for size in range(6, 26)
    }
    for depth in range(3, 23):
        names = "".join(
            f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha"}">' for n in range(depth)
        )
        body = f"<?xml version='1.0'?><!DOCTYPE rss [{names}]><rss><channel><item><title>"
        found[f"entity bomb of {depth} floors"] = Answer(
            headers=XML, body=f"{body}&e{depth - 1};</title></item></channel></rss>".encode()
        )
    return found


def bottomless() -> dict[str, Answer]:
    found = {}
    for depth in (300, 600, 1_000, 5_000, 20_000, 50_000, 100_000, 200_000, 300_000, 400_000):
        deep = "<a>" * depth
        found[f"{depth} elements deep, never closed"] = Answer(
            headers=XML, body=(HEAD + deep).encode()
        )
        inside = ITEM.format(n=4).replace("<p>", "<div>" * depth)
        found[f"an item of {depth} nested blocks"] = Answer(
            headers=XML,
            body=(HEAD + inside + "</channel></rss>").replace("?p=4", "?p=1").encode(),
        )
    return found


def huge() -> dict[str, Answer]:
    return {
        f"{size} MB of words": Answer(
            headers=XML, body=HEAD.encode() + b"word " * (size * 200_000) + b"</channel></rss>"
        )
        for size in range(6, 16)
    }


def no_feeds() -> dict[str, Answer]:
    bodies = [
        b"", b" ", b"\x00" * 100, b"\xff\xfe", b"<html><body>Checking your browser</body></html>",
        b"{}", b"[]", b"null", b'{"version": "https://jsonfeed.org/version/1.1"}', b"<rss/>",
        b"<rss", b"<?xml version='1.0'?>", b"<feed xmlns='http://www.w3.org/2005/Atom'/>",
        b"PK\x03\x04", b"%PDF-1.7", b"GIF89a", b"BEGIN:VCALENDAR", b"\xef\xbb\xbf", b"<svg/>",
        b"<!DOCTYPE html><title>x</title>",
    ]  # fmt: skip
    return {f"no feed: {body[:20]!r}": Answer(body=body) for body in bodies}


def dripping() -> Iterator[bytes]:
    for byte in GOOD:
        yield bytes([byte])
        time.sleep(0.05)


def slow() -> dict[str, Answer]:
    return {f"a byte at a time, {n}": Answer(headers=XML, body=dripping()) for n in range(10)}


HOSTILE = cut_off() | bombs() | bottomless() | huge() | no_feeds() | slow()


def stored(installation: Installation) -> list[tuple[int, str, str, str]]:
    return [(b.id, b.key, b.content_hash, b.status) for b in installation.stored_briefs()]


def test_there_are_two_hundred() -> None:
    assert len(HOSTILE) == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_hostile_feed_stops_the_process_or_changes_what_is_known(
    installation: Installation,
) -> None:
    limits = {"fetch_networks": ["127.0.0.0/8"], "fetch_deadline_s": 0.5}
    url = installation.app.settings.database_url
    hurried = Installation(
        installation.folder,
        url,
        now=installation.now,
        sandbox=installation.app.sandbox,
        limits=limits,
    )
    with ScriptedServer() as server:
        installation.add_source("site", "feed", server.url("/feed"), first_poll=FirstPoll.RECORD)
        server.answer("/feed", headers=XML, body=GOOD)
        [first] = pipeline.collect_sources(installation.app.publishing, ["site"])
        known = stored(installation)
        changed: dict[str, object] = {}
        for name, answer in HOSTILE.items():
            server.answer("/feed", lambda request, answer=answer: answer)
            began = time.monotonic()
            [report] = pipeline.collect_sources(hurried.app.publishing, ["site"])
            if stored(installation) != known or report.new or time.monotonic() - began > 20:
                changed[name] = report
        server.answer("/feed", headers=XML, body=GOOD)
        [last] = pipeline.collect_sources(installation.app.publishing, ["site"])
    hurried.close()
    assert len(first.recorded) == 3
    assert changed == {}
    assert (len(last.unchanged), last.error) == (3, None)

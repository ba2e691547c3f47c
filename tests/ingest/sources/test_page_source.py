"""
One page polled over HTTP.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from http_server import ScriptedServer

from newsletter.errors import SourceError
from newsletter.ingest.parsing.read import read
from newsletter.ingest.sources.pages.source import PageSource, read_page
from newsletter.ingest.sources.protocol import Source
from newsletter.isolation.fetcher import Fetched, Fetcher
from newsletter.model.brief import MediaType, Poll, RawItem, ReadingRules

STAMPS = {"ETag": '"a"', "Last-Modified": "Tue, 03 Mar 2026 15:30:00 GMT"}
URL = "https://www.example.org/a/?utm_source=x"


@pytest.fixture
def source(server: ScriptedServer, fetcher: Fetcher) -> Source:
    return PageSource("brief", server.url("/a/"), fetcher=fetcher)


def page(body: bytes | str, content_type: str = "text/html", *, url: str = URL) -> RawItem:
    raw = body.encode() if isinstance(body, str) else body
    return read_page(Fetched(status=200, headers={"content-type": content_type}, body=raw, url=url))


def test_a_page_is_one_item(server: ScriptedServer, source: Source) -> None:
    server.answer("/a/", headers={**STAMPS, "Content-Type": "text/html"}, body=b"<p>a")
    url = server.url("/a/")
    assert source.fetch({}) == Poll(
        items=(
            RawItem(
                key=url,
                fallback_key="/a/",
                content="<p>a",
                media_type=MediaType.HTML_PAGE,
                url=url,
                base_url=url,
            ),
        ),
        state={"etag": '"a"', "last-modified": STAMPS["Last-Modified"], "address": url},
    )


def test_an_unchanged_page_keeps_its_state(server: ScriptedServer, source: Source) -> None:
    server.answer("/a/", headers=STAMPS, body=b"<p>a")
    state = source.fetch({}).state
    server.answer("/a/", status=304)
    assert source.fetch(state) == Poll(state=state, is_unchanged=True)
    sent = server.requests[1].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == tuple(STAMPS.values())


def test_a_state_of_another_address_is_ignored(server: ScriptedServer, source: Source) -> None:
    server.answer("/a/", body=b"<p>a")
    source.fetch({"etag": '"x"', "address": "http://old.example/"})
    assert server.requests[0].headers.get("if-none-match") is None


def test_a_wordpress_page_has_the_keys_of_its_post(shared: Path) -> None:
    raw = (shared / "samples/sources/html/wp-single-classic.html").read_bytes()
    item = page(raw, url="https://brief.example.org/intelbrief-the-lantern-tax/?utm_source=x")
    assert item.key == "https://brief.example.org/intelbrief-the-lantern-tax/"
    assert item.site_key == "brief.example.org?p=310"
    assert read(item, ReadingRules()).title == "The Lantern Tax"


@pytest.mark.parametrize(
    ("markup", "site_key"),
    [
        ("<body class='single postid-310 x'>", "example.org?p=310"),
        ("<body class='page page-id-7'>", "example.org?p=7"),
        ("<link rel=shortlink href='/?p=5'><body class=postid-310>", "example.org?p=5"),
        ("<link rel=shortlink href='https://wp.me/x'><body class=postid-310>", "example.org?p=310"),
        ("<body class='postid-0 category-3'>", None),
    ],
)
def test_the_post_number_is_found_in_link_or_class(markup: str, site_key: str | None) -> None:
    assert page(markup).site_key == site_key


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("", "https://www.example.org/a/"),
        ("<link rel=canonical href='/b/'>", "https://www.example.org/b/"),
        ("<link rel=canonical href='https://example.org/b/'>", "https://example.org/b/"),
        ("<link rel=canonical href='https://else.example/b/'>", "https://www.example.org/a/"),
    ],
)
def test_the_key_is_the_canonical_address_of_the_page(link: str, key: str) -> None:
    assert page(f"{link}<p>a").key == key


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<p>Zoë".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("<meta charset=windows-1252><p>Zoë".encode("cp1252"), "text/html"),
        ("\ufeff<p>Zoë".encode(), "text/html; charset=ISO-8859-1"),
        ("<p>Zoë".encode("cp1252"), "text/html; charset=utf-8"),
        ("<p>Zoë".encode(), "text/html; charset=none"),
        ("<p>Zoë".encode(), "text/html; charset=ISO-8859-1"),
        (b"<p>Zo\xeb", 'text/html; charset="us-ascii"'),
        (f"<script>{'x' * 5000}</script><meta charset=koi8-r><p>Zoë".encode(), "text/html"),
        ("<?xml version='1.0' encoding='cp850'?><p>Zoë".encode("cp850"), "application/xhtml+xml"),
        ("<p>Zoë".encode("utf-16-be"), "text/html; charset=utf-16"),
    ],
)
def test_a_page_is_decoded_by_its_declared_encoding(body: bytes, content_type: str) -> None:
    assert page(body, content_type).content.endswith("<p>Zoë")


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        ("<?xml version='1.0'?><rss></rss>", "text/html", "sent a feed, not a page"),
        ("%PDF", "application/pdf", "sent application/pdf, not a page"),
        ("<p>" + "x" * 600_000, "text/html", "page that cannot be read: the content is over"),
        ("a\x00b", "text/html", "page that cannot be read: the content is binary"),
    ],
)
def test_a_document_that_is_not_a_page_is_refused(
    body: str, content_type: str, reason: str
) -> None:
    with pytest.raises(SourceError, match=reason):
        page(body, content_type)

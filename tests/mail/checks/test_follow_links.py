"""
Test following links; the network is passed in.
"""

from __future__ import annotations

from newsletter.errors import FetchError
from newsletter.mail.checks.follow_links import follow, follow_own
from newsletter.model.check import Finding, Level

GONE = FetchError("example.org responded with 404 Not Found: check the address", status=404)
BUSY = FetchError("slow.example did not respond in full within 20 s: try later")


def ask(url: str, is_trusted: bool) -> None:
    failures = {"https://example.org/gone": GONE, "https://slow.example/": BUSY}
    if url in failures:
        raise failures[url]


def test_a_dead_link_is_an_error_and_a_slow_one_a_warning() -> None:
    urls = ["https://example.org/gone", "https://example.org/", "https://slow.example/"]
    assert follow(urls, ask) == [
        Finding("links", Level.ERROR, str(GONE), "https://example.org/gone"),
        Finding("links", Level.WARNING, str(BUSY), "https://slow.example/"),
    ]


def test_other_urls_are_not_trusted_and_our_own_is() -> None:
    asked = []
    follow(["https://example.org/"], lambda url, is_trusted: asked.append((url, is_trusted)))
    follow_own("https://news.example.org", lambda url, is_trusted: asked.append((url, is_trusted)))
    assert asked == [
        ("https://example.org/", False),
        ("https://news.example.org/u/test", True),
    ]


def test_an_unsubscribe_page_that_does_not_respond_is_an_error() -> None:
    def refuse(url: str, is_trusted: bool) -> None:
        raise GONE

    (found,) = follow_own("https://news.example.org", refuse)
    assert (found.rule, found.level) == ("one-click", Level.ERROR)

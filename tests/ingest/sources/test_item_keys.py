"""
The keys of items, and what may change without making an item a new one.
"""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.ingest.sources.item_keys import (
    canonical_link,
    each_once,
    fallback_key_of,
    key_of,
    site_key_of,
)
from newsletter.model.brief import MediaType, RawItem

DATE = dt.datetime(2026, 3, 4, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("identifier", "url", "title", "key"),
    [
        (" 310 ", "https://h/a", "T", "310"),
        (" ", "https://h/a?utm_source=x#top", "T", "https://h/a"),
        (None, None, "T", "T | 2026-03-04T00:00:00+00:00"),
        (None, None, None, None),
    ],
)
def test_a_key_is_the_id_else_the_link_else_title_and_date(
    identifier: str | None, url: str | None, title: str | None, key: str | None
) -> None:
    assert key_of(identifier, url, title=title, date=DATE) == key


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://H/A?b=1&a=%20x", "https://H/A?b=1&a=%20x"),
        ("https://h/?p=1&utm_medium=rss&fbclid=z&mc_cid=1", "https://h/?p=1"),
        ("https://h/a?gclid=1", "https://h/a"),
    ],
)
def test_a_canonical_link_loses_its_tracking_and_nothing_else(url: str, canonical: str) -> None:
    assert canonical_link(url) == canonical


@pytest.mark.parametrize(
    ("key", "second"),
    [
        ("http://h/?p=1", "/?p=1"),
        ("https://www.h:8443/A/b?q#x", "/A/b?q#x"),
        ("https://h?p=1", "/?p=1"),
        ("https://h/", None),
        ("tag:h,2026:1", None),
    ],
)
def test_a_fallback_key_drops_scheme_and_host(key: str, second: str | None) -> None:
    assert fallback_key_of(key) == second


@pytest.mark.parametrize(
    ("address", "site_key"),
    [
        ("http://brief.example/?p=310", "brief.example?p=310"),
        ("https://www.Brief.example:8443?p=310", "brief.example?p=310"),
        ("https://h/?page_id=12", "h?p=12"),
        ("https://h/?post_type=brief&#038;p=12", "h?p=12"),
        ("https://h/?post_type=brief&p=12", "h?p=12"),
        ("https://h/blog/?p=12", "h/blog?p=12"),
        ("https://h/?p=12#comment-3", None),
        ("https://h/viewtopic.php?p=12", None),
        ("https://h/?t=1&p=12", None),
        ("https://h/?p=012", None),
        ("https://h/?p=next", None),
        ("https://h/?attachment_id=4", None),
        ("https://h/slug/", None),
        ("https://u:p@h/?p=1", None),
        ("http://[?p=1", None),
        ("tag:h,2026:?p=1", None),
        ("", None),
    ],
)
def test_a_site_key_is_the_site_and_the_number_of_a_post(
    address: str, site_key: str | None
) -> None:
    assert site_key_of(address) == site_key


def test_a_fallback_key_shared_by_two_hosts_is_removed() -> None:
    keys = ["http://a/?p=1", "http://b/?p=1", "http://b/?p=2", "http://a/?p=1"]
    items = each_once(
        RawItem(key=key, fallback_key=fallback_key_of(key), content="", media_type=MediaType.TEXT)
        for key in keys
    )
    assert [(item.key, item.fallback_key) for item in items] == [
        ("http://a/?p=1", None),
        ("http://b/?p=1", None),
        ("http://b/?p=2", "/?p=2"),
    ]

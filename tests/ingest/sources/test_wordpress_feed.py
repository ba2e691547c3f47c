"""
A WordPress site whose REST API is closed, so that its feed is read: with the same keys, and without
adding old posts when the API opens.
"""

from __future__ import annotations

import datetime as dt
import json

import pytest
from http_server import ScriptedServer
from installation import Installation
from scripted_source import Site
from wordpress_site import START, WordPressSite, full_site, source_at

from newsletter.errors import FetchError, SourceError
from newsletter.ingest.sources.protocol import Source
from newsletter.isolation.fetcher import Fetcher
from newsletter.model.brief import Poll

DAY = dt.timedelta(days=1)
CLOSED = b'{"code": "rest_forbidden", "message": "no", "data": {"status": 401}}'
PAGE = b"<!DOCTYPE html><title>One moment</title>"
FEED = b"""<rss version="2.0"><channel><item><title>Title</title>
<link>https://www.brief.example/slug-250/</link>
<guid isPermaLink="false">http://brief.example/?p=250</guid>
<pubDate>Tue, 08 Sep 2026 12:00:00 +0000</pubDate><description>Text</description></item>
<item><title>Elsewhere</title><guid isPermaLink="false">http://other.example/?p=9</guid></item>
</channel></rss>"""


@pytest.fixture
def site(server: ScriptedServer) -> WordPressSite:
    return full_site(server)


@pytest.fixture
def source(site: WordPressSite, fetcher: Fetcher) -> Source:
    return source_at(site, fetcher)


def keys(poll: Poll) -> list[str]:
    return [item.key for item in poll.items]


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (401, CLOSED, "127.0.0.1 responded with 401 Unauthorized: it requires a login, which "),
        (
            403,
            PAGE,
            "127.0.0.1 responded with 403 Forbidden: ask the site's owner to allow this program",
        ),
        (404, PAGE, "127.0.0.1 responded with 404 Not Found: check the address"),
        (200, PAGE, "127.0.0.1 sent a web page instead of JSON"),
        (200, b'[{"id": 1', "127.0.0.1 sent incomplete or invalid JSON"),
        (200, b'{"code": "no"}', "127.0.0.1 sent JSON that is not a list of posts"),
    ],
)
def test_if_the_api_is_closed_the_feed_is_read(
    site: WordPressSite, fetcher: Fetcher, status: int, body: bytes, why: str
) -> None:
    for path in ("/wp-json/wp/v2/posts", "/"):
        site.server.answer(path, status=status, body=body)
    site.server.answer("/feed/", body=FEED)
    poll = source_at(site, fetcher).fetch({})
    assert keys(poll) == ["http://brief.example/?p=250", "http://other.example/?p=9"]
    assert poll.notes[0].startswith(f"read the feed, since the REST API cannot be read ({why}")
    assert poll.state["feed_address"] == site.server.url("/feed/")


def test_an_item_of_the_feed_has_the_key_it_has_in_the_api(
    site: WordPressSite, source: Source
) -> None:
    # The site's own address is the one that is polled here.
    own = FEED.replace(b"www.brief.example", b"127.0.0.1")
    site.server.answer("/feed/", body=own)
    (item, other) = source.fetch({}).items
    assert (item.key, item.fallback_key, item.site_key) == ("250", None, "127.0.0.1?p=250")
    assert (other.key, other.site_key) == ("http://other.example/?p=9", "other.example?p=9")


def test_an_api_that_opens_later_does_not_add_old_posts(
    site: WordPressSite, source: Source
) -> None:
    site.server.answer("/feed/", body=FEED)
    state = source.fetch({}).state
    site.open_endpoints()
    site.write(7, modified=site.now + DAY)
    site.write(260, date=site.now + DAY, modified=site.now + DAY)
    site.now += 2 * DAY
    poll = source.fetch(state)
    assert keys(poll) == ["260"]
    assert poll.notes == ("left out 1: older than the source (7)",)


def test_reading_the_feed_for_a_while_leaves_no_gap(site: WordPressSite, source: Source) -> None:
    site.open_endpoints()
    state = source.fetch({}).state
    site.write(251, date=START + 251 * DAY, modified=START + 251 * DAY)
    site.server.answer("/wp-json/wp/v2/posts", status=500)
    site.server.answer("/feed/", body=FEED)
    between = source.fetch(state)
    site.open_endpoints()
    assert {name: between.state[name] for name in state} == state
    assert keys(source.fetch(between.state)) == ["251", "250"]


def test_the_same_failure_at_every_endpoint_is_reported_once(source: Source) -> None:
    with pytest.raises(SourceError) as caught:
        source.fetch({})
    assert str(caught.value) == "127.0.0.1 responded with 404 Not Found: check the address"


def test_two_different_failures_are_reported_in_one_line(
    site: WordPressSite, source: Source
) -> None:
    site.server.answer("/wp-json/wp/v2/posts", status=401)
    site.server.answer("/feed/", body=PAGE)
    with pytest.raises(SourceError) as caught:
        source.fetch({})
    assert str(caught.value) == (
        "127.0.0.1: neither the REST API (127.0.0.1 responded with 401 Unauthorized: it requires "
        "a login, which sources do not support) nor the feed (127.0.0.1 sent a web page, not a "
        "feed: check the address) can be read"
    )


@pytest.mark.parametrize(
    ("status", "is_gone", "retry_after_s"), [(410, True, None), (429, False, 90), (503, False, 90)]
)
def test_the_feed_of_a_site_that_is_gone_or_busy_is_not_requested(
    site: WordPressSite, source: Source, status: int, is_gone: bool, retry_after_s: float | None
) -> None:
    site.server.answer("/wp-json/wp/v2/posts", status=status, headers={"Retry-After": "90"})
    with pytest.raises(FetchError) as caught:
        source.fetch({})
    assert (caught.value.is_gone, caught.value.retry_after_s) == (is_gone, retry_after_s)
    assert len(site.server.requests) == 1


def own_feed(text: str, *, number: int = 250, more: str = "") -> bytes:
    date = f"{START + number * DAY:%a, %d %b %Y %H:%M:%S} +0000"
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f'<item><title>Title</title><guid isPermaLink="false">http://127.0.0.1/?p={number}</guid>'
        f"<pubDate>{date}</pubDate><content:encoded>{text}</content:encoded></item>{more}"
        "</channel></rss>"
    ).encode()


def marks(poll: Poll) -> list[tuple[str, bool, bool]]:
    return [(item.key, item.is_kept, item.is_partial) for item in poll.items]


def test_a_feed_read_in_place_of_the_api_changes_only_texts_edited_in_the_feed(
    site: WordPressSite, source: Source
) -> None:
    site.open_endpoints()
    state = source.fetch({}).state
    site.server.answer("/wp-json/wp/v2/posts", status=500)
    texts = ["&lt;p&gt;As fed&lt;/p&gt;", "&lt;p&gt;As fed &lt;/p&gt;", "&lt;p&gt;Edited&lt;/p&gt;"]
    found = []
    for text in [*texts, texts[-1]]:
        site.server.answer("/feed/", body=own_feed(text))
        poll = source.fetch(state)
        found += marks(poll)
        state = poll.state
    kept, partial = ("250", True, False), ("250", False, True)
    assert found == [kept, kept, partial, kept]


def test_an_excerpt_of_the_feed_does_not_replace_the_text_of_the_api(
    site: WordPressSite, source: Source
) -> None:
    site.open_endpoints()
    state = source.fetch({}).state
    site.server.answer("/wp-json/wp/v2/posts", status=500)
    site.server.answer("/feed/", body=FEED.replace(b"www.brief.example", b"127.0.0.1"))
    first = source.fetch(state)
    site.server.answer(
        "/feed/", body=FEED.replace(b"www.brief.example", b"127.0.0.1").replace(b"Text", b"Other")
    )
    second = source.fetch(first.state)
    assert [poll.items[0].is_kept for poll in (first, second)] == [True, True]
    assert not second.items[0].is_excerpt


def test_a_post_that_only_the_feed_ever_had_is_read_as_any_other(
    site: WordPressSite, source: Source
) -> None:
    site.open_endpoints()
    state = source.fetch({}).state
    site.server.answer("/wp-json/wp/v2/posts", status=500)
    site.server.answer("/feed/", body=own_feed("&lt;p&gt;New&lt;/p&gt;", number=260))
    assert marks(source.fetch(state)) == [("260", False, False)]


def test_a_site_whose_api_was_never_open_is_read_as_any_feed(
    site: WordPressSite, source: Source
) -> None:
    site.server.answer("/feed/", body=own_feed("&lt;p&gt;One&lt;/p&gt;"))
    first = source.fetch({})
    assert marks(first) == marks(source.fetch(first.state)) == [("250", False, False)]


def test_after_the_api_was_open_the_feed_is_compared_from_the_start(
    site: WordPressSite, source: Source
) -> None:
    site.open_endpoints()
    state = source.fetch({}).state
    for text in ("&lt;p&gt;One&lt;/p&gt;", "&lt;p&gt;Two&lt;/p&gt;"):
        site.server.answer("/wp-json/wp/v2/posts", status=500)
        site.server.answer("/feed/", body=own_feed(text))
        poll = source.fetch(state)
        assert marks(poll) == [("250", True, False)]
        site.open_endpoints()
        state = source.fetch(poll.state).state
        assert "texts" not in state


def test_a_brief_keeps_its_image_while_the_feed_is_read_in_place_of_the_api(
    installation: Installation, site: WordPressSite, source: Source
) -> None:
    image = {
        "source_url": "https://x.example/quay.jpg",
        "alt_text": "Quay",
        "caption": {"rendered": "At dawn"},
    }
    post = site.write(250).as_json() | {
        "link": "http://127.0.0.1/a/",
        "_embedded": {"wp:featuredmedia": [image], "wp:term": [[{"name": "Ferries"}]]},
    }
    collected = Site(installation)
    site.server.answer("/wp-json/wp/v2/posts", body=json.dumps([post]).encode())
    collected.poll(Poll(), source=source)  # type: ignore[arg-type]  # any source
    site.server.answer("/wp-json/wp/v2/posts", status=500)
    changed = []
    for text in ("&lt;p&gt;Text, as fed&lt;/p&gt;", "&lt;p&gt;Edited&lt;/p&gt;"):
        site.server.answer("/feed/", body=own_feed(text))
        changed.append(collected.poll(Poll(), source=source).changed)  # type: ignore[arg-type]
    [stored] = installation.stored_briefs()
    assert changed == [(), ("250",)]
    assert stored.brief.body_text == "Edited"
    assert (stored.brief.image_url, stored.brief.caption, stored.brief.categories) == (
        "https://x.example/quay.jpg",
        "At dawn",
        ("Ferries",),
    )

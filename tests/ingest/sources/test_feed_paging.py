"""
A feed on several pages: which of them are fetched, and when.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from http_server import ScriptedServer

from newsletter.ingest.sources.feeds.source import FeedSource
from newsletter.ingest.sources.protocol import Source
from newsletter.isolation.fetcher import Fetcher
from newsletter.model.brief import Poll


@pytest.fixture
def source(server: ScriptedServer, fetcher: Fetcher) -> Source:
    return FeedSource("briefs", server.url("/feed"), fetcher=fetcher)


def page(keys: Sequence[int], following: str | None = None) -> bytes:
    entries = "".join(f"<entry><id>urn:{key}</id><title>T</title></entry>" for key in keys)
    link = f'<link rel="next" href="{following}"/>' if following else ""
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{link}{entries}</feed>'.encode()


def keys(poll: Poll) -> list[int]:
    return [int(item.key.removeprefix("urn:")) for item in poll.items]


def paths(server: ScriptedServer) -> list[str]:
    return [request.path for request in server.requests]


def archive(server: ScriptedServer, newest: int, pages: int) -> None:
    """
    Serve *pages* pages of two items each, the *newest* first.
    """
    for number in range(pages):
        path = f"/feed?page={number + 1}" if number else "/feed"
        top = newest - 2 * number
        following = f"?page={number + 2}" if number + 1 < pages else None
        server.answer(path, headers={"ETag": f'"{number}"'}, body=page([top, top - 1], following))


def test_the_first_poll_reads_all_pages(server: ScriptedServer, source: Source) -> None:
    archive(server, 10, 2)
    poll = source.fetch({})
    assert (keys(poll), poll.notes) == ([10, 9, 8, 7], ())
    assert paths(server) == ["/feed", "/feed?page=2"]


def test_at_most_three_pages_are_read_and_a_note_says_so(
    server: ScriptedServer, source: Source
) -> None:
    archive(server, 20, 6)
    poll = source.fetch({})
    assert keys(poll) == [20, 19, 18, 17, 16, 15]
    assert poll.notes == ("the feed has more pages: only the first 3 were read",)


def test_the_validators_are_those_of_the_first_page(server: ScriptedServer, source: Source) -> None:
    archive(server, 10, 2)
    state = source.fetch({}).state
    server.answer("/feed", status=304)
    again = source.fetch(state)
    assert (state["etag"], again.is_unchanged, again.state) == ('"0"', True, state)


def test_a_later_poll_with_a_known_item_reads_one_page(
    server: ScriptedServer, source: Source
) -> None:
    archive(server, 10, 2)
    state = source.fetch({}).state
    archive(server, 11, 3)
    poll = source.fetch(state)
    assert (keys(poll), poll.notes) == ([11, 10], ())
    assert paths(server)[2:] == ["/feed"]


def test_a_later_poll_of_only_new_items_reads_on_to_a_known_one(
    server: ScriptedServer, source: Source
) -> None:
    archive(server, 10, 3)
    state = source.fetch({}).state
    archive(server, 13, 3)
    poll = source.fetch(state)
    assert (keys(poll), poll.notes) == ([13, 12, 11, 10], ())


def test_a_feed_that_gets_pages_later_is_not_read_again_from_its_start(
    server: ScriptedServer, source: Source
) -> None:
    server.answer("/feed", body=page([10, 9]))
    state = source.fetch({}).state
    archive(server, 10, 3)
    assert keys(source.fetch(state)) == [10, 9]


@pytest.mark.parametrize("following", ["/feed", "?page=2", "", "mailto:a@h.example"])
def test_a_loop_of_pages_ends(server: ScriptedServer, source: Source, following: str) -> None:
    server.answer("/feed", body=page([2, 1], following))
    server.answer("/feed?page=2", body=page([2, 1], "/feed"))
    assert keys(source.fetch({})) == [2, 1]
    assert len(server.requests) <= 2


def test_a_page_that_fails_loses_only_itself(server: ScriptedServer, source: Source) -> None:
    server.answer("/feed", body=page([2, 1], "?page=2"))
    server.answer("/feed?page=2", status=500)
    poll = source.fetch({})
    assert (keys(poll), poll.is_cut) == ([2, 1], False)
    assert poll.notes[0].startswith("page 2 of the feed was not read: 127.0.0.1 responded with 500")


def test_the_first_items_of_all_pages_together_are_limited(
    server: ScriptedServer, fetcher: Fetcher
) -> None:
    archive(server, 10, 3)
    source = FeedSource("briefs", server.url("/feed"), fetcher=fetcher, max_items=3)
    assert keys(source.fetch({})) == [10, 9, 8]
    assert len(server.requests) == 2


def test_a_json_feed_has_pages_too(server: ScriptedServer, source: Source) -> None:
    def body(key: int, **more: str) -> bytes:
        feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": f"urn:{key}"}]}
        return json.dumps(feed | more).encode()

    server.answer("/feed", body=body(2, next_url="/feed?paged=2"))
    server.answer("/feed?paged=2", body=body(1))
    assert keys(source.fetch({})) == [2, 1]


def test_an_rss_feed_has_pages_too(server: ScriptedServer, source: Source) -> None:
    head = '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
    item = "<item><guid isPermaLink='false'>urn:{}</guid></item></channel></rss>"
    link = '<atom:link rel="next" href="/feed?paged=2"/>'
    server.answer("/feed", body=(head + link + item.format(2)).encode())
    server.answer("/feed?paged=2", body=(head + item.format(1)).encode())
    assert keys(source.fetch({})) == [2, 1]


def test_a_next_page_in_a_private_network_is_not_fetched(
    server: ScriptedServer, source: Source
) -> None:
    elsewhere = server.url("/feed").replace("127.0.0.1", "localhost")
    server.answer("/feed", body=page([2, 1], elsewhere))
    poll = source.fetch({})
    assert keys(poll) == [2, 1]
    assert len(poll.notes) == len(server.requests) == 1

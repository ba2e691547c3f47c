"""
A WordPress site polled repeatedly through its REST API.
"""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import parse_qs

import pytest
from http_server import Answer, Received, ScriptedServer
from wordpress_site import START, WordPressSite, full_site, source_at

from newsletter.errors import FetchError
from newsletter.ingest.sources.protocol import Source
from newsletter.isolation.fetcher import Fetcher
from newsletter.model.brief import Poll

DAY = dt.timedelta(days=1)


@pytest.fixture
def site(server: ScriptedServer) -> WordPressSite:
    return full_site(server)


@pytest.fixture
def source(site: WordPressSite, fetcher: Fetcher) -> Source:
    return source_at(site, fetcher)


def keys(poll: Poll) -> list[str]:
    return [item.key for item in poll.items]


def test_the_first_poll_gives_every_post_once(site: WordPressSite, source: Source) -> None:
    site.open_endpoints()
    poll = source.fetch({})
    assert keys(poll) == [str(number) for number in range(250, 0, -1)]
    assert site.asked() == [{"page": "1"}, {"page": "2"}, {"page": "3"}]
    newest = (START + 250 * DAY).isoformat()
    assert poll.state == {
        "address": site.server.url("/"),
        "endpoint": site.server.url("/wp-json/wp/v2/posts"),
        "modified": newest,
        "published": newest,
    }
    assert poll.notes == ()


def test_a_site_that_does_not_count_its_pages_is_read_to_the_first_short_page(
    site: WordPressSite, source: Source
) -> None:
    site.counts_pages = False
    site.open_endpoints()
    assert len(source.fetch({}).items) == 250
    for number in range(1, 51):
        del site.posts[number]
    # Two full pages: the third is past the end, and the response is 400.
    assert len(source.fetch({}).items) == 200
    assert [query["page"] for query in site.asked()[3:]] == ["1", "2", "3"]


def test_a_later_poll_gives_edited_and_new_posts(site: WordPressSite, source: Source) -> None:
    site.open_endpoints()
    state = source.fetch({}).state
    site.write(7, modified=START + 260 * DAY, slug="renamed")
    site.write(251, date=START + 261 * DAY, modified=START + 261 * DAY)
    poll = source.fetch(state)
    # The newest known post is within the overlap.
    assert keys(poll) == ["251", "7", "250"]
    assert [item.url for item in poll.items][1] == "https://www.Brief.example/renamed-7/"
    assert site.asked()[3:] == [
        {
            "orderby": "modified",
            "order": "desc",
            "modified_after": "2026-09-08T11:55:00Z",
            "page": "1",
        },
        {"after": "2026-09-07T12:00:00Z", "page": "1"},
    ]
    assert poll.state["modified"] == (START + 261 * DAY).isoformat()


def test_a_poll_without_changes_gives_the_newest_post_again(
    site: WordPressSite, source: Source
) -> None:
    site.open_endpoints()
    first = source.fetch({})
    again = source.fetch(first.state)
    assert (again.items, again.state) == (first.items[:1], first.state)


def test_a_scheduled_post_is_found_when_it_is_published(
    site: WordPressSite, source: Source
) -> None:
    # Written long before: nothing is saved when it is published.
    due = site.now + DAY
    site.write(300, date=due, modified=START + 5 * DAY, goes_out=due)
    site.open_endpoints()
    first = source.fetch({})
    site.now = due + dt.timedelta(minutes=1)
    assert "300" not in keys(first)
    assert keys(source.fetch(first.state)) == ["250", "300"]


def test_a_post_published_hours_late_is_not_missed(site: WordPressSite, source: Source) -> None:
    site.write(
        300, date=START + 250 * DAY - dt.timedelta(hours=6), modified=START, goes_out=site.now
    )
    site.now -= dt.timedelta(seconds=1)
    site.open_endpoints()
    first = source.fetch({})
    site.now += dt.timedelta(seconds=1)
    assert "300" not in keys(first)
    assert "300" in keys(source.fetch(first.state))


def test_a_date_in_the_future_is_noted_and_hides_nothing(
    site: WordPressSite, source: Source
) -> None:
    site.write(300, date=site.now + 9 * DAY, modified=site.now + 9 * DAY)
    site.open_endpoints()
    first = source.fetch({})
    assert first.notes == ("300: dated 2026-11-06, in the future",)
    assert first.state["published"] == first.state["modified"] == site.now.isoformat()
    site.now += DAY
    site.write(301, date=site.now, modified=site.now)
    assert keys(source.fetch(first.state)) == ["300", "301"]


def test_a_password_protected_post_is_left_out_until_it_is_public(
    site: WordPressSite, source: Source
) -> None:
    site.write(249, is_protected=True)
    site.open_endpoints()
    first = source.fetch({})
    assert first.notes == ("left out 1: password-protected (249)",)
    assert "249" not in keys(first)
    # One listing has a day's overlap, the other what was saved.
    site.write(250, is_protected=True)
    assert source.fetch(first.state).notes == ("left out 1: password-protected (250)",)
    site.write(250)
    site.write(249, modified=START + 255 * DAY)
    assert keys(source.fetch(first.state)) == ["249", "250"]


def test_a_deleted_post_is_not_reported(site: WordPressSite, source: Source) -> None:
    site.open_endpoints()
    first = source.fetch({})
    del site.posts[250]
    poll = source.fetch(first.state)
    assert (poll.items, poll.notes, poll.state) == ((), (), first.state)


@pytest.mark.parametrize("refuses", [False, True])
def test_a_site_before_wordpress_5_7_is_read_back_to_the_last_known_post(
    site: WordPressSite, source: Source, refuses: bool
) -> None:
    site.understands_modified, site.refuses_modified = False, refuses
    site.open_endpoints()
    state = source.fetch({}).state
    site.write(7, modified=START + 260 * DAY)
    poll = source.fetch(state)
    assert keys(poll) == ["7", "250"]
    # One page of a hundred, not all three.
    assert [query["page"] for query in site.asked()[3:]] == ["1"] * (3 if refuses else 2)


def test_a_site_with_plain_permalinks_is_found_and_remembered(
    site: WordPressSite, source: Source
) -> None:
    site.open_endpoints(plain=True)
    poll = source.fetch({})
    assert len(poll.items) == 250
    assert poll.state["endpoint"] == site.server.url("/?rest_route=/wp/v2/posts")
    asked = len(site.server.requests)
    source.fetch(poll.state)
    paths = [request.path for request in site.server.requests]
    assert paths[0].startswith("/wp-json/wp/v2/posts?")
    assert all(path.startswith("/?rest_route=/wp/v2/posts&") for path in paths[asked:])


@pytest.mark.parametrize("path", ["/wp-json/", "/wp-json/wp/v2/posts", "/?rest_route=/", "?x=1"])
def test_the_address_of_the_api_is_accepted(
    site: WordPressSite, fetcher: Fetcher, path: str
) -> None:
    site.open_endpoints()
    assert len(source_at(site, fetcher, path).fetch({}).items) == 250


def test_a_failed_page_leaves_the_state_unchanged(site: WordPressSite, source: Source) -> None:
    site.open_endpoints()
    state = source.fetch({}).state
    site.write(7, modified=START + 260 * DAY)
    site.server.answer("/wp-json/wp/v2/posts", status=503)
    with pytest.raises(FetchError, match="503 Service Unavailable: try later"):
        source.fetch(state)
    site.open_endpoints()
    assert keys(source.fetch(state)) == ["7", "250"]


def test_a_state_of_another_address_is_ignored(site: WordPressSite, source: Source) -> None:
    site.open_endpoints()
    poll = source.fetch({"address": "http://old.example/", "modified": "2026-10-01T00:00:00+00:00"})
    assert len(poll.items) == 250


def test_pages_too_large_to_fetch_are_requested_in_smaller_ones(site: WordPressSite) -> None:
    site.open_endpoints()
    source = source_at(site, Fetcher(networks=("127.0.0.0/8",), max_bytes=20_000))
    assert len(source.fetch({}).items) == 250
    sizes = [parse_qs(request.path)["per_page"] for request in site.server.requests]
    assert sizes == [["100"], *[["20"]] * 13]


def test_an_endless_site_is_left_after_fifty_pages(site: WordPressSite, source: Source) -> None:
    def page(request: Received) -> Answer:
        first = len(site.server.requests) * 100
        return Answer(body=json.dumps([{"id": first + step} for step in range(100)]).encode())

    site.server.answer("/wp-json/wp/v2/posts", page)
    poll = source.fetch({})
    assert (len(poll.items), poll.notes) == (5000, ("only the first 5000 posts were read",))

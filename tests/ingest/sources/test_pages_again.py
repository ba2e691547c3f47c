"""
Pages that failed or may have changed: when they are fetched again, and what is shown until then.
"""

from __future__ import annotations

import datetime as dt

import pytest
from http_server import Answer, Received, ScriptedServer
from paged_feed import HTML, Polled, feed, page

from newsletter.isolation.fetcher import Fetcher
from newsletter.model.brief import ImageRule, ReadingRules

REFUSED = "127.0.0.1 responded with 404 Not Found: check the address"
OTHER = "the page at its address has different content"
DAY = dt.timedelta(days=1)


@pytest.fixture
def polled(server: ScriptedServer, fetcher: Fetcher) -> Polled:
    feed(server, 1)
    page(server, 1)
    return Polled(server, fetcher)


def asked_after(polled: Polled, span: dt.timedelta) -> list[float]:
    """
    Return the hours after which a page was requested during *span*, polling every 15 minutes.
    """
    began, hours = polled.now, []
    while polled.now < began + span:
        polled.poll()
        hours += [(polled.now - began) / dt.timedelta(hours=1)] * len(polled.asked())
    return hours


def test_a_refused_page_leaves_the_excerpt_and_is_tried_five_times_within_a_day(
    server: ScriptedServer, polled: Polled
) -> None:
    page(server, 1, status=404)
    poll = polled.poll()
    assert poll.notes == (f"1: its page was not read ({REFUSED})",)
    assert poll.items[0].warnings == (f"only an excerpt: {REFUSED}",)
    polled.asked()
    assert asked_after(polled, 3 * DAY) == [0.25, 1.25, 7.25, 23.25]
    assert polled.state["etag"] == '"a"'


def test_a_page_that_is_available_later_is_used(server: ScriptedServer, polled: Polled) -> None:
    page(server, 1, status=404)
    asked_after(polled, dt.timedelta(hours=2))
    # So that the server sends the whole feed again, with that item.
    assert "etag" not in polled.state
    page(server, 1)
    pages = [item.page for _ in range(24) for item in polled.poll().items if item.page]
    assert len(pages) == 1


def test_a_site_that_asks_to_wait_is_left_alone(server: ScriptedServer, polled: Polled) -> None:
    feed(server, 1, 2, 3)
    page(server, 1, status=429)
    poll = polled.poll()
    assert polled.asked() == ["/1/"]
    assert [item.key for item in poll.items if item.warnings] == ["1", "2", "3"]
    for number in (1, 2, 3):
        page(server, number)
    assert [item.key for item in polled.poll().items if item.page] == ["1", "2", "3"]


@pytest.mark.parametrize("status", [404, 429, 503])
def test_an_edit_whose_page_fails_keeps_what_was_read_before(
    server: ScriptedServer, polled: Polled, status: int
) -> None:
    feed(server, 1, 2)
    page(server, 2)
    polled.poll()
    feed(server, 1, 2, words="A few other words […]")
    page(server, 1, status=status)
    page(server, 2, status=status)
    for _ in range(4 * 48):
        assert [item.is_kept for item in polled.poll().items] == [True, True]
    assert polled.state["etag"] == '"a"'


def test_an_edit_whose_page_is_available_later_is_read_in_full(
    server: ScriptedServer, polled: Polled
) -> None:
    polled.poll()
    feed(server, 1, words="A few other words […]")
    page(server, 1, status=503)
    polled.poll()
    page(server, 1, words="A few other words")
    (item,) = polled.poll().items
    assert (item.is_kept, item.page is None) == (False, False)


def test_an_edit_with_an_unchanged_excerpt_is_detected_by_its_time(
    server: ScriptedServer, polled: Polled
) -> None:
    feed(server, 1, 2, edited={1: "2026-03-04T06:00:00Z"})
    page(server, 2)
    polled.poll()
    polled.asked()
    feed(server, 1, 2, edited={1: "2026-03-04T13:00:00Z"})
    assert [item.is_kept for item in polled.poll().items] == [False, True]
    assert polled.asked() == ["/1/"]


def test_a_feed_that_changes_the_time_of_every_item_causes_no_page_fetches(
    server: ScriptedServer, polled: Polled
) -> None:
    page(server, 2)
    for hour in (6, 7):
        stamp = f"2026-03-04T0{hour}:00:00Z"
        feed(server, 1, 2, edited={1: stamp, 2: stamp})
        polled.poll()
    assert polled.asked() == ["/1/", "/2/"]


def test_a_challenge_page_is_fetched_again(server: ScriptedServer, polled: Polled) -> None:
    server.answer("/1/", headers=HTML, body=b"<p>Checking your browser before you go on.")
    poll = polled.poll()
    assert poll.notes == (f"1: its page was not read ({OTHER})",)
    assert [(item.page, item.warnings) for item in poll.items] == [
        (None, (f"only an excerpt: {OTHER}",))
    ]
    page(server, 1)
    assert [item.page is None for item in polled.poll().items] == [False]


def test_a_page_without_an_image_is_fetched_again(server: ScriptedServer, polled: Polled) -> None:
    rules = ReadingRules(image=ImageRule.PAGE)
    feed(server, 1, words="&lt;p&gt;All there is to say.&lt;/p&gt;")
    server.answer("/1/", headers=HTML, body=b"<p>Checking your browser before you go on.")
    first = polled.poll(reading=rules)
    page(server, 1)
    assert "etag" not in polled.state
    second = polled.poll(reading=rules)
    images = [item.page_image_url for poll in (first, second) for item in poll.items]
    assert images == [None, server.url("/1.jpg")]


def test_an_image_is_waited_for_about_an_hour(server: ScriptedServer, polled: Polled) -> None:
    feed(server, 1, words="&lt;p&gt;All there is to say.&lt;/p&gt;")
    page(server, 1, status=404)
    waited = []
    for _ in range(8):
        polled.poll(reading=ReadingRules(image=ImageRule.PAGE))
        waited.append("etag" not in polled.state)
    assert waited == [True] * 5 + [False] * 3


def test_slow_pages_are_started_within_a_minute_and_the_rest_waits_for_the_next_poll(
    server: ScriptedServer, polled: Polled
) -> None:
    def slow(request: Received) -> Answer:
        polled.now += dt.timedelta(seconds=19)
        return Answer(headers=HTML, body=b"<p>A few words")

    feed(server, *range(1, 7))
    for number in range(1, 7):
        server.answer(f"/{number}/", slow)
    first = polled.poll()
    assert ([item.key for item in first.items], first.is_waiting) == (["1", "2", "3", "4"], True)
    second = polled.poll()
    assert [item.key for item in second.items if item.page] == ["5", "6"]
    assert (second.is_waiting, polled.state["etag"]) == (False, '"a"')

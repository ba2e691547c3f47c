"""
Items completed from their web pages: which pages are fetched, and what is used.
"""

from __future__ import annotations

import pytest
from http_server import ScriptedServer
from paged_feed import Polled, feed, page

from newsletter.ingest.sources.pages.read_pages import PageMemory
from newsletter.isolation.fetcher import Fetcher
from newsletter.model.brief import FullText, ImageRule, ReadingRules


@pytest.fixture
def polled(server: ScriptedServer, fetcher: Fetcher) -> Polled:
    feed(server, 1)
    page(server, 1)
    return Polled(server, fetcher)


def test_an_excerpt_is_completed_with_its_page(server: ScriptedServer, polled: Polled) -> None:
    (item,) = polled.poll().items
    assert (item.key, item.content, item.is_kept) == ("1", "A few words […]", False)
    assert item.page == "<meta property=og:image content=/1.jpg><p>A few words 1"
    assert item.page_image_url == server.url("/1.jpg")
    assert item.base_url == server.url("/1/")


def test_an_item_has_the_warnings_of_its_page(server: ScriptedServer, polled: Polled) -> None:
    server.answer("/1/", body="<p>A few words of Jiří".encode("cp1250"))
    (warning,) = polled.poll().items[0].warnings
    assert warning.startswith("the encoding of the text is unknown and was guessed")


def test_a_page_is_fetched_once_per_item(server: ScriptedServer, polled: Polled) -> None:
    polled.poll()
    polled.asked()
    page(server, 2)
    feed(server, 2, 1)
    second, first = polled.poll().items
    assert polled.asked() == ["/2/"]
    assert [(item.key, item.is_kept, item.page is None) for item in (second, first)] == [
        ("2", False, False),
        ("1", True, True),
    ]


def test_a_page_is_fetched_again_when_its_excerpt_changed(
    server: ScriptedServer, polled: Polled
) -> None:
    polled.poll()
    feed(server, 1, words="A few other words […]")
    assert [item.is_kept for item in polled.poll().items] == [False]
    assert polled.asked() == ["/1/", "/1/"]


def test_twenty_pages_are_fetched_and_the_rest_waits_for_the_next_poll(
    server: ScriptedServer, polled: Polled
) -> None:
    numbers = range(1, 24)
    feed(server, *numbers)
    for number in numbers:
        page(server, number)
    first = polled.poll()
    assert ([item.key for item in first.items], first.is_waiting) == (
        [str(number) for number in range(1, 21)],
        True,
    )
    assert "etag" not in polled.state
    second = polled.poll()
    assert [item.key for item in second.items if item.page] == ["21", "22", "23"]
    assert (len(second.items), second.is_waiting, polled.state["etag"]) == (23, False, '"a"')


def test_a_first_poll_that_records_fetches_no_pages(polled: Polled) -> None:
    (item,) = polled.poll(is_recording=True).items
    warning = "only an excerpt: a first poll that only records does not fetch pages"
    assert (item.page, item.warnings) == (None, (warning,))
    assert ([item.is_kept for item in polled.poll().items], polled.asked()) == ([True], [])


def test_an_item_of_another_category_needs_no_page(polled: Polled) -> None:
    assert polled.poll(categories=("Events",)).items[0].page is None
    assert polled.poll(categories=("intelbrief",)).items[0].page is not None


def test_a_source_without_full_text_is_noted_if_it_has_excerpts(polled: Polled) -> None:
    poll = polled.poll(reading=ReadingRules(full_text=FullText.NEVER))
    assert poll.notes == ("1 of 1 items are excerpts: set the feed to publish full text",)
    assert polled.asked() == []


def test_the_image_of_a_page_is_remembered(server: ScriptedServer, polled: Polled) -> None:
    feed(server, 1, words="&lt;p&gt;All there is to say.&lt;/p&gt;")
    rules = ReadingRules(image=ImageRule.PAGE)
    items = [polled.poll(reading=rules).items[0] for _ in range(2)]
    image = server.url("/1.jpg")
    assert [(item.page_image_url, item.page, item.is_kept) for item in items] == [
        (image, None, False)
    ] * 2
    assert polled.asked() == ["/1/"]


def test_an_unchanged_feed_keeps_what_is_known_of_its_pages(
    server: ScriptedServer, polled: Polled
) -> None:
    state = polled.poll().state
    server.answer("/feed", status=304)
    poll = polled.poll()
    assert (poll.is_unchanged, poll.state) == (True, state)
    feed(server, 1)
    assert [item.is_kept for item in polled.poll().items] == [True]


def test_only_pages_at_the_sources_own_origin_may_be_in_private_networks(
    server: ScriptedServer, polled: Polled
) -> None:
    with ScriptedServer() as inner:
        page(inner, 1)
        feed(server, 1, at=inner)
        poll = polled.poll()
        assert inner.requests == []
    why = (
        "127.0.0.1 was not fetched because its address is 127.0.0.1 (this machine): only a "
        "source's own address may lead there, not a link or redirect"
    )
    assert poll.notes == (f"1: its page was not read ({why})",)
    assert [(item.page, item.warnings) for item in poll.items] == [
        (None, (f"only an excerpt: {why}",))
    ]


def test_an_invalid_address_affects_only_its_own_page(
    server: ScriptedServer, polled: Polled
) -> None:
    words = "Read […]</description><link>http://h:99999/</link><description>"
    feed(server, 1, words=words)
    assert polled.poll().notes == (
        "1: its page was not read (h was not fetched: 99999 is not a valid port)",
    )


@pytest.mark.parametrize(
    "text", ["", "no JSON", "[]", "1", '{"a": 1}', '{"a": [1, 2, 3, 4, 5, 6]}']
)
def test_a_memory_that_cannot_be_read_is_empty(text: str) -> None:
    assert PageMemory.from_text(text).as_text() == ""

"""
Items completed from the pages at their addresses: which are asked for, and when again.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from http_server import ScriptedServer

from newsletter.fetch import Fetcher
from newsletter.model.brief import FullText, ImageRule, Poll, ReadingRules
from newsletter.sources.feed import FeedSource
from newsletter.sources.page_memory import PageMemory
from newsletter.sources.whole_pages import PageRules, WholePages

HTML = {"Content-Type": "text/html"}
STAMPS = {"ETag": '"a"'}


def feed(
    server: ScriptedServer,
    *numbers: int,
    words: str = "A few words […]",
    at: ScriptedServer | None = None,
) -> None:
    """
    From now on the server's feed has these items, each with words and an address, there or *at*
    another server.
    """
    place = at or server
    items = "".join(
        f"<item><guid isPermaLink='false'>{number}</guid><link>{place.url(f'/{number}/')}</link>"
        f"<category>IntelBrief</category><description>{words}</description></item>"
        for number in numbers
    )
    body = f"<rss version='2.0'><channel>{items}</channel></rss>".encode()
    server.answer("/feed", headers=STAMPS, body=body)


def page(server: ScriptedServer, number: int, *, status: int = 200) -> None:
    head = f"<meta property=og:image content=/{number}.jpg>"
    server.answer(f"/{number}/", status=status, headers=HTML, body=f"{head}<p>{number}".encode())


class Polled:
    """
    A feed with its pages, polled again and again, each time with the state of the time before.
    """

    def __init__(self, server: ScriptedServer, fetcher: Fetcher) -> None:
        self.server, self.fetcher = server, fetcher
        self.state: Mapping[str, str] = {}

    def poll(self, **rules: object) -> Poll:
        told: dict[str, object] = {"reading": ReadingRules()} | rules
        inner = FeedSource("briefs", self.server.url("/feed"), fetcher=self.fetcher)
        source = WholePages(
            inner,
            self.server.url("/feed"),
            fetcher=self.fetcher,
            rules=PageRules(**told),  # type: ignore[arg-type]  # by name
        )
        poll = source.fetch(self.state)
        self.state = poll.state
        return poll

    def asked(self) -> list[str]:
        """
        The pages asked for since the last time.
        """
        paths = [request.path for request in self.server.requests if request.path != "/feed"]
        self.server.requests.clear()
        return paths


@pytest.fixture
def polled(server: ScriptedServer, fetcher: Fetcher) -> Polled:
    feed(server, 1)
    page(server, 1)
    return Polled(server, fetcher)


def test_an_excerpt_comes_with_its_page(server: ScriptedServer, polled: Polled) -> None:
    (item,) = polled.poll().items
    assert (item.key, item.content, item.is_kept) == ("1", "A few words […]", False)
    assert item.page == "<meta property=og:image content=/1.jpg><p>1"
    assert item.page_image_url == server.url("/1.jpg")
    assert item.base_url == server.url("/1/")


def test_a_page_is_asked_for_once_an_item(server: ScriptedServer, polled: Polled) -> None:
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


def test_a_page_is_asked_for_again_when_its_excerpt_changed(
    server: ScriptedServer, polled: Polled
) -> None:
    polled.poll()
    feed(server, 1, words="A few other words […]")
    assert [item.is_kept for item in polled.poll().items] == [False]
    assert polled.asked() == ["/1/", "/1/"]


def test_twenty_pages_are_asked_for_and_the_rest_comes_next(
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


def test_a_refused_page_leaves_the_excerpt_and_is_tried_three_times(
    server: ScriptedServer, polled: Polled
) -> None:
    page(server, 1, status=404)
    why = "127.0.0.1 answered 404 Not Found: check the address"
    for _ in range(3):
        poll = polled.poll()
        assert poll.notes == (f"1: its page was not read ({why})",)
        assert poll.items[0].warnings == (f"Only an excerpt: {why}.",)
    assert (polled.poll().notes, polled.asked()) == ((), ["/1/"] * 3)


def test_a_site_that_asks_for_time_gets_it(server: ScriptedServer, polled: Polled) -> None:
    feed(server, 1, 2, 3)
    page(server, 1, status=429)
    poll = polled.poll()
    assert polled.asked() == ["/1/"]
    assert [item.key for item in poll.items if item.warnings] == ["1", "2", "3"]
    for number in (1, 2, 3):
        page(server, number)
    assert [item.key for item in polled.poll().items if item.page] == ["1", "2", "3"]


def test_a_first_poll_that_records_asks_for_no_page(polled: Polled) -> None:
    (item,) = polled.poll(is_recording=True).items
    warning = "Only an excerpt: a first poll that records asks for no pages."
    assert (item.page, item.warnings) == (None, (warning,))
    assert ([item.is_kept for item in polled.poll().items], polled.asked()) == ([True], [])


def test_an_item_of_another_category_needs_no_page(polled: Polled) -> None:
    assert polled.poll(categories=("Events",)).items[0].page is None
    assert polled.poll(categories=("intelbrief",)).items[0].page is not None


def test_who_wants_no_full_text_is_told_that_it_is_missing(polled: Polled) -> None:
    poll = polled.poll(reading=ReadingRules(full_text=FullText.NEVER))
    assert poll.notes == ("1 of 1 items are excerpts: set it to full text on the site",)
    assert polled.asked() == []


def test_the_picture_of_a_page_is_remembered(server: ScriptedServer, polled: Polled) -> None:
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
        "127.0.0.1 is at 127.0.0.1, this machine, and was not fetched: only a source's own "
        "address leads there, no link or redirect from elsewhere"
    )
    assert poll.notes == (f"1: its page was not read ({why})",)
    assert [(item.page, item.warnings) for item in poll.items] == [
        (None, (f"Only an excerpt: {why}.",))
    ]


def test_an_address_that_is_none_is_one_pages_trouble(
    server: ScriptedServer, polled: Polled
) -> None:
    words = "Read […]</description><link>http://h:99999/</link><description>"
    feed(server, 1, words=words)
    assert polled.poll().notes == (
        "1: its page was not read (h was not fetched: 99999 is no port)",
    )


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "1", '{"a": 1}', '{"a": [1, 2, 3, 4]}'])
def test_a_memory_that_cannot_be_read_is_an_empty_one(text: str) -> None:
    assert PageMemory.from_text(text).as_text() == ""

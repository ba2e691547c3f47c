"""
Feeds as YouTube, GitHub, FeedBurner and careless generators write them.
"""

from __future__ import annotations

from newsletter.ingest.sources.feeds.detect import ParsedFeed
from newsletter.ingest.sources.feeds.parse import parse_feed
from newsletter.model.brief import RawItem

URL = "https://harbour.example.org/feed/"


def rss(*items: str) -> bytes:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">'
        f"<channel>{inside}</channel></rss>"
    ).encode()


def atom(*entries: str) -> bytes:
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" '
        f'xmlns:media="http://search.yahoo.com/mrss/">{inside}</feed>'
    ).encode()


def parse(body: bytes) -> ParsedFeed:
    return parse_feed(body, url=URL, max_items=200)


def only(body: bytes) -> RawItem:
    (item,) = parse(body).items
    return item


def notice(number: int, *, guid: str = "notice") -> str:
    return (
        f"<title>Notice {number}</title><link>https://harbour.example.org/n/{number}</link>"
        f'<guid isPermaLink="false">{guid}</guid><description>Buoy {number} moved.</description>'
    )


def test_items_that_share_one_guid_are_told_apart_by_their_links() -> None:
    items = parse(rss(*map(notice, range(30)))).items
    assert [item.title for item in items] == [f"Notice {n}" for n in range(30)]
    assert {item.key for item in items} == {f"https://harbour.example.org/n/{n}" for n in range(30)}


def test_one_item_listed_twice_is_still_one() -> None:
    twice = parse(rss(notice(1), notice(1), notice(2, guid="other")))
    assert [item.key for item in twice.items] == ["notice", "other"]
    other_link = notice(1).replace("/n/1", "/news/n/1")
    assert [item.key for item in parse(rss(notice(1), other_link)).items] == ["notice"]
    new_title = notice(1).replace("Notice 1", "Notice 1, corrected")
    assert [item.key for item in parse(rss(new_title, notice(1))).items] == ["notice"]


def test_the_address_that_feedburner_replaced_is_the_link() -> None:
    item = only(
        rss(
            "<title>A</title><link>http://feedproxy.google.com/~r/odd/~3/AbC/post-1</link>"
            "<guid>https://harbour.example.org/?p=1</guid>"
            "<feedburner:origLink>https://harbour.example.org/post-1</feedburner:origLink>"
        )
    )
    assert item.url == "https://harbour.example.org/post-1"
    assert item.key == "https://harbour.example.org/?p=1"


def test_a_cdata_section_that_was_escaped_leaves_no_trace() -> None:
    nested = "<![CDATA[<![CDATA[<p>The ferry sails.</p>]]]]><![CDATA[>]]>"
    item = only(
        rss(
            "<title>&lt;![CDATA[Ferries]]&gt;</title><link>https://harbour.example.org/f</link>"
            f"<content:encoded>{nested}</content:encoded>"
        )
    )
    assert (item.title, item.content) == ("Ferries", "<p>The ferry sails.</p>")
    item = only(
        rss(
            "<title>A</title>"
            "<description>&lt;![CDATA[&lt;p&gt;The ferry sails.&lt;/p&gt;]]&gt;</description>"
        )
    )
    assert item.content == "<p>The ferry sails.</p>"


def test_markup_that_was_escaped_twice_is_read_as_markup() -> None:
    said = "&amp;lt;p&amp;gt;The &amp;lt;b&amp;gt;ferry&amp;lt;/b&amp;gt; sails.&amp;lt;/p&amp;gt;"
    item = only(rss(f"<title>A</title><description>{said}</description>"))
    assert item.content == "<p>The <b>ferry</b> sails.</p>"


def test_markup_that_a_text_is_about_stays_text() -> None:
    for said in (
        "&lt;p&gt;Write &amp;lt;p&amp;gt; before it.&lt;/p&gt;",
        "&amp;lt;p&amp;gt; begins a paragraph.",
        "Write &amp;lt;p&amp;gt;",
    ):
        item = only(rss(f"<title>A</title><description>{said}</description>"))
        assert "&lt;p&gt;" in item.content


def test_the_portrait_of_who_released_a_version_is_not_its_picture() -> None:
    item = only(
        atom(
            "<id>tag:github.com,2008:Repository/41882/v3.2.0</id><title>v3.2.0</title>"
            '<content type="html">&lt;p&gt;Fixes.&lt;/p&gt;</content>'
            '<media:thumbnail height="30" width="30" url="https://avatars.example.org/u/1?s=60"/>'
        )
    )
    assert item.image_url is None


def test_a_small_picture_of_the_article_is_still_its_picture() -> None:
    item = only(
        atom(
            "<id>a</id><title>A</title>"
            '<media:thumbnail height="72" width="72" url="https://b.example.org/s72-c/a.jpg"/>'
        )
    )
    assert item.image_url == "https://b.example.org/s72-c/a.jpg"


def test_the_description_of_a_film_is_not_an_excerpt_of_a_page() -> None:
    item = only(
        atom(
            "<id>yt:video:k1</id><title>The bridge that opens again</title>"
            '<link rel="alternate" href="https://www.youtube.com/watch?v=k1"/><media:group>'
            '<media:content url="https://www.youtube.com/v/k1" '
            'type="application/x-shockwave-flash"/>'
            "<media:description>The swing bridge at Kirkholm moves again.</media:description>"
            "</media:group>"
        )
    )
    assert item.content == "The swing bridge at Kirkholm moves again."
    assert not item.is_excerpt


def test_items_that_link_to_parts_of_one_page_are_told_apart() -> None:
    said = [
        f"<title>Notice {n}</title><link>https://harbour.example.org/news.html#n{n}</link>"
        for n in range(3)
    ]
    keys = [item.key for item in parse(rss(*said)).items]
    assert keys == [f"https://harbour.example.org/news.html#n{n}" for n in range(3)]
    again = said[0].replace("#n0", "#top")
    assert [item.key for item in parse(rss(said[0], again)).items] == [
        "https://harbour.example.org/news.html"
    ]

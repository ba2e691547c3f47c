"""
Parsing feed documents into items: every dialect, broken ones and hostile ones.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from newsletter.errors import SourceError
from newsletter.ingest.sources.feeds.detect import ParsedFeed
from newsletter.ingest.sources.feeds.parse import parse_feed
from newsletter.model.brief import MediaType, RawItem

URL = "https://brief.example.org/feed/"
# The expected result of each sample: its number of items, or words of its error.
SAMPLES: dict[str, int | str] = {
    "feeds/DuplicateContentAtomFeed.xml": "a web page, not a feed",
    "feeds/FeedBurnerUrlNoAlternate.xml": 1,
    "feeds/InvalidDateFormat.xml": 2,
    "feeds/Permalinks.xml": 4,
    "feeds/encoding.rss": 40,
    "feeds/encoding_ISO-8859-1.xml": 40,
    "feeds/heise.atom": 15,
    "feeds/illformed-big5.xml": 0,
    "feeds/illformed-rss_incomplete_cdata.xml": 0,
    "feeds/illformed-rss_item_link_corrupted_ampersands.xml": 1,
    "feeds/incomplete-fields.atom": 0,
    "feeds/instant-article.rss": 1,
    "feeds/malformed_rss_namespaced.xml": "too broken to read",
    "feeds/missing-fields.atom": 1,
    "feeds/postgis.xml": 10,
    "feeds/reader-relative.rss": 1,
    "feeds/uolNoticias.rss": 15,
    "feeds/windows-1252-incorrect-prolog.xml": 0,
    "jsonfeed/feedjira-json_feed.json": 20,
    "jsonfeed/reader-full.json": 2,
}


def parse(body: bytes, *, max_items: int = 200) -> ParsedFeed:
    return parse_feed(body, url=URL, max_items=max_items)


def rss(*items: str, channel: str = "", end: str = "</channel></rss>") -> bytes:
    head = (
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" '
        f'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{channel}'
    )
    return (head + "".join(f"<item>{item}</item>" for item in items) + end).encode()


def only(body: bytes) -> RawItem:
    (item,) = parse(body).items
    return item


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_every_sample_gives_its_items_or_one_line(shared: Path, sample: str) -> None:
    body = (shared / "samples/sources" / sample).read_bytes()
    expected = SAMPLES[sample]
    if isinstance(expected, int):
        assert len(parse(body).items) == expected
        return
    with pytest.raises(SourceError, match=expected) as caught:
        parse(body)
    assert str(caught.value).startswith("brief.example.org sent ")
    assert "\n" not in str(caught.value)


def test_an_rss_item_is_read_with_all_its_fields() -> None:
    item = only(
        rss(
            "<title>Rock\n &amp;#8217;n roll</title><link>https://h.example/a?utm_source=x</link>"
            '<guid isPermaLink="false">http://h.example/?p=7</guid>'
            "<pubDate>Wed, 04 Mar 2026 11:00:00 -0500</pubDate><category>A</category>"
            "<category>B</category><category>A</category><description>short</description>"
            "<content:encoded><![CDATA[<p>long <form>x</form></p>]]></content:encoded>"
            '<enclosure url="https://h.example/a.mp3" type="audio/mpeg" length="1"/>'
            '<media:content url="/lead.jpg" medium="image"/>',
            channel="<language>en-US</language>",
        )
    )
    assert item == RawItem(
        key="http://h.example/?p=7",
        fallback_key="/?p=7",
        site_key="h.example?p=7",
        content="<p>long <form>x</form></p>",
        media_type=MediaType.HTML,
        title="Rock &#8217;n roll",
        url="https://h.example/a?utm_source=x",
        base_url="https://h.example/a?utm_source=x",
        published_at=dt.datetime(2026, 3, 4, 16, 0, tzinfo=dt.UTC),
        image_url="https://h.example/lead.jpg",
        categories=("A", "B"),
        lang="en-US",
    )


@pytest.mark.parametrize(
    ("guid", "url"), [("7", None), ("http://h.example/?p=7", "http://h.example/?p=7")]
)
def test_a_guid_is_the_address_only_if_it_is_an_absolute_url(guid: str, url: str | None) -> None:
    assert only(rss(f"<guid>{guid}</guid><title>a</title>")).url == url


def test_an_atom_entry_keeps_its_own_base_and_its_text_type() -> None:
    item = only(
        b'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><entry xml:base="/deep/">'
        b'<id>tag:h,2026:1</id><link href="one"/><updated>2026-03-04T11:00:00Z</updated>'
        b"<summary>1 &lt; 2</summary></entry></feed>"
    )
    assert item == RawItem(
        key="tag:h,2026:1",
        content="1 < 2",
        media_type=MediaType.TEXT,
        url="https://brief.example.org/deep/one",
        base_url="https://brief.example.org/deep/",
        published_at=dt.datetime(2026, 3, 4, 11, 0, tzinfo=dt.UTC),
        updated_at=dt.datetime(2026, 3, 4, 11, 0, tzinfo=dt.UTC),
        lang="fr",
        is_excerpt=True,
    )


def test_rss_1_items_beside_the_channel_are_read_to_the_limit() -> None:
    item = '<item rdf:about="https://h/{0}"><title>T{0}</title><link>https://h/{0}</link></item>'
    body = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/"><channel><title>x</title></channel>'
        + "".join(item.format(number) for number in range(5))
        + "</rdf:RDF>"
    ).encode()
    parsed = parse(body, max_items=3)
    assert [item.key for item in parsed.items] == ["https://h/0", "https://h/1", "https://h/2"]
    assert parsed.notes == ("only the first 3 items were read",)
    assert not parsed.is_cut


@pytest.mark.parametrize("at", range(1, 40))
def test_a_truncated_feed_drops_its_last_item_at_any_position(at: int) -> None:
    last = '<guid isPermaLink="false">2</guid><title>two</title>'
    whole = rss('<guid isPermaLink="false">1</guid><title>one</title>', last)
    body = whole[: whole.rindex(b"</item>") - len(last) + at]
    parsed = parse(body)
    assert [(item.key, item.title) for item in parsed.items] == [("1", "one")]
    assert parsed.is_cut


def test_a_feed_without_its_last_tag_keeps_its_complete_items() -> None:
    parsed = parse(rss("<guid>1</guid>", "<guid>2</guid>", end=""))
    assert ([item.key for item in parsed.items], parsed.is_cut) == (["1", "2"], True)


def test_a_truncated_feed_with_an_earlier_error_drops_its_last_item() -> None:
    body = rss("<guid>1</guid><title>a & b</title>", "<guid>2</guid>", end="<item><guid>3")
    parsed = parse(body)
    assert ([item.key for item in parsed.items], parsed.is_cut) == (["1", "2"], True)


@pytest.mark.parametrize(
    "body",
    [
        b"\n\r\n " + b'<?xml version="1.0"?>' + rss("<guid>1</guid>"),
        b"\xef\xbb\xbf" + rss("<guid>1</guid>"),
        rss("<guid>1</guid>") + b"<!-- cached -->\n<script>x</script>",
        rss("<guid>1</guid><title>a & b &nbsp;</title>"),
        b'<?xml version="1.0" encoding="utf-16"?>'.decode().encode("utf-16")
        + rss("<guid>1</guid>").decode().encode("utf-16-le"),
        b'<!DOCTYPE rss PUBLIC "-//N//RSS 0.91//EN" "http://n/rss.dtd">' + rss("<guid>1</guid>"),
    ],
)
def test_a_harmless_error_loses_nothing(body: bytes) -> None:
    parsed = parse(body)
    assert ([item.key for item in parsed.items], parsed.is_cut) == (["1"], False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_doctype_with_declarations_is_refused(encoding: str) -> None:
    text = '<!DOCTYPE rss [<!ENTITY a "aaaa">]>' + rss("<guid>1</guid>").decode()
    with pytest.raises(SourceError, match="a DOCTYPE that declares entities: ask the site's owner"):
        parse(text.encode(encoding))


def test_a_document_nested_too_deeply_is_refused() -> None:
    with pytest.raises(SourceError, match="elements nested over 256 deep: ask the site's owner"):
        parse(rss("<guid>1</guid>", end="<a>" * 100_000))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"<!doctype html><title>x</title>", "a web page, not a feed: check the address"),
        (b"<!-- x --><HTML>", "a web page, not a feed: check the address"),
        (b"", "an empty document: check the address"),
        (b"/etc/passwd", "something that is not a feed: check the address"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "XML that is not a feed: check the address"),
        (b'{"version": "1"}', "JSON that is not a feed: check the address"),
    ],
)
def test_a_document_that_is_not_a_feed_is_refused_by_what_it_is(body: bytes, line: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(body)
    assert str(caught.value) == f"brief.example.org sent {line}"


def test_an_item_listed_twice_is_read_once() -> None:
    twice = rss("<guid>1</guid><title>a</title>", "<guid>1</guid><title>b</title>")
    assert [item.title for item in parse(twice).items] == ["a"]


@pytest.mark.parametrize(
    ("media", "image"),
    [
        ('<enclosure url="/a.png" type="image/png"/>', "https://brief.example.org/a.png"),
        ('<enclosure url="/a.mp3" type="audio/mpeg"/>', None),
        ('<enclosure url="/a.jpg?w=1"/>', "https://brief.example.org/a.jpg?w=1"),
        ('<media:content url="/v.mp4" type="video/mp4"/>', None),
        ('<media:content url="javascript:1" medium="image"/>', None),
        (
            '<enclosure url="/e.png" type="image/png"/>'
            '<media:content url="/m.png" medium="image"/>',
            "https://brief.example.org/m.png",
        ),
    ],
)
def test_only_an_image_attachment_becomes_the_image(media: str, image: str | None) -> None:
    assert only(rss(f'<guid isPermaLink="false">1</guid>{media}')).image_url == image


@pytest.mark.parametrize(
    ("texts", "is_excerpt"),
    [
        ("<description>Whole text.</description>", True),
        ("<description>Short.</description><content:encoded>Short.</content:encoded>", True),
        ("<description>Short.</description><content:encoded>Longer.</content:encoded>", False),
        ("<content:encoded>It breaks off […]</content:encoded>", True),
    ],
)
def test_an_item_without_content_of_its_own_is_an_excerpt(texts: str, is_excerpt: bool) -> None:
    assert only(rss(f"<guid>1</guid>{texts}")).is_excerpt is is_excerpt


@pytest.mark.parametrize(
    ("texts", "is_excerpt"),
    [
        ('"summary": "Two words"', True),
        ('"content_text": "Two words"', False),
        ('"content_html": "<p>Two words […]"', True),
    ],
)
def test_a_json_feed_item_without_content_is_an_excerpt(texts: str, is_excerpt: bool) -> None:
    body = f'{{"version": "https://jsonfeed.org/version/1", "items": [{{"id": 1, {texts}}}]}}'
    assert only(body.encode()).is_excerpt is is_excerpt


def test_a_json_feed_item_is_read_with_all_its_fields() -> None:
    item = only(
        b'\xef\xbb\xbf{"version": "https://jsonfeed.org/version/1", "language": "en", "items": ['
        b'{"id": 12, "title": "a\\nb", "external_url": "https:\\/\\/h.example\\/x",'
        b'"tags": ["t", 3], "image": "/i.png",'
        b'"content_text": "1 < 2", "date_published": "2026-03-04T12:00:00+0100", '
        b'"date_modified": "2026-03-04T13:00:00Z"},'
        b' {"id": "12"}, 7, {"id": true}]}'
    )
    assert item == RawItem(
        key="12",
        content="1 < 2",
        media_type=MediaType.TEXT,
        title="a b",
        url="https://h.example/x",
        base_url="https://h.example/x",
        published_at=dt.datetime(2026, 3, 4, 11, 0, tzinfo=dt.UTC),
        updated_at=dt.datetime(2026, 3, 4, 13, 0, tzinfo=dt.UTC),
        image_url="https://h.example/i.png",
        categories=("t",),
        lang="en",
    )


def test_a_json_feed_item_of_wordpress_has_a_site_key() -> None:
    item = only(
        b'{"version": "https://jsonfeed.org/version/1.1", "items": '
        b'[{"id": "https://www.h.example/?p=7"}]}'
    )
    assert (item.key, item.site_key) == ("https://www.h.example/?p=7", "h.example?p=7")


def test_incomplete_json_is_an_error() -> None:
    with pytest.raises(SourceError, match="incomplete or invalid JSON"):
        parse(b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1"}, {"i')

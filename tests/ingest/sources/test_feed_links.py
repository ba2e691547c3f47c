"""
Which address an item of a feed links to, and the names of its categories.
"""

from __future__ import annotations

import json

import pytest

from newsletter.ingest.sources.feeds.parse import parse_feed
from newsletter.model.brief import RawItem

URL = "https://h.example/feed/"


def rss(item: str) -> RawItem:
    body = f'<rss version="2.0"><channel><item><title>T</title>{item}</item></channel></rss>'
    (found,) = parse_feed(body.encode(), url=URL, max_items=9).items
    return found


def atom(entry: str) -> RawItem:
    body = (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title>{entry}</entry></feed>'
    )
    (found,) = parse_feed(body.encode(), url=URL, max_items=9).items
    return found


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<link>https://h.example/a</link><guid>https://h.example/a</guid>", "https://h.example/a"),
        ("<guid>https://h.example/?p=1</guid>", "https://h.example/?p=1"),
        ('<guid isPermaLink="True">https://h.example/b</guid>', "https://h.example/b"),
        ('<guid isPermaLink="false">https://h.example/?p=1</guid>', None),
        ("<link/><guid>https://h.example/c</guid>", "https://h.example/c"),
        ("<link>none</link><guid>https://h.example/d</guid>", "https://h.example/d"),
        ("<link>No link yet</link>", None),
        ("<link>#</link>", None),
        ("<link>www.h.example/e</link>", "https://www.h.example/e"),
        ("<link>/f/g.html</link>", "https://h.example/f/g.html"),
        ('<link>https://h.example/h</link><link uri="urn:x:1"/>', "https://h.example/h"),
        ('<link uri="urn:x:1"/>', None),
        ('<link uri="https://h.example/i"/>', "https://h.example/i"),
        ("<link>mailto:a@h.example</link><guid>https://h.example/j</guid>", "https://h.example/j"),
        ("<link>https://h.example/my file.html</link>", "https://h.example/my file.html"),
    ],
)
def test_the_link_of_an_rss_item_is_an_address_or_its_permalink(item: str, url: str | None) -> None:
    assert rss(item).url == url


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("<id>https://h.example/2026/1</id>", None),
        ('<id>https://h.example/1</id><link href="https://h.example/1"/>', "https://h.example/1"),
        ('<id>https://h.example/1</id><link rel="self" href="https://h.example/x.atom"/>', None),
        ('<id>urn:1</id><link href="two"/>', "https://h.example/feed/two"),
        ('<id>urn:1</id><link uri="urn:x:1"/>', None),
        (
            '<id>urn:1</id><link type="text/html" href="https://h.example/3"/>'
            '<link type="application/json" href="https://h.example/3.json"/>',
            "https://h.example/3",
        ),
    ],
)
def test_the_id_of_an_atom_entry_is_never_its_link(entry: str, url: str | None) -> None:
    found = atom(entry)
    assert found.url == url
    assert found.key == entry.partition("<id>")[2].partition("</id>")[0]


def test_the_label_of_an_atom_category_is_its_name() -> None:
    item = atom(
        '<id>urn:1</id><category term="arts-culture" label="Arts &amp;amp; Culture"/>'
        '<category term="news"/><category label="Ferries"/><category term="news" label="news"/>'
        '<category scheme="https://h/#kind" term="http://schemas.example/2008/kind#post"/>'
    )
    assert item.categories == ("Arts & Culture", "news", "Ferries")


def test_a_category_is_plain_text_however_often_it_was_escaped() -> None:
    item = rss(
        "<category>Arts &amp;amp; Culture</category><category><![CDATA[<p>Ferries</p>]]></category>"
        "<category>  Harbour \n news </category><category>Arts &amp; Culture</category>"
        "<category>A &lt; B</category><category> </category>"
    )
    assert item.categories == ("Arts & Culture", "Ferries", "Harbour news", "A < B")


def test_a_tag_of_a_json_feed_is_plain_text_too() -> None:
    item = {"id": "1", "tags": ["Arts &amp; Culture", "<p>Ferries</p>", "Arts & Culture"]}
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [item]})
    (found,) = parse_feed(body.encode(), url=URL, max_items=9).items
    assert found.categories == ("Arts & Culture", "Ferries")

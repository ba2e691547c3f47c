"""
Which picture a feed states for an item, with its caption and credit.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from newsletter.ingest.parsing.read import read
from newsletter.ingest.sources.feeds.parse import parse_feed
from newsletter.model.brief import Brief, ImageRule, MediaType, RawItem, ReadingRules

AT = "https://h.example"
GUARDIAN = "".join(
    f'<media:content width="{width}" url="{AT}/{width}.jpg">'
    f"<media:credit scheme='urn:ebu'>Photograph: {name}/Reuters</media:credit></media:content>"
    for width, name in ((140, "A"), (460, "B"), (460, "C"))
)


def rss(*items: str, channel: str = "") -> list[RawItem]:
    body = (
        '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><link>{AT}/</link>{channel}"
    )
    for number, item in enumerate(items):
        body += f"<item><guid isPermaLink='false'>{number}</guid><title>T{number}</title>"
        body += f"<link>{AT}/{number}/</link>{item}</item>"
    parsed = parse_feed(f"{body}</channel></rss>".encode(), url=f"{AT}/feed", max_items=200)
    return list(parsed.items)


def only(item: str) -> RawItem:
    (found,) = rss(item)
    return found


def stated(item: RawItem) -> tuple[str | None, str, str, str]:
    image = (item.image_url or "").removeprefix(AT) or None
    return image, item.image_alt, item.image_caption, item.image_credit


def brief_of(item: RawItem, rule: ImageRule = ImageRule.AUTO) -> Brief:
    return read(item, ReadingRules(image=rule))


@pytest.mark.parametrize(
    ("media", "image"),
    [
        (GUARDIAN, "/460.jpg"),
        ('<media:thumbnail url="/t.jpg"/>', "/t.jpg"),
        ('<media:thumbnail url="/s.jpg" width="72"/><media:thumbnail url="/b.jpg" width="400"/>',
         "/b.jpg"),
        ('<media:thumbnail url="/t.jpg"/><media:content url="/c.jpg" medium="image"/>', "/c.jpg"),
        ('<itunes:image href="/episode.jpg"/>', "/episode.jpg"),
        ("<image><url>/item.jpg</url></image>", "/item.jpg"),
        ('<media:group><media:content url="/a.jpg" width="300" height="200"/><media:content '
         'url="/b.jpg" width="900" height="600"/></media:group>', "/b.jpg"),
        ('<media:content url="/a.jpg" width="100" height="900"/>'
         '<media:content url="/b.jpg" width="400" height="300"/>', "/b.jpg"),
        ('<media:content url="/a.jpg" type="image/jpeg" fileSize="900"/>'
         '<media:content url="/b.jpg" type="image/jpeg" fileSize="52000"/>', "/b.jpg"),
        ('<media:content url="/picture/123"/>', "/picture/123"),
        ('<media:content url="/image.php?id=3"/>', "/image.php?id=3"),
        ('<media:content url="/a.jpg?x=1&amp;amp;y=2" medium="image"/>', "/a.jpg?x=1&y=2"),
        ('<media:content url="/talk.mp3"/>', None),
        ('<media:content url="/report.pdf" medium="document"/>', None),
        ('<media:content url="/film.mp4" type="video/mp4"/><enclosure url="/e.png" '
         'type="image/png"/>', "/e.png"),
        ('<media:content url="/p.gif" medium="image" width="1" height="1"/>', None),
        ('<media:content url="https://pixel.wp.com/b.gif?x=1" medium="image"/>', None),
        ('<media:content url="https://0.gravatar.com/avatar/ab?s=96" medium="image"><media:title>'
         'An Author</media:title></media:content><media:content url="/c.jpg" medium="image"/>',
         "/c.jpg"),
    ],
)  # fmt: skip
def test_the_largest_picture_is_stated(media: str, image: str | None) -> None:
    assert stated(only(media))[0] == image


@pytest.mark.parametrize(
    ("media", "alt", "caption", "credit"),
    [
        (GUARDIAN, "", "", "Photograph: B/Reuters"),
        ('<media:content url="/460.jpg" medium="image"/><media:credit>Photo: A. B.</media:credit>'
         "<media:description>The ferries at the quay</media:description>",
         "", "The ferries at the quay", "Photo: A. B."),
        ('<media:group><media:content url="/460.jpg" medium="image"/>'
         '<media:credit role="owner">Agency</media:credit>'
         '<media:credit role="photographer">A. B.</media:credit>'
         "<media:title>Ferries &amp;amp; quay</media:title></media:group>",
         "Ferries & quay", "", "A. B."),
        ('<media:content url="/460.jpg"><media:description type="html">&lt;p&gt;At the quay '
         "(AP Photo/A. B.)&lt;/p&gt;</media:description></media:content>",
         "", "At the quay (AP Photo/A. B.)", ""),
        ('<media:content url="/460.jpg" width="460"/><media:content url="/1.jpg"/>'
         "<media:description>Of the first</media:description>"
         "<media:description>Of the other</media:description>", "", "Of the first", ""),
        ('<media:content url="/460.jpg" width="460"/><media:content url="/1.jpg"/>'
         "<media:credit>A</media:credit><media:credit>B</media:credit><media:credit>C</media:credit>",
         "", "", ""),
        ('<media:thumbnail url="/460.jpg"/><media:copyright>2026 A. B.</media:copyright>',
         "", "", "2026 A. B."),
        ('<media:content url="/460.jpg"/><media:title>T0</media:title>', "", "", ""),
    ],
)  # fmt: skip
def test_a_picture_has_its_own_caption_and_credit(
    media: str, alt: str, caption: str, credit: str
) -> None:
    assert stated(only(media)) == ("/460.jpg", alt, caption, credit)


def test_the_words_of_a_picture_are_not_those_of_the_item() -> None:
    item = only(
        "<description>What happened.</description><media:content url='/a.jpg' medium='image'/>"
        "<media:title>The picture</media:title><media:description>At the quay</media:description>"
    )
    assert (item.title, item.content, item.image_caption) == ("T0", "What happened.", "At the quay")


def test_the_caption_and_credit_reach_the_brief() -> None:
    item = only(
        '<description>Words.</description><media:content url="/a.jpg"><media:description>At the '
        "quay</media:description><media:credit>Credit: A. B./Reuters</media:credit></media:content>"
    )
    brief = brief_of(item)
    assert (brief.image_url, brief.caption, brief.credit) == (
        f"{AT}/a.jpg",
        "At the quay",
        "A. B./Reuters",
    )
    assert brief_of(item, ImageRule.NONE).caption is None


def test_the_caption_in_the_text_counts_more_than_that_of_the_feed() -> None:
    item = only(
        "<content:encoded>&lt;figure&gt;&lt;img src='/a.jpg'&gt;&lt;figcaption&gt;Mine&lt;"
        "/figcaption&gt;&lt;/figure&gt;&lt;p&gt;Text.&lt;/p&gt;</content:encoded>"
        '<media:content url="/a.jpg">'
        "<media:description>Theirs</media:description><media:credit>Ann Bee.</media:credit>"
        "</media:content>"
    )
    brief = brief_of(item)
    assert (brief.caption, brief.credit) == ("Mine", "Ann Bee")


def test_the_caption_of_the_stated_picture_is_not_put_under_another() -> None:
    item = only(
        "<content:encoded>&lt;img src='/b.jpg'&gt;&lt;p&gt;Text.&lt;/p&gt;</content:encoded>"
        '<media:content url="/a.jpg"><media:description>Theirs</media:description></media:content>'
    )
    first = brief_of(item, ImageRule.FIRST)
    assert (first.image_url, first.caption) == (f"{AT}/b.jpg", None)


def test_a_small_picture_leads_only_if_there_is_no_other() -> None:
    thumbnail = '<media:thumbnail url="/s72.jpg" width="72" height="72"/>'
    text = "<content:encoded>{}&lt;p&gt;Text.&lt;/p&gt;</content:encoded>"
    inside = only(text.format("&lt;img src='/whole.jpg'&gt;") + thumbnail)
    alone = only(text.format("") + thumbnail)
    assert brief_of(inside).image_url == f"{AT}/whole.jpg"
    assert brief_of(alone).image_url == f"{AT}/s72.jpg"
    assert brief_of(inside, ImageRule.FEED).image_url == f"{AT}/s72.jpg"


def test_a_picture_of_all_items_is_the_feeds_own() -> None:
    logo = '<media:content url="/logo.png" medium="image"/>'
    first, second, third = rss(logo, f'{logo}<media:content url="/2.jpg" width="600"/>', logo)
    assert [item.image_url for item in (first, second, third)] == [None, f"{AT}/2.jpg", None]


@pytest.mark.parametrize(
    "channel",
    [
        "<image><url>https://h.example/cover.jpg</url></image>",
        '<itunes:image href="https://h.example/cover.jpg"/>',
        '<media:thumbnail url="https://h.example/cover.jpg"/>',
    ],
)
def test_the_picture_of_the_channel_is_not_that_of_an_item(channel: str) -> None:
    items = rss(
        '<itunes:image href="/cover.jpg"/>', '<itunes:image href="/2.jpg"/>', channel=channel
    )
    assert [item.image_url for item in items] == [None, f"{AT}/2.jpg"]


def test_two_items_with_different_pictures_of_one_script_keep_them() -> None:
    items = rss('<media:content url="/image?id=1"/>', '<media:content url="/image?id=2"/>')
    assert [item.image_url for item in items] == [f"{AT}/image?id=1", f"{AT}/image?id=2"]


FILM = (
    '<media:group><media:title>Film</media:title><media:content url="https://v.example/1" '
    'type="application/x-shockwave-flash" width="640" height="390"/>'
    '<media:thumbnail url="/still.jpg" width="480" height="360"/>'
    "<media:description>What the film shows.\n\nMore of it.</media:description></media:group>"
)


def test_the_still_of_a_film_leads_only_if_there_is_nothing_else() -> None:
    film = only(FILM)
    with_image = only(f'{FILM}<enclosure url="/e.png" type="image/png"/>')
    in_text = only(
        f"{FILM}<description>&lt;p&gt;&lt;img src='/own.jpg'&gt;&lt;/p&gt;&lt;p&gt;Text.&lt;/p&gt;"
        "</description>"
    )
    assert brief_of(film).image_url == f"{AT}/still.jpg"
    assert brief_of(film).url == f"{AT}/0/"
    assert brief_of(with_image).image_url == f"{AT}/e.png"
    assert brief_of(in_text).image_url == f"{AT}/own.jpg"


def test_a_film_without_other_text_is_described_by_its_description() -> None:
    item = only(FILM)
    assert (item.content, item.media_type) == (
        "What the film shows.\n\nMore of it.",
        MediaType.TEXT,
    )
    assert brief_of(item).caption is None


def json_feed(*items: dict[str, Any], **feed: Any) -> list[RawItem]:
    listed = [{"id": str(number), **item} for number, item in enumerate(items)]
    body = {"version": "https://jsonfeed.org/version/1.1", "items": listed, **feed}
    return list(parse_feed(json.dumps(body).encode(), url=f"{AT}/feed", max_items=20).items)


def test_a_json_feed_states_no_logo_and_the_title_of_an_attachment() -> None:
    attached = {"url": "/3.jpg", "mime_type": "image/jpeg", "title": "At the &amp; quay"}
    items = json_feed(
        {"image": f"{AT}/logo.png"},
        {"image": f"{AT}/logo.png", "banner_image": "/2.jpg"},
        {"image": f"{AT}/logo.png", "attachments": [attached]},
        icon=f"{AT}/logo.png",
    )
    assert [(item.image_url, item.image_alt) for item in items] == [
        (None, ""),
        (f"{AT}/2.jpg", ""),
        (f"{AT}/3.jpg", "At the & quay"),
    ]


@pytest.mark.parametrize(
    ("broken", "image"),
    [
        ('<media:content url="/a.jpg" medium="image">', "/a.jpg"),
        ("<media:group><media:content url='/a.jpg' medium='image'/>", "/a.jpg"),
        ("a & b <media:credit>A</media:credit><media:content url='/a.jpg'/>", "/a.jpg"),
    ],
)
def test_a_broken_item_does_not_change_the_next_one(broken: str, image: str) -> None:
    # The lenient parser reads these.
    items = rss(broken, '<media:content url="/b.jpg"/><media:credit>B</media:credit>')
    assert [item.image_url for item in items][-1:] == [f"{AT}/b.jpg"]
    assert items[0].image_url == f"{AT}{image}"
    assert items[-1].image_credit == "B"

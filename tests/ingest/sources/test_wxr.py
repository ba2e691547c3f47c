"""
Parsing a WordPress export file into raw items.
"""

from __future__ import annotations

import datetime as dt

import pytest

from newsletter.errors import ReadError
from newsletter.ingest.sources.wordpress.autop import markup_of
from newsletter.ingest.sources.wordpress.wxr import MAX_BYTES, read_wxr
from newsletter.model.brief import MediaType, RawItem

POST = "<wp:post_type>post</wp:post_type><wp:status>publish</wp:status>"
FULL = f"""<title>Tolls</title><link>https://example.org/tolls/</link>
<guid>https://example.org/?p=310</guid><wp:post_id>310</wp:post_id>{POST}
<wp:post_date_gmt>2019-05-21 11:00:00</wp:post_date_gmt>
<content:encoded><![CDATA[One\ntwo\n\nThree & [caption]x[/caption]]]></content:encoded>
<category domain="category" nicename="a"><![CDATA[A & B]]></category>
<category domain="nav_menu" nicename="m">Menu</category>
<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>9</wp:meta_value></wp:postmeta>
"""
PICTURE = (
    "<wp:post_id>9</wp:post_id><wp:post_type>attachment</wp:post_type>"
    "<wp:attachment_url>https://example.org/q.jpg?a=1&b=2</wp:attachment_url>"
)


def export(*items: str, prolog: str = "") -> bytes:
    listed = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'{prolog}<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:wp="http://wordpress.org/export/1.2/"><channel><link>https://example.org</link>'
        f"<language>en-US</language><wp:wxr_version>1.2</wp:wxr_version>{listed}</channel></rss>"
    ).encode()


def test_a_post_is_one_item_with_its_image() -> None:
    assert read_wxr(export(FULL, PICTURE)) == (
        [
            RawItem(
                key="https://example.org/?p=310",
                fallback_key="/?p=310",
                site_key="example.org?p=310",
                content="<p>One<br>\ntwo</p>\n<p>Three & [caption]x[/caption]</p>",
                media_type=MediaType.HTML,
                title="Tolls",
                url="https://example.org/tolls/",
                base_url="https://example.org/tolls/",
                published_at=dt.datetime(2019, 5, 21, 11, tzinfo=dt.UTC),
                image_url="https://example.org/q.jpg?a=1&b=2",
                categories=("A & B",),
                lang="en-US",
            )
        ],
        ["left out 1: type attachment"],
    )


def test_two_posts_that_share_a_guid_are_two_items() -> None:
    copy = FULL.replace(">310<", ">311<").replace("/tolls/", "/tolls-2/")
    items, _ = read_wxr(export(FULL, copy, FULL))
    assert [(item.key, item.site_key) for item in items] == [
        ("https://example.org/?p=310", "example.org?p=310"),
        ("https://example.org/tolls-2/", "example.org?p=311"),
    ]


def test_only_published_posts_without_a_password_are_read() -> None:
    items, notes = read_wxr(
        export(
            POST.replace("post<", "page<"),
            POST.replace("publish", "draft"),
            POST + "<title>a</title><wp:post_password>x</wp:post_password>",
            POST,
        )
    )
    assert items == []
    assert notes == [
        "left out 1: password-protected",
        "left out 1: status draft",
        "left out 1: type page",
        "left out 1: without id, link or title",
    ]


@pytest.mark.parametrize(
    ("dates", "hour"),
    [
        ("<pubDate>Tue, 21 May 2019 11:00:00 +0200</pubDate>", 9),
        ("<wp:post_date_gmt>0000-00-00 00:00:00</wp:post_date_gmt>"
         "<pubDate>Wed, 30 Nov -0001 00:00:00 +0000</pubDate>"
         "<wp:post_date>2019-05-21 10:00:00</wp:post_date>", 10),
    ],
)  # fmt: skip
def test_the_time_comes_from_the_first_field_that_has_one(dates: str, hour: int) -> None:
    (item,), _ = read_wxr(export(f"{POST}<title>a</title>{dates}"))
    assert item.published_at == dt.datetime(2019, 5, 21, hour, tzinfo=dt.UTC)


def test_characters_that_xml_forbids_are_left_out() -> None:
    raw = export(f"{POST}<title>a&nbsp;b\x0b & c</title>")
    (item,), _ = read_wxr(raw)
    assert item.title == "a&nbsp;b & c"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not a WordPress export file"),
        (b"<rss><channel><item/></channel></rss>", "not a WordPress export file"),
        (b"PK\x03\x04\x00<rss", "not a WordPress export file"),
        (export(FULL)[:-30], "export file is incomplete or damaged"),
        (export("<![CDATA[\n" * 300_000), "export file is incomplete or damaged"),
        (export("<a>" * 300_000), "export file is incomplete or damaged"),
        (export(prolog='<!DOCTYPE rss [<!ENTITY a "b">]>'), "declares entities"),
        (export(prolog='<!DOCTYPE rss SYSTEM "file:///etc/passwd">'), "declares entities"),
        (b" " * (MAX_BYTES + 1), "over 50 MB"),
    ],
)
def test_a_file_that_is_not_an_export_is_refused_in_one_line(raw: bytes, reason: str) -> None:
    with pytest.raises(ReadError, match=rf"^[^\n]*{reason}[^\n]*$"):
        read_wxr(raw)


def test_an_entity_is_read_as_written() -> None:
    raw = export(f"{POST}<title>&xxe; &#65;</title>")
    assert [item.title for item in read_wxr(raw)[0]] == ["&xxe; A"]


@pytest.mark.parametrize(
    ("content", "markup"),
    [
        ("a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("a\r\nb<br />\nc", "<p>a<br>\nb<br />\nc</p>"),
        ("a\n<ul>\n<li>b\nc</li>\n</ul>\nd", "<p>a</p><ul>\n<li>b<br>\nc</li>\n</ul><p>d</p>"),
        ("<blockquote>a\n\nb</blockquote>", "<blockquote><p>a</p>\n<p>b</p></blockquote>"),
        ("<pre>a\n\nb</pre>\nc", "<pre>a\n\nb</pre>\n<p>c</p>"),
        ("<p>a</p>\n\n<p>b</p>", "<p>a</p>\n\n<p>b</p>"),
        ("a<!--more-->b", "<p>ab</p>"),
        ("a" + " " * 300_000 + "\nb", "<p>a<br>\nb</p>"),
        ("<pre>" * 100_000, "<pre>" * 100_000),
        ("<!-- wp:paragraph {} -->\n<p>a\nb</p>\n<!-- /wp:paragraph -->", "<p>a\nb</p>"),
    ],
)
def test_stored_text_becomes_the_markup_that_wordpress_shows(content: str, markup: str) -> None:
    assert markup_of(content) == markup


@pytest.mark.parametrize(
    ("declared", "codec", "title"),
    [
        ("ISO-8859-1", "cp1252", "“Déjà vu” – it’s €5"),
        ("windows-1251", "cp1251", "Мост закрыт"),
        ("gb2312", "gb18030", "朱镕基说旧桥"),
        ("EUC-KR", "cp949", "똠방각하의 다리"),
        ("UTF-8", "cp1252", "Die Brücke über die Mühlbachstraße ist für Fußgänger geöffnet"),
        ("UTF-8", "utf-16", "Мост закрыт"),
    ],
)
def test_an_export_is_read_in_its_own_encoding(declared: str, codec: str, title: str) -> None:
    post = FULL.replace("<title>Tolls</title>", f"<title>{title}</title>")
    raw = export(post, prolog=f'<?xml version="1.0" encoding="{declared}"?>').decode()
    assert [item.title for item in read_wxr(raw.encode(codec))[0]] == [title]


def test_one_bad_byte_does_not_refuse_an_export() -> None:
    raw = export(FULL.replace("Tolls", "Zoë’s café: Tolls")).replace(b"Tolls", b"Tolls\x94", 1)
    assert [item.title for item in read_wxr(raw)[0]] == ["Zoë’s café: Tolls”"]

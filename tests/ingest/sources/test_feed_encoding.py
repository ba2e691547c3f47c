"""
A feed is read in its own encoding, also in the sandboxed child, where no file can be opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from unicodedata import normalize

import pytest
from charset_texts import HEADLINES, LONG
from http_server import ScriptedServer

from newsletter.errors import SourceError
from newsletter.ingest.sources.feeds.parse import parse_feed
from newsletter.ingest.sources.feeds.source import FeedSource
from newsletter.ingest.sources.sandboxed_parser import SOURCE_MODULES, SandboxedParser
from newsletter.isolation.fetcher import Fetched, Fetcher
from newsletter.isolation.sandbox import Sandbox

URL = "https://brief.example.org/feed"


@pytest.fixture(scope="module")
def child() -> Iterator[SandboxedParser]:
    with Sandbox(SOURCE_MODULES) as sandbox:
        yield SandboxedParser(sandbox)


def feed(text: str, *, declared: str = "") -> str:
    head = f"<?xml version='1.0' encoding='{declared}'?>" if declared else ""
    item = f"<item><guid>1</guid><title>{text}</title></item>"
    return f"{head}<rss version='2.0'><channel>{item}</channel></rss>"


def title_in(body: bytes, content_type: str = "") -> str | None:
    (item,) = parse_feed(body, url=URL, max_items=9, content_type=content_type).items
    return item.title


@pytest.mark.parametrize("declared", ["", "utf-16", "utf-8"])
@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_a_feed_in_utf16_or_utf32_is_read_with_and_without_a_mark(
    encoding: str, declared: str
) -> None:
    assert title_in(feed("Мост закрыт", declared=declared).encode(encoding)) == "Мост закрыт"


@pytest.mark.parametrize(
    ("declared", "codec", "text"),
    [
        ("iso-8859-1", "cp1252", "“Déjà vu” – it’s €5"),
        ("gb2312", "gb18030", "朱镕基说旧桥"),
        ("euc-kr", "cp949", "똠방각하의 다리"),
        ("shift_jis", "cp932", "髙橋①は春まで"),
        ("big5", "big5hkscs", "香港嘅舊橋"),
        ("windows-1251", "cp1251", "Мост закрыт"),
        ("iso-8859-1", "utf-8", "Déjà vu – Łódź"),
        ("windows-1251", "utf-8", "Мост закрыт"),
        ("x-unknown", "utf-8", "Мост закрыт"),
    ],
)
def test_a_feed_is_read_by_what_its_declaration_means(declared: str, codec: str, text: str) -> None:
    assert title_in(feed(text, declared=declared).encode(codec)) == text


@pytest.mark.parametrize(
    ("content_type", "declared", "codec"),
    [
        ("application/rss+xml; charset=windows-1251", "", "cp1251"),
        ("text/xml; charset=koi8-r", "utf-8", "koi8-r"),
        ("text/xml; charset=koi8-r", "windows-1251", "koi8-r"),
        ("text/xml; charset=iso-8859-1", "utf-8", "utf-8"),
        ("text/xml; charset=utf-8", "windows-1251", "cp1251"),
        ("text/xml", "windows-1251", "cp1251"),
        ("text/xml; charset=none", "windows-1251", "cp1251"),
        ("text/xml; charset=iso-8859-1", "utf-16", "utf-16"),
    ],
)
def test_the_charset_of_the_content_type_counts_above_the_declaration(
    content_type: str, declared: str, codec: str
) -> None:
    body = feed("Мост закрыт", declared=declared).encode(codec)
    assert title_in(body, content_type) == "Мост закрыт"


def test_a_poll_passes_on_what_the_server_says(server: ScriptedServer, fetcher: Fetcher) -> None:
    said = {"Content-Type": "text/xml; charset=windows-1251"}
    server.answer("/feed", headers=said, body=feed("Мост").encode("cp1251"))
    poll = FeedSource("briefs", server.url("/feed"), fetcher=fetcher).fetch({})
    assert [item.title for item in poll.items] == ["Мост"]


def test_only_an_uncertain_guess_is_noted() -> None:
    sure = parse_feed(feed(LONG[20].text).encode("cp1251"), url=URL, max_items=9)
    assert (sure.items[0].title, sure.notes) == (LONG[20].text, ())
    (note,) = parse_feed(feed("Jiří").encode("cp1250"), url=URL, max_items=9).notes
    assert note.startswith("the encoding of the text is unknown and was guessed")


def test_a_json_feed_in_another_encoding_is_read() -> None:
    text = '{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "Zoë"}]}'
    for encoding in ("utf-8-sig", "utf-16", "utf-32-le", "cp1252"):
        assert title_in(text.encode(encoding)) == "Zoë"


def test_a_binary_document_is_not_a_feed() -> None:
    with pytest.raises(SourceError, match="something that is not a feed: check the address"):
        parse_feed(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", url=URL, max_items=9)


def test_every_text_is_read_where_no_file_can_be_opened(child: SandboxedParser) -> None:
    wrong = []
    for each in (*LONG, *HEADLINES):
        for encoding in each.encodings:
            body = feed(each.text).encode(encoding)
            (item,) = child.feed(body, url=URL, max_items=9).items
            page = Fetched(status=200, headers={}, body=f"<p>{each.text}".encode(encoding), url=URL)
            mail = child.mail(f"\n{each.text}".encode(encoding), own_lists=())
            found = {item.title, child.page(page).content[3:], getattr(mail, "content", mail)}
            # Of the texts, only the Vietnamese one has its accents as characters of their own.
            if {normalize("NFC", str(text)) for text in found} != {normalize("NFC", each.text)}:
                wrong.append((each.language, encoding, found))
    assert wrong == []


def test_labels_are_known_where_no_file_can_be_opened(child: SandboxedParser) -> None:
    for label in ("gb2312", "latin-1", "cp850", "iso-2022-kr", "hz", "x-none", "utf-7", "johab"):
        said = {"content-type": f"text/html; charset={label}"}
        page = Fetched(status=200, headers=said, body=b"<p>The tolls rise.", url=URL)
        assert child.page(page).content == "<p>The tolls rise."
        body = feed("Tolls", declared=label).encode()
        parsed = child.feed(body, url=URL, max_items=9, content_type=said["content-type"])
        assert parsed.items[0].title == "Tolls"

"""
Documents parsed in the real sandboxed child: the same as here, and none crashes this process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from forwarded_mails import TEXTS
from mails import mail
from word_files import docx_file

from newsletter.errors import NewsletterError, ReadError, SourceError
from newsletter.ingest.sources.feeds.detect import ParsedFeed
from newsletter.ingest.sources.feeds.parse import parse_feed
from newsletter.ingest.sources.folder.docx import html_of_docx
from newsletter.ingest.sources.mailbox.source import read_mail
from newsletter.ingest.sources.pages.source import read_page
from newsletter.ingest.sources.sandboxed_parser import (
    MAX_ANSWER_BYTES,
    SOURCE_MODULES,
    SandboxedParser,
)
from newsletter.isolation.fetcher import Fetched
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import MediaType, RawItem

URL = "https://brief.example.org/feed/"
HEAD = b"<rss version='2.0'><channel><item><guid>1</guid>"
END = b"</item></channel></rss>"
# Takes the strict parser a second, twice the time limit of the child in these tests.
SLOW = HEAD + b"<a/>" * 400_000 + END


@pytest.fixture(scope="module")
def parsing() -> Iterator[SandboxedParser]:
    with Sandbox(SOURCE_MODULES, max_output_bytes=MAX_ANSWER_BYTES) as sandbox:
        yield SandboxedParser(sandbox)


@pytest.fixture(scope="module")
def hurried() -> Iterator[SandboxedParser]:
    with Sandbox(SOURCE_MODULES, cpu_s=1) as sandbox:
        yield SandboxedParser(sandbox)


def answer(body: bytes, *, content_type: str = "text/html") -> Fetched:
    return Fetched(status=200, headers={"content-type": content_type}, body=body, url=URL)


def outcome(parse: Callable[[], object]) -> object:
    """
    Return what *parse* returns, or the class and message of its error.
    """
    try:
        return parse()
    except NewsletterError as error:
        return type(error), str(error)


@pytest.mark.parametrize("folder", ["feeds", "jsonfeed", "wordpress", "sequence-rss"])
def test_every_feed_gives_the_same_in_the_child(
    shared: Path, parsing: SandboxedParser, folder: str
) -> None:
    files = (shared / "samples/sources" / folder).iterdir()
    bodies = {path.name: path.read_bytes() for path in files}
    inside = {
        n: outcome(lambda b=b: parsing.feed(b, url=URL, max_items=50)) for n, b in bodies.items()
    }
    assert inside == {
        n: outcome(lambda b=b: parse_feed(b, url=URL, max_items=50)) for n, b in bodies.items()
    }


def test_every_page_gives_the_same_in_the_child(shared: Path, parsing: SandboxedParser) -> None:
    files = sorted((shared / "samples/sources/html").glob("*.html"))
    answers = [answer(path.read_bytes()) for path in files]
    assert len(answers) > 5
    assert [outcome(lambda a=a: parsing.page(a)) for a in answers] == [
        outcome(lambda a=a: read_page(a)) for a in answers
    ]


def test_a_page_is_compared_with_its_excerpt_in_the_child_too(parsing: SandboxedParser) -> None:
    got = answer(b"<title>Tax</title><article><p>The council taxed every lantern.</article>")
    for words, kind in [("Every lantern […]", MediaType.TEXT), ("<p>Ferries […]", MediaType.HTML)]:
        part = RawItem(key="1", content=words, media_type=kind, is_excerpt=True)
        here = outcome(lambda part=part: read_page(got, excerpt=part))
        assert outcome(lambda part=part: parsing.page(got, excerpt=part)) == here


def test_every_word_file_gives_the_same_in_the_child(
    shared: Path, parsing: SandboxedParser
) -> None:
    raws = [path.read_bytes() for path in (shared / "samples/sources/docx").glob("*.docx")]
    assert len(raws) > 1
    assert [outcome(lambda r=r: parsing.docx_file(r)) for r in raws] == [
        outcome(lambda r=r: html_of_docx(r)) for r in raws
    ]


def test_every_mail_gives_the_same_in_the_child(shared: Path, parsing: SandboxedParser) -> None:
    raws = [path.read_bytes() for path in (shared / "samples/sources/email").glob("*.eml")]
    assert len(raws) > 1
    own = ("<daily.example.org>",)
    assert [parsing.mail(raw, own_lists=own) for raw in raws] == [
        read_mail(raw, own_lists=own) for raw in raws
    ]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Паромы остаются до марта"),
        ("koi8-r", "Паромы остаются до марта"),
        ("cp1252", "“Déjà vu”"),
        ("iso8859-2", "příliš žluťoučký kůň"),
        ("big5", "渡輪留到三月"),
        ("gb18030", "渡轮留到三月"),
        ("euc-kr", "페리는 3월까지 남는다"),
    ],
)
def test_a_feed_that_names_no_encoding_can_be_read_where_no_file_can_be_opened(
    parsing: SandboxedParser, encoding: str, text: str
) -> None:
    body = HEAD + b"<title>" + text.encode(encoding) + b"</title>" + END
    assert parsing.feed(body, url=URL, max_items=9) == parse_feed(body, url=URL, max_items=9)


@pytest.mark.parametrize("end", [END, b" a & b" + END])
def test_a_feed_with_pictures_and_pages_gives_the_same_in_the_child(
    parsing: SandboxedParser, end: bytes
) -> None:
    # The second one is read by the lenient parser.
    media = (
        b"<media:group><media:content url='/140.jpg' width='140'/><media:content url='/460.jpg' "
        b"width='460'><media:credit>Ann Bee</media:credit></media:content></media:group>"
        b"<category>Arts &amp;amp; Culture</category>"
    )
    names = b" xmlns:media='http://search.yahoo.com/mrss/' xmlns:a='http://www.w3.org/2005/Atom'>"
    following = b"<channel><a:link rel='next' href='?page=2'/>"
    body = HEAD.replace(b">", names, 1).replace(b"<channel>", following) + media + end
    inside = parsing.feed(body, url=URL, max_items=9)
    assert inside == parse_feed(body, url=URL, max_items=9)
    assert inside.next_url == f"{URL}?page=2"
    (item,) = inside.items
    assert (item.image_url, item.image_credit, item.categories) == (
        "https://brief.example.org/460.jpg",
        "Ann Bee",
        ("Arts & Culture",),
    )


def test_a_large_feed_in_another_script_fits_into_the_response(parsing: SandboxedParser) -> None:
    text = "Паромы остаются до конца марта. " * 90_000
    body = HEAD + f"<description>{text}</description>".encode() + END
    (item,) = parsing.feed(body, url=URL, max_items=9).items
    assert (len(body) > 5_000_000, item.content) == (True, text.strip())


def test_a_feed_that_kills_the_child_is_one_line_and_the_next_feed_is_read(
    hurried: SandboxedParser,
) -> None:
    with pytest.raises(SourceError) as caught:
        hurried.feed(SLOW, url=URL, max_items=9)
    assert str(caught.value) == (
        "brief.example.org sent a feed that cannot be read (used more than 1 s of "
        "CPU time and was stopped): ask the site's owner to fix it"
    )
    assert hurried.feed(HEAD + END, url=URL, max_items=9) == ParsedFeed(
        items=parse_feed(HEAD + END, url=URL, max_items=9).items
    )


def test_a_word_file_or_mail_that_is_too_much_for_the_child_is_one_line() -> None:
    why = r"cannot be read \(the result of \d+ bytes is larger than 100\)"
    with Sandbox(SOURCE_MODULES, max_output_bytes=100) as sandbox:
        parsing = SandboxedParser(sandbox)
        with pytest.raises(ReadError, match=f"the Word file {why}"):
            parsing.docx_file(docx_file("word " * 100))
        reason = parsing.mail(mail("word " * 100), own_lists=())
        assert re.fullmatch(f"the email {why}", str(reason))


@pytest.mark.parametrize("name", ["apple ru", "outlook it", "gmail zh"])
def test_a_forward_is_unwrapped_in_the_child_too(parsing: SandboxedParser, name: str) -> None:
    raw = mail(f"FYI\n\n{TEXTS[name]}The text.", subject="Fwd: Tolls")
    item = parsing.mail(raw, own_lists=())
    assert item == read_mail(raw, own_lists=())
    assert isinstance(item, RawItem)
    assert item.content == "The text."


def test_our_own_mail_is_left_out_in_the_child_too(parsing: SandboxedParser) -> None:
    raw = mail("a", headers="List-Id: <daily.example.org>\n")
    assert (
        parsing.mail(raw, own_lists=("daily.example.org",))
        == "one of this newsletter's own emails, left out"
    )
    assert isinstance(parsing.mail(raw, own_lists=()), RawItem)

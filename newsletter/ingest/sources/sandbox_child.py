"""
Run the parsers of the sources in the sandboxed child process. `sandboxed_parser` calls them; it
passes bytes as base64 text and receives JSON.
"""

from __future__ import annotations

import base64
import codecs
import contextlib
import encodings
import io
import pkgutil
import zipfile
from typing import Any

from newsletter.errors import ReadError
from newsletter.ingest.parsing.fields import calendar_names
from newsletter.ingest.parsing.formats import encoding
from newsletter.ingest.sources.feeds.parse import parse_feed as parse_feed_document
from newsletter.ingest.sources.folder import docx
from newsletter.ingest.sources.mailbox.attachments import open_attached
from newsletter.ingest.sources.mailbox.message import message_of
from newsletter.ingest.sources.mailbox.message import read_letter as read_letter_bytes
from newsletter.ingest.sources.mailbox.source import read_mail as read_mail_bytes
from newsletter.ingest.sources.pages.parse import parse_page as parse_page_document
from newsletter.model.brief import MediaType, RawItem

_URL = "https://example.org/a"
_FEEDS = (
    b"<rss version='2.0'><channel><item><guid>1</guid><description>a &amp; b</description>"
    b"<pubDate>Thu, 05 Mar 2026 06:00:00 +0000</pubDate></item></channel></rss>",
    b"<?xml version='1.0' encoding='big5'?><rss version='2.0'><channel><item><guid>1 & 2</guid>"
    b"<pubDate>2026-03-05</pubDate></item></channel></rss>",
    b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1"}]}',
)
_PAGE = b"<meta charset=windows-1252><link rel=canonical href=/b><p>Words of a page."
_MAIL = (
    b"From: a@example.org\nSubject: =?utf-8?q?b?=\nDate: Thu, 05 Mar 2026 06:00:00 +0000\n"
    b"Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\nPHA+Yw=="
)
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_WORD_PARTS = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    ),
    "word/document.xml": (
        f'<w:document xmlns:w="{_WORD}"><w:body><w:p><w:r><w:t>a</w:t></w:r></w:p></w:body>'
        "</w:document>"
    ),
}


def warm_up() -> None:
    """
    Load everything that is loaded on first use, since no file can be opened afterwards.
    """
    calendar_names.load_names()
    # A document names its encoding, and Python loads each one from a file of its own.
    for module in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(LookupError):
            codecs.lookup(module.name)
    # chardet loads its models when it first guesses.
    for raw in (b"\xe9", "Паромы остаются".encode("cp1251"), "The text.".encode("utf-16-le")):
        encoding.decode(raw)
    for body in _FEEDS:
        parse_feed_document(body, url=_URL, max_items=1)
    for kind in (MediaType.HTML, MediaType.TEXT):
        part = RawItem(key="a", content="Words of a page.", media_type=kind)
        parse_page_document(_PAGE, content_type="", url=_URL, excerpt=part)
    read_mail_bytes(_MAIL, own_lists=())
    # Without mammoth this raises the error that says it is missing; there is nothing to load.
    with contextlib.suppress(ReadError):
        docx.html_of_docx(_word_file())


def _word_file() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _WORD_PARTS.items():
            archive.writestr(name, content)
    return made.getvalue()


def parse_feed(body: str, url: str, max_items: int, content_type: str) -> dict[str, Any]:
    """
    Parse the feed *body* into the fields of a `ParsedFeed`.
    """
    parsed = parse_feed_document(
        base64.b64decode(body), url=url, max_items=max_items, content_type=content_type
    )
    return {
        "items": [item.as_json() for item in parsed.items],
        "notes": list(parsed.notes),
        "is_cut": parsed.is_cut,
        "next_url": parsed.next_url,
    }


def parse_page(
    body: str, content_type: str, url: str, excerpt: dict[str, Any] | None
) -> dict[str, Any]:
    """
    Parse the page *body* into a raw item; *excerpt* is the item that the page must match, if any.
    """
    part = RawItem.from_json(excerpt) if excerpt is not None else None
    raw = base64.b64decode(body)
    return parse_page_document(raw, content_type=content_type, url=url, excerpt=part).as_json()


def parse_docx(raw: str) -> str:
    """
    Convert the Word file *raw* to HTML.
    """
    return docx.html_of_docx(base64.b64decode(raw))


def docx_image(raw: str, part: str) -> str:
    """
    Return the image in the *part* of the Word file *raw*, as base64.
    """
    return _packed(docx.image_of_docx(base64.b64decode(raw), part))


def mail_image(raw: str, name: str) -> str:
    """
    Return the image *name* of the mail *raw*, as base64.
    """
    return _packed(open_attached(message_of(base64.b64decode(raw)), name))


def _packed(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def read_letter(raw: str) -> dict[str, Any]:
    """
    Parse the mail *raw* into a raw item.
    """
    return read_letter_bytes(base64.b64decode(raw)).as_json()


def read_mail(raw: str, own_lists: list[str]) -> dict[str, Any]:
    """
    Parse the mail *raw*, and return `{"item": ...}`, or `{"left_out": "why"}`.
    """
    read = read_mail_bytes(base64.b64decode(raw), own_lists=own_lists)
    return {"item": read.as_json()} if isinstance(read, RawItem) else {"left_out": read}

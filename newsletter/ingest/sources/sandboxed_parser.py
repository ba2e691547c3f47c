"""
Parse other people's documents in the sandboxed child process, so that a hostile one cannot exhaust
or crash anything else. `sandbox_child` runs there and calls the parsers of the sources.
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from newsletter.errors import ReadError, SandboxError, SourceError
from newsletter.ingest.sources.feeds.detect import ParsedFeed
from newsletter.isolation.fetcher import Fetched
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import RawItem
from subscribers.text.phrases import phrase

SOURCE_MODULES = ("newsletter.ingest.sources.sandbox_child",)
# JSON escapes a non-ASCII character to six bytes, up to three times its size in UTF-8; a fetch is
# at most 10 MB.
MAX_ANSWER_BYTES = 32 * 2**20


class SandboxedParser:
    """
    Parses the documents of sources in *sandbox*, a child process that has loaded SOURCE_MODULES.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def feed(self, body: bytes, *, url: str, max_items: int, content_type: str = "") -> ParsedFeed:
        """
        Parse a feed as `feeds.parse.parse_feed` does. Raises SourceError also when the child
        process fails.
        """
        given = _packed(body), url, max_items, content_type
        values = self._of_host(url, "a feed", "parse_feed", *given)
        items = tuple(RawItem.from_json(item) for item in values["items"])
        return ParsedFeed(
            items=items,
            notes=tuple(values["notes"]),
            is_cut=values["is_cut"],
            next_url=values["next_url"],
        )

    def page(self, response: Fetched, *, excerpt: RawItem | None = None) -> RawItem:
        """
        Parse a web page as `pages.source.read_page` does. Raises SourceError also when the child
        process fails.
        """
        said = response.headers.get("content-type", "")
        body = _packed(response.body)
        part = excerpt.as_json() if excerpt is not None else None
        values = self._of_host(response.url, "a page", "parse_page", body, said, response.url, part)
        return RawItem.from_json(values)

    def docx_file(self, raw: bytes) -> str:
        """
        Convert a Word file as `docx.html_of_docx` does. Raises ReadError also when the child
        process fails.
        """
        try:
            return str(self._call("parse_docx", _packed(raw)))
        except SandboxError as error:
            raise ReadError(
                phrase("the Word file cannot be read ({reason})", reason=error.reason)
            ) from error

    def docx_image(self, raw: bytes, part: str) -> bytes:
        """
        Extract an image as `docx.image_of_docx` does. Raises ReadError also when the child process
        fails.
        """
        return self._image_in("docx_image", raw, part)

    def mail_image(self, raw: bytes, name: str) -> bytes:
        """
        Extract an image of the mail *raw* as `attachments.open_attached` does. Raises ReadError
        also when the child process fails.
        """
        return self._image_in("mail_image", raw, name)

    def letter(self, raw: bytes) -> RawItem:
        """
        Parse a mail as `mailbox.message.read_letter` does. Raises ReadError also when the child
        process fails.
        """
        try:
            return RawItem.from_json(self._call("read_letter", _packed(raw)))
        except SandboxError as error:
            raise ReadError(
                phrase("the email cannot be read ({reason})", reason=error.reason)
            ) from error

    def _image_in(self, function: str, raw: bytes, name: str) -> bytes:
        try:
            return base64.b64decode(self._call(function, _packed(raw), name))
        except SandboxError as error:
            raise ReadError(phrase("it cannot be read ({reason})", reason=error.reason)) from error

    def mail(self, raw: bytes, *, own_lists: Collection[str]) -> RawItem | str:
        """
        Parse a mail as `mailbox.source.read_mail` does. A failure of the child process is returned
        as a reason too.
        """
        try:
            values = self._call("read_mail", _packed(raw), list(own_lists))
        except SandboxError as error:
            return f"the email cannot be read ({error.reason})"
        return RawItem.from_json(values["item"]) if "item" in values else str(values["left_out"])

    def _of_host(self, url: str, what: str, name: str, *arguments: Any) -> Any:
        try:
            return self._call(name, *arguments)
        except SandboxError as error:
            host = urlsplit(url).hostname or url
            raise SourceError(
                phrase(
                    "{host} sent {what} that cannot be read ({reason}): ask the site's owner "
                    "to fix it",
                    host=host,
                    what=what,
                    reason=error.reason,
                )
            ) from error

    def _call(self, name: str, *arguments: Any) -> Any:
        return self._sandbox.call(f"{SOURCE_MODULES[0]}:{name}", *arguments)


def _packed(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")

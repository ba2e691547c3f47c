"""
Parse a feed document of any format into raw items: `detect` finds the format, `rss_atom` or
`json_feed` parses it. No I/O, so that `sandbox_child` can run it in the sandboxed child process.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from newsletter.errors import ReadError, SourceError
from newsletter.ingest.parsing.formats.encoding import utf8_of
from newsletter.ingest.parsing.formats.encoding_labels import label_in
from newsletter.ingest.sources.feeds.detect import ParsedFeed, root_of, without_lead
from newsletter.ingest.sources.feeds.json_feed import read_json
from newsletter.ingest.sources.feeds.rss_atom import read_xml
from subscribers.text.phrases import phrase


def parse_feed(body: bytes, *, url: str, max_items: int, content_type: str = "") -> ParsedFeed:
    """
    Parse the document *body* that *url* responded with.

    The root element decides the format, never the Content-Type: feeds are served as text/html, and
    challenge pages with status 200 as anything. Only the charset of *content_type* counts, and
    above the XML declaration (RFC 7303).

    Raises:
        SourceError: it is not a feed.
    """
    host = urlsplit(url).hostname or url
    try:
        document, warning = utf8_of(without_lead(body), label_in(content_type))
    except ReadError as error:
        raise _not_a_feed(host) from error
    parsed = _parsed(document, url=url, max_items=max_items)
    return replace(parsed, notes=(*parsed.notes, warning)) if warning else parsed


def _parsed(document: bytes, *, url: str, max_items: int) -> ParsedFeed:
    host = urlsplit(url).hostname or url
    if document.startswith(b"{"):
        return read_json(document, url=url, max_items=max_items)
    root = root_of(document, host=host)
    if root == "html":
        raise SourceError(
            phrase("{host} sent a web page, not a feed: check the address", host=host)
        )
    if not document:
        raise SourceError(phrase("{host} sent an empty document: check the address", host=host))
    if not root:
        raise _not_a_feed(host)
    return read_xml(document, url=url, max_items=max_items)


def _not_a_feed(host: str) -> SourceError:
    return SourceError(
        phrase("{host} sent something that is not a feed: check the address", host=host)
    )

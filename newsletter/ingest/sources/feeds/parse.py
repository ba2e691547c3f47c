"""
Parse a feed document of any format into raw items: `detect` finds the format, `rss_atom` or
`json_feed` parses it. No I/O, so that `sandbox_child` can run it in the sandboxed child process.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from newsletter.errors import SourceError
from newsletter.ingest.sources.feeds.detect import ParsedFeed, root_of, without_lead
from newsletter.ingest.sources.feeds.json_feed import read_json
from newsletter.ingest.sources.feeds.rss_atom import read_xml


def parse_feed(body: bytes, *, url: str, max_items: int) -> ParsedFeed:
    """
    Parse the document *body* that *url* responded with.

    The root element decides the format, never the Content-Type: feeds are served as text/html, and
    challenge pages with status 200 as anything.

    Raises:
        SourceError: it is not a feed.
    """
    host = urlsplit(url).hostname or url
    document = without_lead(body)
    if document.startswith(b"{"):
        return read_json(document, url=url, max_items=max_items)
    root = root_of(document, host=host)
    if root == "html":
        raise SourceError(f"{host} sent a web page, not a feed: check the address")
    if not root:
        what = "something that is not a feed" if document else "an empty document"
        raise SourceError(f"{host} sent {what}: check the address")
    return read_xml(document, url=url, max_items=max_items)

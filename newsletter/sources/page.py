"""
One web page as a source: a brief that stands at an address of its own, asked for only when it has
changed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from newsletter.errors import ReadError, SourceError
from newsletter.fetch import Fetched, Fetcher
from newsletter.model.brief import MediaType, Poll, RawItem
from newsletter.reading import encoding, fragment
from newsletter.sources.identity import canonical_link, second_key_of, site_key_of, web_address

_ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
# `address` in a stored state is the one it was made for, as for feeds.
_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_PAGES = ("text/html", "application/xhtml+xml", "")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
# WHATWG HTML, 13.2.3.2: a page names its encoding within its first 1,024 bytes.
_CHARSET_WITHIN = 1024
_FEED = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:rss|feed|rdf:RDF)\b")
_POST_CLASS = re.compile(r"(?:postid|page-id)-([1-9][0-9]*)")


class PageSource:
    """
    The page at *location*: one item, or the next one when the page there is another brief.
    """

    def __init__(self, name: str, location: str, *, fetcher: Fetcher) -> None:
        self.name = name
        self._location = location
        self._fetcher = fetcher

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        The page, or an unchanged poll when the server says so.

        Raises SourceError (FetchError when it is the address or the answer): no page was read.
        """
        known = state if state.get("address") == self._location else {}
        asked = {header: known[name] for name, header in _VALIDATORS.items() if name in known}
        answer = self._fetcher.get(self._location, {"Accept": _ACCEPT, **asked})
        if answer.status == 304:
            return Poll(state=known, is_unchanged=True)
        item = read_page(answer)
        validators = {name: answer.headers[name] for name in _VALIDATORS if name in answer.headers}
        return Poll(items=(item,), state={**validators, "address": self._location})


def read_page(answer: Fetched) -> RawItem:
    """
    The page that *answer* holds as an item, its key the address it calls its own.

    Raises SourceError: it is no page, or larger than any brief.
    """
    host = urlsplit(answer.url).hostname or answer.url
    said = answer.headers.get("content-type", "")
    if _FEED.match(answer.body):
        raise SourceError(f"{host} answered with a feed, not a page: add it as a feed")
    if said.partition(";")[0].strip().lower() not in _PAGES:
        raise SourceError(f"{host} answered with {said[:80]}, not a page: check the address")
    try:
        content = _text(answer.body, said)
        tree = fragment.parse(content)
    except ReadError as error:
        raise SourceError(f"{host} answered with a page that cannot be read: {error}") from error
    url = _canonical(tree, answer.url)
    return RawItem(
        key=url,
        second_key=second_key_of(url),
        site_key=_site_key(tree, answer.url),
        content=content,
        media_type=MediaType.HTML_PAGE,
        url=url,
        base_url=answer.url,
    )


def _text(body: bytes, content_type: str) -> str:
    """
    *body* decoded by its mark, as the header says, as the page says, or as it looks.
    """
    named = _CHARSET.search(content_type) or _CHARSET.search(
        body[:_CHARSET_WITHIN].decode("latin-1")
    )
    is_marked = body.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if named is None or is_marked:
        return encoding.decode(body)
    try:
        return body.decode(named[1])
    except (LookupError, ValueError):
        return encoding.decode(body)


def _canonical(tree: LexborHTMLParser, url: str) -> str:
    """
    The address the page calls canonical, if it is on the same host; else *url* without tracking.
    """
    said = web_address(_href(tree, "link[rel=canonical]"), base=url)
    is_own = said is not None and _host(said) == _host(url)
    return canonical_link(said if said is not None and is_own else url)


def _site_key(tree: LexborHTMLParser, url: str) -> str | None:
    said = web_address(_href(tree, "link[rel=shortlink]"), base=url)
    if said is not None and (key := site_key_of(said)) is not None:
        return key
    body = tree.css_first("body")
    classes = (body.attributes.get("class") or "").split() if body is not None else []
    numbers = (found[1] for name in classes if (found := _POST_CLASS.fullmatch(name)))
    number = next(numbers, None)
    return site_key_of(f"https://{_host(url)}/?p={number}") if number else None


def _href(tree: LexborHTMLParser, selector: str) -> str | None:
    node = tree.css_first(selector)
    return node.attributes.get("href") if node is not None else None


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")

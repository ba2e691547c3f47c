"""
Parse the bytes of a web page into a raw item. No I/O, so that `sandbox_child` can run it in the
sandboxed child process; `source` fetches the page.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from newsletter.errors import ReadError, SourceError
from newsletter.ingest.parsing.formats import encoding, encoding_labels
from newsletter.ingest.parsing.formats.open_item import is_excerpt_of
from newsletter.ingest.parsing.page.markup import content_of, page_tree
from newsletter.ingest.sources.item_keys import fallback_key_of, site_key_of, web_address
from newsletter.model.brief import MediaType, RawItem
from newsletter.model.link_key import canonical_link
from subscribers.text.phrases import phrase

_XHTML = "application/xhtml+xml"
_PAGES = ("text/html", _XHTML, "")
_FEED = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:rss|feed|rdf:RDF)\b")
_POST_CLASS = re.compile(r"(?:postid|page-id)-([1-9][0-9]*)")


def parse_page(
    body: bytes, *, content_type: str, url: str, excerpt: RawItem | None = None
) -> RawItem:
    """
    Parse the page *body* into an item whose key is the canonical URL of the page.

    Raises:
        SourceError: it is not a web page, is too large for a brief, or is about something else than
            the *excerpt*.
    """
    page = _parsed(body, content_type=content_type, url=url)
    if excerpt is not None:
        _compare(excerpt, page)
    return page


def _compare(excerpt: RawItem, page: RawItem) -> None:
    try:
        is_the_same = is_excerpt_of(excerpt, page)
    except ReadError as error:
        raise SourceError(phrase("the page at its address cannot be read")) from error
    if not is_the_same:
        raise SourceError(phrase("the page at its address has different content"))


def _parsed(body: bytes, *, content_type: str, url: str) -> RawItem:
    host = urlsplit(url).hostname or url
    if _FEED.match(body):
        raise SourceError(
            phrase("{host} sent a feed, not a page: add it as a source of kind feed", host=host)
        )
    if content_type.partition(";")[0].strip().lower() not in _PAGES:
        raise SourceError(
            phrase(
                "{host} sent {kind}, not a page: check the address",
                host=host,
                kind=content_type[:80],
            )
        )
    try:
        decoded = encoding.decode_html(
            body, encoding_labels.label_in(content_type), is_xhtml=content_type.startswith(_XHTML)
        )
        content = content_of(decoded.text)
        tree, _ = page_tree(content)
    except ReadError as error:
        raise SourceError(
            phrase("{host} sent a page that cannot be read: {error}", host=host, error=error)
        ) from error
    own = _canonical(tree, url)
    return RawItem(
        key=own,
        fallback_key=fallback_key_of(own),
        site_key=_site_key(tree, url),
        content=content,
        media_type=MediaType.HTML_PAGE,
        url=own,
        base_url=url,
        page_image_url=_image_in(tree, url),
        warnings=decoded.warnings,
    )


def _canonical(tree: LexborHTMLParser, url: str) -> str:
    """
    Return the canonical URL that the page declares, if it is on the same host; else *url* without
    tracking parameters.
    """
    address_given = web_address(_attribute(tree, "link[rel=canonical]", "href"), base=url)
    is_own = address_given is not None and _host(address_given) == _host(url)
    return canonical_link(address_given if address_given is not None and is_own else url)


def _site_key(tree: LexborHTMLParser, url: str) -> str | None:
    address_given = web_address(_attribute(tree, "link[rel=shortlink]", "href"), base=url)
    if address_given is not None and (key := site_key_of(address_given)) is not None:
        return key
    body = tree.css_first("body")
    classes = (body.attributes.get("class") or "").split() if body is not None else []
    numbers = (found[1] for name in classes if (found := _POST_CLASS.fullmatch(name)))
    number = next(numbers, None)
    return site_key_of(f"https://{_host(url)}/?p={number}") if number else None


def _image_in(tree: LexborHTMLParser, url: str) -> str | None:
    """
    Return the URL of the image that the page declares for sharing (Open Graph protocol, ogp.me).
    """
    named = _attribute(tree, "meta[property='og:image'], meta[name='og:image']", "content")
    return web_address(named, base=url)


def _attribute(tree: LexborHTMLParser, selector: str, name: str) -> str | None:
    node = tree.css_first(selector)
    return node.attributes.get(name) if node is not None else None


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")

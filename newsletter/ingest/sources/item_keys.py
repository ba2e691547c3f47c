"""
Compute the keys that identify an item: its key, the fallback key that survives a move to https, and
the site key that every endpoint of a site shares; and clean the title and link they are made from.
Feeds, pages, `ghost` and `wordpress` use them.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl, urljoin, urlsplit

from newsletter.ingest.parsing import html_tree
from newsletter.model.brief import RawItem
from newsletter.model.link_key import canonical_link

_WEB_ADDRESS = re.compile(r"https?://[^/?#]*/?(?P<rest>.*)", re.IGNORECASE | re.DOTALL)

_NUMBERED = re.compile(
    r"https?://(?:www\.)?(?P<host>[\w.-]+)(?::[0-9]*)?(?P<path>(?:/[^/?#\s]+(?=/))*)/?\?"
    r"(?P<query>[^#]+)",
    re.IGNORECASE,
)
_POST_NUMBER = re.compile(r"[1-9][0-9]{0,18}")


def key_of(
    identifier: str | None, url: str | None, *, title: str | None, date: dt.datetime | None
) -> str | None:
    """
    Return the item's own identifier, else its canonical link, else its title and date; None if it
    has none of them.
    """
    if identifier and identifier.strip():
        return identifier.strip()
    if url:
        return canonical_link(url)
    if title:
        return f"{title} | {date.isoformat()}" if date else title
    return None


def fallback_key_of(key: str) -> str | None:
    """
    Return a key that is a URL without its scheme and host, because WordPress guids change between
    http and https (FreshRSS #5151, Feedbin #431). None for other keys and for a bare home page.
    """
    match = _WEB_ADDRESS.fullmatch(key)
    return f"/{match['rest']}" if match and match["rest"] else None


def site_key_of(address: str) -> str | None:
    """
    Return the site and post number of a WordPress guid or short link, as `example.org?p=310`,
    including the folder if the site is in one. None for any other address.

    Pages (`page_id`) and posts share one sequence of numbers. A comment's link ends in a fragment,
    and any other query parameter means other software, where `p` may be a page number.
    """
    # The API escapes its guids as HTML.
    match = _NUMBERED.fullmatch(address.replace("&#038;", "&"))
    if match is None:
        return None
    fields = dict(parse_qsl(match["query"]))
    number = fields.pop("p", None) or fields.pop("page_id", None)
    fields.pop("post_type", None)
    if fields or number is None or not _POST_NUMBER.fullmatch(number):
        return None
    return f"{match['host'].lower()}{match['path']}?p={number}"


def without_shared_ids(items: Iterable[RawItem]) -> list[RawItem]:
    """
    Return *items* with an id that several of them share replaced by their links, if the links and
    the titles differ: generators write the same guid, or that of the home page, into all items, and
    items written by hand link to parts of one page.
    """
    all_items = list(items)
    groups: dict[str, list[RawItem]] = {}
    for item in all_items:
        groups.setdefault(item.key, []).append(item)
    links = {key: _distinct_links(group) for key, group in groups.items()}
    return [_keyed_by_link(item, links[item.key]) for item in all_items]


def _distinct_links(items: Sequence[RawItem]) -> dict[str, str]:
    """
    Return the key that each link of *items*, which share an id, is to have; nothing if they are the
    same item.
    """
    urls = {item.url: canonical_link(item.url) for item in items if item.url}
    if len(urls) < 2 or len({item.title or item.content for item in items}) < 2:
        return {}
    # Links that differ only in their fragments keep them.
    return urls if len(set(urls.values())) > 1 else {url: url for url in urls}


def _keyed_by_link(item: RawItem, links: Mapping[str, str]) -> RawItem:
    key = links.get(item.url or "")
    if key is None:
        return item
    return dataclasses.replace(
        item, key=key, fallback_key=fallback_key_of(key), site_key=site_key_of(key)
    )


def each_once(items: Iterable[RawItem]) -> tuple[RawItem, ...]:
    """
    Return *items* without duplicate keys; the first of each is kept.

    In a feed that combines several sites, two hosts may both have a `/?p=12`, so a fallback key
    that several items share is removed from them.
    """
    firsts: dict[str, RawItem] = {}
    for item in items:
        firsts.setdefault(item.key, item)
    shared = collections.Counter(item.fallback_key for item in firsts.values())
    return tuple(
        dataclasses.replace(item, fallback_key=None) if shared[item.fallback_key] > 1 else item
        for item in firsts.values()
    )


def one_line(text: str | None) -> str | None:
    """
    Return *text* with line breaks replaced by spaces, since a title with one would break a mail
    header; None if nothing is left.
    """
    lines = (line.strip() for line in (text or "").splitlines())
    return " ".join(line for line in lines if line) or None


def category_names(texts: Iterable[str | None]) -> tuple[str, ...]:
    """
    Return the names of categories as plain text, each once. Sites escape them up to twice, and some
    feeds list the addresses of categories among them.
    """
    names = (_plain(text) for text in texts if text)
    return tuple(dict.fromkeys(n for n in names if n and not _WEB_ADDRESS.match(n)))


# The items of a feed share most of their categories.
_plain = functools.lru_cache(maxsize=1024)(html_tree.plain)


def web_address(address: str | None, *, base: str) -> str | None:
    """
    Resolve *address* against *base*. Return None unless the result is an http or https URL.
    """
    if not address or not address.strip():
        return None
    try:
        whole = urljoin(base, address.strip())
        parts = urlsplit(whole)
    except ValueError:
        return None
    return whole if parts.scheme in ("http", "https") and parts.netloc else None

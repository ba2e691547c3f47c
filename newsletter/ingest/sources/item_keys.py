"""
The keys by which a source's item is recognised: its key, the fallback key that survives a move to
https, the site key that every endpoint of a site shares, and the title and link they are made from.
Feeds, pages, `ghost` and `wordpress` use them.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from newsletter.model.brief import RawItem

_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id", re.IGNORECASE)
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
    The item's own identifier, else its canonical link, else its title and date. None when it
    has none of them.
    """
    if identifier and identifier.strip():
        return identifier.strip()
    if url:
        return canonical_link(url)
    if title:
        return f"{title} | {date.isoformat()}" if date else title
    return None


def canonical_link(url: str) -> str:
    """
    *url* without fragment and tracking parameters; untouched when it has none.
    """
    parts = urlsplit(url)
    fields = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in fields if not _TRACKING.fullmatch(name)]
    query = parts.query if kept == fields else urlencode(kept)
    return parts._replace(query=query, fragment="").geturl()


def fallback_key_of(key: str) -> str | None:
    """
    A key that is a web address, without scheme and host: WordPress guids flip between http and
    https (FreshRSS #5151, Feedbin #431). A bare home page names nothing and gives None.
    """
    match = _WEB_ADDRESS.fullmatch(key)
    return f"/{match['rest']}" if match and match["rest"] else None


def site_key_of(address: str) -> str | None:
    """
    The site and the number of the post in a WordPress guid or short link: `example.org?p=310`,
    with the folder of a site that lies in one. None for any other address.

    Pages (`page_id`) are numbered in the same row as posts. A comment's link ends in a fragment,
    and any other field in the query means other software, where `p` may count pages.
    """
    # The API writes its guids as HTML.
    match = _NUMBERED.fullmatch(address.replace("&#038;", "&"))
    if match is None:
        return None
    fields = dict(parse_qsl(match["query"]))
    number = fields.pop("p", None) or fields.pop("page_id", None)
    fields.pop("post_type", None)
    if fields or number is None or not _POST_NUMBER.fullmatch(number):
        return None
    return f"{match['host'].lower()}{match['path']}?p={number}"


def each_once(items: Iterable[RawItem]) -> tuple[RawItem, ...]:
    """
    *items* without the repeated keys, the first kept.

    In a feed that gathers many sites, two hosts may both have a `/?p=12`: a fallback key that
    does not tell the items of one document apart is taken off.
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
    *text* with its line breaks made spaces: a title with one would break a mail header.
    """
    lines = (line.strip() for line in (text or "").splitlines())
    return " ".join(line for line in lines if line) or None


def web_address(address: str | None, *, base: str) -> str | None:
    """
    *address* as a whole http or https address, None when it cannot be one.
    """
    if not address or not address.strip():
        return None
    try:
        whole = urljoin(base, address.strip())
        parts = urlsplit(whole)
    except ValueError:
        return None
    return whole if parts.scheme in ("http", "https") and parts.netloc else None

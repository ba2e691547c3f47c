"""
Make the addresses found in briefs absolute, or refuse those that a mail must not link to or show.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import quote, unquote, urljoin, urlsplit

from newsletter.model.image import CID_PREFIX

_LINKS = frozenset({"http", "https", "mailto", "tel"})
_WEB = frozenset({"http", "https"})
_LONGEST = 4000
# URL standard, "forbidden domain code point", and quotes and brackets.
_NOT_IN_HOST = re.compile(r"[\s\x00-\x20\x7f\"#%'/<>?@\[\\\]^`{|}]")
# Spaces of every kind, controls and marks that nobody sees, lone surrogates, quotes and brackets.
_UNSAFE = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
    r"|[\"'<>\\^`{|}]|%(?![0-9A-Fa-f]{2})"
)


def absolute(address: str | None, base: str | None, *, is_link: bool = False) -> str | None:
    """
    Resolve *address* against *base*. Return None if a mail must not contain the result: a relative
    address without a base, `data:`, `javascript:`, an anchor in the page. Links may also be
    `mailto:` or `tel:`.
    """
    address = re.sub(r"[\t\r\n]", "", address or "").strip()
    if not address or address.startswith("#") or len(address) > _LONGEST:
        return None
    if address.startswith("//"):
        address = f"https:{address}"
    try:
        joined = urljoin(base or "", address)
        parts = urlsplit(joined)
        _ = parts.port  # It is checked only when it is read.
    except ValueError:
        return None
    if parts.scheme in _WEB and parts.hostname and not _NOT_IN_HOST.search(parts.hostname):
        return _encoded(joined)
    return _encoded(joined) if is_link and parts.scheme in _LINKS - _WEB else None


def of_image(address: str | None, base: str | None, came: Collection[str]) -> str | None:
    """
    Return *address* as `cid:NAME` if the image *came* with the item under that name, else absolute.
    """
    said = unquote(re.sub(r"[\t\r\n]", "", address or "").strip())
    bare = said[len(CID_PREFIX) :] if said[: len(CID_PREFIX)].lower() == CID_PREFIX else said
    for name in (bare, bare.partition("?")[0]):
        if name and name in came:
            return CID_PREFIX + quote(name, safe="/@")
    return absolute(address, base)


def host(address: str) -> str:
    """
    Return the host of an absolute *address*, without `www.`.
    """
    return (urlsplit(address).hostname or "").removeprefix("www.")


def same_place(first: str, other: str) -> bool:
    """
    Return True if two absolute addresses are the same page, ignoring the scheme, the case of the
    host and a final slash.
    """
    return _place(first) == _place(other)


def _place(address: str) -> tuple[str, str, str]:
    parts = urlsplit(address)
    return (host(address), parts.path.rstrip("/"), parts.query)


def _encoded(address: str) -> str:
    # A space or quote ends an address in some mail programs, and %% opens a merge field; the rest
    # is left as written.
    return _UNSAFE.sub(lambda found: quote(found[0], safe="", errors="ignore"), address)

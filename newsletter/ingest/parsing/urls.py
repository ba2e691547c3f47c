"""
Addresses found in briefs made absolute, or refused: only what a mail may link to or show.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import quote, unquote, urljoin, urlsplit

from newsletter.model.image import CID_PREFIX

_LINKS = frozenset({"http", "https", "mailto", "tel"})
_WEB = frozenset({"http", "https"})
_LONGEST = 4000


def absolute(address: str | None, base: str | None, *, is_link: bool = False) -> str | None:
    """
    *address* resolved against *base*; None when that gives nothing a mail may hold: no base for
    a relative one, `data:`, `javascript:`, in-page anchors. A link may be `mailto:` or `tel:`.
    """
    address = re.sub(r"[\t\r\n]", "", address or "").strip()
    if not address or address.startswith("#") or len(address) > _LONGEST:
        return None
    if address.startswith("//"):
        address = f"https:{address}"
    try:
        joined = urljoin(base or "", address)
        parts = urlsplit(joined)
    except ValueError:
        return None
    if parts.scheme in _WEB and parts.hostname:
        return _encoded(joined)
    return _encoded(joined) if is_link and parts.scheme in _LINKS - _WEB else None


def of_image(address: str | None, base: str | None, came: Collection[str]) -> str | None:
    """
    *address* as `cid:NAME` when its picture *came* with the item under that name, else absolute.
    """
    said = unquote(re.sub(r"[\t\r\n]", "", address or "").strip())
    bare = said[len(CID_PREFIX) :] if said[: len(CID_PREFIX)].lower() == CID_PREFIX else said
    for name in (bare, bare.partition("?")[0]):
        if name and name in came:
            return CID_PREFIX + quote(name, safe="/@")
    return absolute(address, base)


def host(address: str) -> str:
    """
    The host of an absolute *address*, without `www.`.
    """
    return (urlsplit(address).hostname or "").removeprefix("www.")


def same_place(first: str, other: str) -> bool:
    """
    Whether two absolute addresses name one page, whatever scheme, case of the host, final slash.
    """
    return _place(first) == _place(other)


def _place(address: str) -> tuple[str, str, str]:
    parts = urlsplit(address)
    return (host(address), parts.path.rstrip("/"), parts.query)


def _encoded(address: str) -> str:
    # A space or quote in an address ends it in some mail apps; the rest is left as written.
    return re.sub(r"[ \"'<>\\^`{|}]", lambda found: f"%{ord(found[0]):02X}", address)

"""
Clean the link of an item, and compute the key by which two links are the same: a brief with a new
id but the same link is the same brief.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|mc_[ce]id", re.IGNORECASE)


def canonical_link(url: str) -> str:
    """
    Return *url* without its fragment and tracking parameters; a URL without either is unchanged.
    """
    parts = urlsplit(url)
    fields = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in fields if not _TRACKING.fullmatch(name)]
    query = parts.query if kept == fields else urlencode(kept)
    return parts._replace(query=query, fragment="").geturl()


def link_key(url: str | None) -> str | None:
    """
    Return the canonical *url* without scheme, `www.` and closing slash. None for a bare home page,
    which any brief may name, and for what is not a web address.
    """
    if not url:
        return None
    try:
        parts = urlsplit(canonical_link(url))
        host = (parts.netloc or "").casefold().removeprefix("www.")
    except ValueError:
        return None
    path = parts.path.rstrip("/")
    if parts.scheme.casefold() not in ("http", "https") or not host or not (path or parts.query):
        return None
    return f"{host}{path}?{parts.query}" if parts.query else f"{host}{path}"

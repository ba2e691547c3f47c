"""
Find the address that a link leads to behind those of Google Docs and Outlook.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborNode

# The parameter with the address, by the end of the host and the path.
_WRAPPERS = {
    ("www.google.com", "/url"): ("q", "url"),
    (".safelinks.protection.outlook.com", "/"): ("url",),
}


def unwrap_links(body: LexborNode) -> None:
    """
    Let each link of *body* lead to its page without a detour.
    """
    for anchor in body.css("a[href]"):
        anchor.attrs["href"] = _unwrapped(anchor.attributes.get("href") or "")


def _unwrapped(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    for (host, path), names in _WRAPPERS.items():
        if parts.netloc.lower().endswith(host) and (parts.path or "/") == path:
            values = parse_qs(parts.query)
            found = next((values[name][0] for name in names if name in values), "")
            return found if found.startswith(("https://", "http://")) else address
    return address

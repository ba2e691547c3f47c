"""
The style of pages: one style sheet, and for each brand on a page a few rules that set its colours.
The content security policy allows exactly these two blocks, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
import re
import urllib.parse
from collections.abc import Sequence

from newsletter.model.brand import DARK, LIGHT, SANS, SERIF, Brand, Palette

BASE_POLICY = "base-uri 'none'"
NO_FRAMES = f"frame-ancestors 'none'; {BASE_POLICY}"
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_FONTS = re.compile(r"[\w ,'-]{1,300}")


def brand_style(brands: Sequence[Brand]) -> str:
    """
    Return the rules of the classes `brand-0`, `brand-1`, …, one for each of *brands*.
    """
    light = "\n".join(
        f".brand-{at} {{ {_colours(brand.light, LIGHT)} --sans: {_fonts(brand.sans, SANS)}; "
        f"--serif: {_fonts(brand.serif, SERIF)}; }}"
        for at, brand in enumerate(brands)
    )
    dark = "\n".join(
        f".brand-{at} {{ {_colours(brand.dark, DARK)} }}" for at, brand in enumerate(brands)
    )
    return f"\n{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def page_policy(styles: Sequence[str], brands: Sequence[Brand], *, lands_on: str = "") -> str:
    """
    Return the content security policy of a page with the blocks *styles* and the logos of *brands*,
    whose form may lead to a page at the address *lands_on*.
    """
    hashes = " ".join(f"'sha256-{_digest(style)}'" for style in styles)
    images = " ".join(sorted({source for brand in brands for source in _images(brand)}))
    allowed = f" img-src {images};" if images else ""
    sent_to = f"'self' {origin_of(lands_on)}".rstrip()
    return f"default-src 'none'; style-src {hashes};{allowed} form-action {sent_to}; {NO_FRAMES}"


def origin_of(url: str) -> str:
    """
    Return scheme, host and port of a *url*; empty if there is none.
    """
    return "/".join(url.split("#")[0].split("?")[0].split("/")[:3])


def _colours(palette: Palette, standard: Palette) -> str:
    """
    Return the colours of *palette*; one that is not a colour is replaced by the standard one.
    """
    names = ("accent", "masthead", "button", "link")
    found = {name: getattr(palette, name) for name in names}
    found = {n: c if _COLOUR.fullmatch(c) else getattr(standard, n) for n, c in found.items()}
    return " ".join(f"--{name}: {colour};" for name, colour in found.items())


def _fonts(names: str, standard: str) -> str:
    return names if _FONTS.fullmatch(names) else standard


def _digest(style: str) -> str:
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def _images(brand: Brand) -> list[str]:
    """
    Return where the logos of *brand* are, as a policy can name it: without query, and with the
    characters escaped that would end it.
    """
    logo = brand.logo
    urls = [url for url in (logo.url, logo.dark_url) if url] if logo else []
    bare = [urllib.parse.urlsplit(url)._replace(query="", fragment="").geturl() for url in urls]
    return [url.replace(";", "%3B").replace(",", "%2C").replace(" ", "%20") for url in bare]

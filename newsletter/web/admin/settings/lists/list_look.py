"""
The look of a list: what was typed of it, and whether its colours can be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from newsletter.settings.brand import SEEN_WITH, BrandSettings
from newsletter.settings.contrast import MIN_CONTRAST, least_contrast, nearest_readable
from newsletter.web.admin.settings.lists.list_fields import BRAND, COLOURS

_COLOUR = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, kw_only=True)
class ReadColour:
    """
    A colour of emails with its lowest contrast to what it is seen with, and the nearest colour that
    can be read.
    """

    name: str
    colour: str
    contrast: float
    nearest: str

    @property
    def is_readable(self) -> bool:
        return self.contrast >= MIN_CONTRAST


def is_colour(text: str) -> bool:
    """
    Return True if *text* is a colour as `#rrggbb`.
    """
    return _COLOUR.fullmatch(text) is not None


def read_colour(name: str, colour: str) -> ReadColour:
    """
    Return how well a colour can be read in the place *name* of emails.
    """
    others = SEEN_WITH[name]
    found, _ = least_contrast(colour, others)
    nearest = nearest_readable(colour, others)
    return ReadColour(name=name, colour=colour, contrast=found, nearest=nearest)


def colours_of(fields: Mapping[str, str]) -> list[ReadColour]:
    """
    Return the four light colours of a form that are colours.
    """
    found = {name: fields.get(name, "").strip().lower() for name in COLOURS}
    return [read_colour(name, colour) for name, colour in found.items() if is_colour(colour)]


def own_brand(fields: Mapping[str, str], site: BrandSettings) -> dict[str, Any]:
    """
    Return the keys of `[brand]` that a form sets; a colour that is the site's is not the list's
    own.
    """
    given = {name: own_value(fields, name, site) for name in BRAND}
    links: dict[str, Any] = {"social": links_in(fields.get("social", ""))}
    return {name: value for name, value in (given | links).items() if value}


def own_value(fields: Mapping[str, str], name: str, site: BrandSettings) -> str:
    """
    Return what a form sets for a key of `[brand]`; empty for the site's.
    """
    value = fields.get(name, "").strip()
    if name in SEEN_WITH:
        value = value.lower()
    is_sites = name in COLOURS and value == getattr(site, name)
    return "" if is_sites else value


def links_in(text: str) -> dict[str, str]:
    """
    Return the links in *text*, one in each line: a name and a URL.
    """
    lines = (line.strip().rpartition(" ") for line in text.splitlines() if line.strip())
    return {(name.strip() or url): url for name, _, url in lines}

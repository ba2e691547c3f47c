"""
Find CSS that a style attribute must not contain, by the data of caniemail.com (MIT): a small table
of our own choice, `css_support.json`, with the date of the data. `make css-support` updates it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from subscribers.text.phrases import phrase

FILE = Path(__file__).with_name("css_support.json")
# The programs most readers use, each with its family and platform in caniemail's data.
PROGRAMS = {
    "Gmail": ("gmail", "desktop-webmail"),
    "Gmail on Android": ("gmail", "android"),
    "Outlook on Windows": ("outlook", "windows"),
    "Outlook.com": ("outlook", "outlook-com"),
    "Apple Mail": ("apple-mail", "ios"),
    "Yahoo": ("yahoo", "desktop-webmail"),
    "Samsung Email": ("samsung-email", "android"),
    "Thunderbird": ("thunderbird", "macos"),
}
_LOGICAL = phrase("write left and right, mirrored for right-to-left text")
# Features we refuse: patterns of the property and the value, and what to write instead.
CHOSEN: Mapping[str, tuple[str, str, str]] = {
    "css-display-flex": ("display", r"(?:inline-)?flex", phrase("use a table")),
    "css-display-grid": ("display", r"(?:inline-)?grid", phrase("use a table")),
    "css-position": (
        "position",
        r"absolute|fixed|relative|sticky",
        phrase("use tables and padding"),
    ),
    "css-unit-rem": (r".*", r".*\drem\b.*", phrase("write px")),
    "css-unit-vw": (r".*", r".*\dv[wh]\b.*", phrase("write px or %")),
    "css-variables": (r"--.*|.*", r".*var\(.*", phrase("write the value itself")),
    "css-function-min": (r".*", r"(?:.*\W)?min\(.*", phrase("write one width, and max-width")),
    "css-function-max": (r".*", r"(?:.*\W)?max\(.*", phrase("write one width")),
    "css-function-clamp": (r".*", r".*clamp\(.*", phrase("write one size")),
    "css-unit-calc": (r".*", r".*calc\(.*", phrase("write the result")),
    "css-modern-color": (
        r".*",
        r".*(?:(?:rgb|hsl)a?\((?=[^,()\s/]*[\s/])[^,()]*\)|(?:ok)?l(?:ab|ch)\(|color\(|hwb\().*",
        phrase("write #rrggbb"),
    ),
    "css-margin-inline-block": (r"margin-(?:inline|block)(?:-.*)?", r".*", _LOGICAL),
    "css-padding-inline-block": (r"padding-(?:inline|block)(?:-.*)?", r".*", _LOGICAL),
    "css-border-inline-block": (r"border-(?:inline|block)(?:-.*)?", r".*", _LOGICAL),
    "css-inline-size": (
        r"(?:max-|min-)?(?:inline|block)-size",
        r".*",
        phrase("write width and height"),
    ),
    "css-inset": (r"inset(?:-.*)?", r".*", phrase("use padding")),
    "css-gap": (r"(?:row-|column-)?gap", r".*", phrase("pad the cells")),
    "css-aspect-ratio": ("aspect-ratio", r".*", phrase("write width and height")),
    "css-object-fit": ("object-fit", r".*", phrase("crop the image file")),
    "css-clip-path": ("clip-path", r".*", phrase("leave it out")),
    "css-transform": ("transform", r".*", phrase("leave it out")),
    "css-animation": (r"animation(?:-.*)?", r".*", phrase("leave it out")),
    "css-filter": ("filter", r".*", phrase("leave it out")),
    "css-mix-blend-mode": ("mix-blend-mode", r".*", phrase("leave it out")),
    "css-function-light-dark": (r".*", r".*light-dark\(.*", phrase("write the light colour")),
    "css-text-wrap": ("text-wrap", r".*", phrase("leave it out")),
}


@dataclass(frozen=True, kw_only=True)
class Feature:
    """
    One refused feature: its title, the programs without support for it, and what to write instead.
    """

    slug: str
    title: str
    without: tuple[str, ...]
    instead: str


@dataclass(frozen=True)
class Table:
    """
    The features as caniemail listed them on a date.
    """

    date: str
    features: tuple[Feature, ...]

    def refused(self, name: str, value: str) -> Iterator[Feature]:
        """
        Yield the refused features that a declaration uses.
        """
        for feature, names, values in self._patterns:
            if names.fullmatch(name) and values.fullmatch(value):
                yield feature

    @cached_property
    def _patterns(self) -> list[tuple[Feature, re.Pattern[str], re.Pattern[str]]]:
        return [
            (
                feature,
                re.compile(CHOSEN[feature.slug][0]),
                re.compile(CHOSEN[feature.slug][1], re.IGNORECASE | re.DOTALL),
            )
            for feature in self.features
        ]


def build_table(data: Mapping[str, Any]) -> dict[str, Any]:
    """
    Extract our table from the whole `caniemail.json`.

    A feature that now works everywhere is left out, and therefore allowed.
    """
    known = {feature["slug"]: feature for feature in data["data"]}
    rows = {}
    for slug in CHOSEN:
        without = [name for name, place in PROGRAMS.items() if not _works(known[slug], place)]
        if without:
            rows[slug] = {"title": known[slug]["title"].strip(), "without": without}
    return {"date": data["last_update_date"][:10], "features": rows}


def _works(feature: Mapping[str, Any], place: tuple[str, str]) -> bool:
    """
    Return whether the newest tested version of a program supports the feature, at least in part.
    """
    family, platform = place
    tested = feature["stats"].get(family, {}).get(platform, {"": "y"})
    return str(list(tested.values())[-1])[:1] in ("y", "a", "u")


def _read() -> Table:
    table = json.loads(FILE.read_text("utf-8"))
    features = tuple(
        Feature(
            slug=slug,
            title=row["title"],
            without=tuple(row["without"]),
            instead=CHOSEN[slug][2],
        )
        for slug, row in table["features"].items()
        if slug in CHOSEN
    )
    return Table(date=table["date"], features=features)


def write(source: Path) -> None:
    """
    Write `css_support.json` from the data in *source*.
    """
    table = build_table(json.loads(source.read_text("utf-8")))
    FILE.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


TABLE = _read()

if __name__ == "__main__":
    write(Path(sys.argv[1]))

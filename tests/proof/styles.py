"""
Compare computed styles in Chromium, every property of every element, before and after the styles of
a template are inlined. css-inline, another inliner, is the oracle: where it differs from the
template too, the fault is the template's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import css_inline
from playwright.sync_api import Page
from proof.chromium import chromium, closed_page, missing
from proof.samples import Sample
from proof.verdict import Tool, Verdict, count_of

_KEPT = re.compile(r'<style\b[^>]*data-premailer="ignore".*?</style>', re.DOTALL)
VIEWS: tuple[tuple[int, Any], ...] = ((700, "light"), (375, "light"), (700, "dark"))
# An element as its tag, its class and the value of each property.
_STYLES = """() => [document.documentElement, document.body,
  ...document.body.querySelectorAll("*")].map(each => {
    const style = getComputedStyle(each);
    const values = Array.from(style, name => name + ": " + style.getPropertyValue(name));
    return each.tagName.toLowerCase() + "." + each.className + "\\n" + values.join("\\n");
  })"""


def style_differences(page: Page, before: str, after: str) -> list[str]:
    """
    Return each property of an element that *after* shows differently from *before*, for each of
    `VIEWS`.
    """
    return _between(_looks(page, before), _looks(page, after))


def _looks(page: Page, html: str) -> list[list[str]]:
    """
    Return the elements of *html* with their computed styles, once for each of `VIEWS`.
    """
    page.set_content(html)
    found = []
    for width, scheme in VIEWS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        found.append(page.evaluate(_STYLES))
    return found


def _between(before: list[list[str]], after: list[list[str]]) -> list[str]:
    found = []
    for (width, scheme), old, new in zip(VIEWS, before, after, strict=True):
        if len(old) != len(new):
            found.append(f"{len(old)} elements became {len(new)}")
        for one, other in zip(old, new, strict=False):
            found += [f"{width} {scheme} {each}" for each in _differing(one, other)]
    return found


def _differing(one: str, other: str) -> list[str]:
    if one == other:
        return []
    tag, *old = one.split("\n")
    _, *new = other.split("\n")
    pairs = zip(old, new, strict=False)
    return [f"<{tag}> {was} became {now}" for was, now in pairs if was != now]


def inlined_by_the_oracle(raw: str) -> str:
    """
    Inline *raw* with css-inline. It cannot leave a block untouched, so such blocks are taken out
    for it.
    """
    kept = _KEPT.findall(raw)
    inlined = css_inline.inline(_KEPT.sub("<!--kept-->", raw))
    for block in kept:
        inlined = inlined.replace("<!--kept-->", block, 1)
    return inlined


def look(samples: Sequence[Sample], folder: Path) -> Iterator[Verdict]:
    """
    Return what inlining changed in each of *samples*.
    """
    with chromium() as browser, closed_page(browser) as page:
        for sample in samples:
            raw = _looks(page, sample.raw)
            ours = _between(raw, _looks(page, sample.inlined))
            oracles = _between(raw, _looks(page, inlined_by_the_oracle(sample.raw)))
            yield Verdict(sample, {"styles": count_of(ours), "css-inline": count_of(oracles)})


TOOL = Tool("computed styles", ("styles", "css-inline"), missing, look)

"""
Every page that readers see, in a real browser: in three languages and with very long names, narrow
and wide, light and dark. Set NEWSLETTER_GALLERY to a folder to get screenshots to look at.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from page_samples import SITE, PageSample, page_samples
from playwright.sync_api import Browser, Page
from proof.chromium import axe_faults, closed_page, missing, turned_texts

from newsletter.web.page.templates import PageTemplates
from newsletter.web.public.page_values import Masthead

GALLERY = os.environ.get("NEWSLETTER_GALLERY")
WIDTHS = (320, 390, 1024)
CASES = {"en": "en", "de": "de", "ar": "ar", "long": "de"}
# What is smaller than 44 pixels although it is pressed (WCAG 2.2, 2.5.5); links in a sentence and
# the boxes inside a label, which is pressed in their place, are exempt.
SMALL = """() => [...document.querySelectorAll("button, a.button, select, input, label, footer a")]
  .filter(each => !each.closest(".trap") && each.type !== "hidden" && !each.closest("p"))
  .filter(each => !(each.matches("label") ? each.matches(".field > label") : each.closest("label")))
  .filter(each => each.getBoundingClientRect().height < 44)
  .map(each => each.outerHTML.slice(0, 120))"""
OVER = "document.scrollingElement.scrollWidth - innerWidth"

pytestmark = [
    pytest.mark.ci,
    pytest.mark.skipif(missing() is not None, reason=f"no Chromium or axe: {missing()}"),
]


def html_of(sample: PageSample, language: str) -> str:
    card = sample.card
    response = PageTemplates(SITE).page(
        sample.template,
        language=language,
        brand=card.brand if card else None,
        masthead=Masthead(name=card.name, line=SITE.name, language=card.language) if card else None,
        languages=("en", "de", "ar"),
        page=sample.page,
    )
    return bytes(response.body).decode()


@pytest.mark.parametrize("case", CASES)
def test_everybody_can_read_and_use_every_page(browser: Browser, case: str) -> None:
    faults: list[tuple[Any, ...]] = []
    with closed_page(browser) as page:
        for sample in page_samples(CASES[case], is_long=case == "long"):
            html = html_of(sample, CASES[case])
            for scheme in ("light", "dark"):
                faults += [(sample.name, scheme, one) for one in axe_faults(page, html, scheme)]
                faults += [(sample.name, scheme, *one) for one in narrow_faults(page)]
                if GALLERY:
                    picture(page, Path(GALLERY) / f"{case}-{sample.name}-{scheme}")
            faults += [(sample.name, one) for one in turned_texts(page, html)]
    assert faults == []


def narrow_faults(page: Page) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate(OVER)
        found += [(width, "too wide by", over)] if over > 0 else []
        found += [(width, "small", one) for one in page.evaluate(SMALL)]
    return found


def picture(page: Page, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=f"{path}-{width}.png", full_page=True)

"""
The small version of `make proof`: what holds of every shipped template in Chromium, and that a
fault would be found.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from proof.cases import CASES, Case
from proof.chromium import axe_faults, closed_page, missing, overflows, turned_texts, without_styles
from proof.samples import Sample, issue_samples, notice_samples
from proof.styles import inlined_by_the_oracle, style_differences
from template_samples import ISSUE_TEMPLATES

from newsletter.issues.notices import NOTICES

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "templates"
SOME = {name: CASES[name] for name in ("digest", "rtl")}
TEMPLATES = (*ISSUE_TEMPLATES, "mjml-digest", *NOTICES)

pytestmark = [
    pytest.mark.ci,
    pytest.mark.skipif(missing() is not None, reason=f"no Chromium or axe: {missing()}"),
]


def samples_of(template: str) -> list[Sample]:
    if template in NOTICES:
        return [*notice_samples([template])]
    return [*issue_samples([template], folders=[EXAMPLES], cases=SOME)]


@pytest.mark.parametrize("template", TEMPLATES)
def test_everybody_can_read_a_template_in_any_window(browser: Browser, template: str) -> None:
    with closed_page(browser) as page:
        for sample in samples_of(template):
            html = sample.html
            assert axe_faults(page, html, "light") == []
            assert axe_faults(page, html, "dark") == []
            assert turned_texts(page, html) == []
            assert overflows(page, html) == []
            assert overflows(page, without_styles(html)) == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_looks_the_same_with_its_styles_inlined(browser: Browser, template: str) -> None:
    sample = samples_of(template)[-1]
    with closed_page(browser) as page:
        assert style_differences(page, sample.raw, sample.inlined) == []
        assert style_differences(page, sample.raw, inlined_by_the_oracle(sample.raw)) == []


def test_a_brief_from_outside_keeps_these_rules_too(browser: Browser, shared: Path) -> None:
    (seed,) = (shared / "samples/seed").glob("*.txt")
    (sample,) = issue_samples(["intelbrief"], cases={}, seed=seed)
    with closed_page(browser) as page:
        faults = [axe_faults(page, sample.html, scheme) for scheme in ("light", "dark")]
        assert faults == [[], []]
        assert overflows(page, sample.html) == overflows(page, without_styles(sample.html)) == []
        assert style_differences(page, sample.raw, sample.inlined) == []


def test_an_excerpt_stands_apart_from_the_takeaways_above_it(browser: Browser) -> None:
    (sample,) = issue_samples(["intelbrief"], cases={"excerpt": Case(["excerpt"])})
    with closed_page(browser) as page:
        page.set_content(sample.html)
        box, text = (page.locator(name).bounding_box() for name in (".box", ".summary-text"))
    assert box is not None
    assert text is not None
    assert text["y"] - box["y"] - box["height"] >= 16


@pytest.fixture
def page(browser: Browser) -> Any:
    with closed_page(browser) as page:
        yield page


def test_faint_text_in_one_scheme_would_be_found(page: Any) -> None:
    html = (
        "<!DOCTYPE html><html lang='en'><title>t</title><style>@media (prefers-color-scheme:dark) "
        "{p {color:#444444; background:#333333}}</style><h1>One</h1><p>Two</p></html>"
    )
    assert axe_faults(page, html, "light") == []
    assert axe_faults(page, html, "dark") == ["color-contrast: <p>Two</p>"]


def test_faint_words_of_a_blocked_picture_would_be_found(page: Any) -> None:
    html = (
        "<!DOCTYPE html><html lang='en'><title>t</title><h1>One</h1><p style='background:#202c39'>"
        "<a href='https://example.org'><img src='https://example.org/a.jpg' alt='Dusk'></a></p>"
    )
    assert axe_faults(page, html, "light") == ["words of a picture at 1.5: Dusk"]
    assert axe_faults(page, html.replace("<a ", "<a style='color:#e6ebf1' "), "light") == []


def test_text_that_reads_the_wrong_way_would_be_found(page: Any) -> None:
    html = "<!DOCTYPE html><html><p>5 مارس</p><p dir='rtl'>مارس</p><p>March مارس</p></html>"
    assert turned_texts(page, html) == ["reads from the left: 5 مارس"]


def test_a_wide_table_and_quirks_mode_would_be_found(page: Any) -> None:
    html = "<!DOCTYPE html><html><body style='margin:0'><p style='width:590px'>wide</p></html>"
    assert overflows(page, html) == [
        "310 px too wide at 280",
        "270 px too wide at 320",
        "215 px too wide at 375",
    ]
    assert overflows(page, "<p>no doctype</p>") == ["quirks mode"]


def test_a_style_that_is_lost_would_be_found(page: Any) -> None:
    raw = (
        "<!DOCTYPE html><html><head><style>.a {color:#112233}</style></head>"
        "<body><p class='a'>x</p></body></html>"
    )
    assert style_differences(page, raw, inlined_by_the_oracle(raw)) == []
    found = style_differences(page, raw, raw.replace(".a {", ".b {"))
    assert "700 light <p.a> color: rgb(17, 34, 51) became color: rgb(0, 0, 0)" in found

"""
Every template in a real browser: nothing is wider than the window, from a watch to a desk, with
the style blocks and in mail programs that drop them.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from issue_samples import NONCE
from mail_width import FAINT, overflow
from playwright.sync_api import Browser
from template_samples import ISSUE_TEMPLATES, WRITINGS, brief_in, issue_in

from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.render import RENDER_MODULES, fill_for_browser, render_mail
from newsletter.model.brief import Link

pytestmark = pytest.mark.ci

BODY = (
    f"<p>{'word' * 60} https://example.org/{'x' * 200}</p>"
    "<p><img src='https://img.example.org/wide.jpg' alt='wide' width='1200' height='100'></p>"
    f"<table><tr>{'<td>a long cell of words</td>' * 6}</tr></table><pre>{'x = 1; ' * 40}</pre>"
)
LONG: dict[str, Any] = {
    "title": f"{'Unbreakable' * 12} and some more words to make a headline long",
    "body_html": BODY,
    "series": "S" * 80,
    "caption": "c" * 120,
    "takeaways": ("t" * 120, "Short."),
    "cta": Link(
        "Read everything there is to read about the ferries and " + "a" * 60, "https://x.example"
    ),
}
CASES: dict[str, dict[str, Any]] = {"ltr": {}, "rtl": {}, "cjk": {}, "long": LONG}
WIDTHS = (280, 320, 375, 600, 700, 1280)


@pytest.fixture(scope="module")
def pages() -> dict[tuple[str, str], str]:
    """
    Each template and case, as a page.
    """
    found = {}
    with Sandbox(RENDER_MODULES) as sandbox:
        for template in ISSUE_TEMPLATES:
            for case, brief in CASES.items():
                content = issue_in(
                    case if case in WRITINGS else "ltr",
                    ["full", "takeaways", "excerpt", "line", "line"],
                    brief=brief,
                    subject=brief_in("ltr").title,
                )
                mail = render_mail(content, template, folders=(), sandbox=sandbox, nonce=NONCE)
                found[template, case] = fill_for_browser(mail)
    return found


@pytest.mark.parametrize("has_styles", [True, False], ids=["styles", "no styles"])
@pytest.mark.parametrize("case", [*CASES])
@pytest.mark.parametrize("template", ISSUE_TEMPLATES)
def test_no_template_is_wider_than_the_window(
    browser: Browser,
    pages: dict[tuple[str, str], str],
    template: str,
    case: str,
    has_styles: bool,
) -> None:
    html = pages[template, case]
    if not has_styles:
        html = re.sub(r"<style\b.*?</style>", "", html, flags=re.DOTALL)
    page = browser.new_page(viewport={"width": 700, "height": 900})
    page.route("**/*", lambda route: route.abort())
    page.set_content(html)
    assert page.evaluate("document.compatMode") == "CSS1Compat"
    assert {width: overflow(page, width) for width in WIDTHS} == dict.fromkeys(WIDTHS, 0)
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("template", ISSUE_TEMPLATES)
def test_every_letter_can_be_read_on_its_ground(
    browser: Browser, pages: dict[tuple[str, str], str], template: str, scheme: Any
) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 900}, color_scheme=scheme)
    page.route("**/*", lambda route: route.abort())
    page.set_content(pages[template, "ltr"])
    assert page.evaluate(FAINT) == []
    page.close()

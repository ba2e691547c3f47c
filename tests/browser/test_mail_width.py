"""
Every template in a real browser: nothing is wider than the window, from a watch to a desk, with
the style blocks and in mail programs that drop them.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from issue_samples import NONCE
from playwright.sync_api import Browser, Page
from template_samples import ISSUE_TEMPLATES, WRITINGS, brief_in, issue_in

from newsletter.model.brief import Link
from newsletter.render import RENDER_MODULES, fill_for_browser, render_issue
from newsletter.sandbox import Sandbox

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
                mail = render_issue(content, template, folders=(), sandbox=sandbox, nonce=NONCE)
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


def overflow(page: Page, width: int) -> int:
    """
    By how many pixels the page is wider than a window of *width*.
    """
    page.set_viewport_size({"width": width, "height": 900})
    wider: int = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
    return max(wider, 0)


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


# Each run of text whose contrast to the nearest ground below it is under 4.5 (WCAG 2, 1.4.3).
FAINT = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = numbers(colour).slice(0, 3).map(part => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = node => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      const parts = numbers(colour);
      if (parts.length < 4 || parts[3] === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node.getClientRects().length || node.matches("style")) continue;
    const pair = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (contrast < 4.5) faint.push([text.data.trim().slice(0, 40), contrast]);
  }
  return faint;
}"""

"""
The MJML template of `examples/` in a real browser: nothing is wider than the window.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from issue_samples import NONCE, make_content
from playwright.sync_api import Browser

from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.render import RENDER_MODULES, fill_for_browser, render_mail

pytestmark = pytest.mark.ci

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "templates"

BODY = (
    f"<p>{'word' * 60} https://example.org/{'x' * 200}</p>"
    "<p><img src='https://img.example.org/wide.jpg' alt='wide' width='1200' height='100'></p>"
    f"<table><tr>{'<td>a long cell of words</td>' * 6}</tr></table><pre>{'x = 1; ' * 40}</pre>"
)


@pytest.fixture(scope="module")
def page_in_mjml() -> str:
    content = make_content("full", "full", "line", brief={"body_html": BODY})
    with Sandbox(RENDER_MODULES) as sandbox:
        mail = render_mail(
            content, "mjml-digest", folders=(EXAMPLES,), sandbox=sandbox, nonce=NONCE
        )
    return fill_for_browser(mail)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 700])
def test_the_mjml_template_is_not_wider_than_the_window(
    browser: Browser, page_in_mjml: str, width: int, scheme: str
) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.route("**/*", lambda route: route.abort())
    page.set_content(page_in_mjml)
    assert page.evaluate("document.compatMode") == "CSS1Compat"
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.querySelectorAll('h1').length") == 1
    page.close()

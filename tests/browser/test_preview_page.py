"""
The page that shows an issue side by side, in a real browser.
"""

from __future__ import annotations

from typing import Any

import pytest
from mail_width import FAINT, overflow
from playwright.sync_api import Browser
from previews import previewed

from newsletter.web.preview.folder import Preview

pytestmark = pytest.mark.ci


@pytest.fixture(scope="module")
def preview(tmp_path_factory: pytest.TempPathFactory) -> Preview:
    return previewed(tmp_path_factory.mktemp("preview") / "issue")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_and_used_by_everybody(
    preview: Preview, browser: Browser, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme, java_script_enabled=False)
    page = context.new_page()
    page.goto((preview.folder / "index.html").as_uri())
    loaded = "images => images.every(image => image.naturalWidth > 0 && image.alt)"
    assert page.locator("img").count() == 12
    assert page.locator("img").evaluate_all(loaded)
    assert page.locator("h1").count() == 1
    assert page.evaluate(FAINT) == []
    assert {width: overflow(page, width) for width in (320, 700, 1280)} == {320: 0, 700: 0, 1280: 0}
    context.close()

"""
Files that are too large for the forms of the newsroom, chosen in a real browser.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from proof.chromium import missing
from served_pages import served_installation
from staff_samples import EVE, PASSWORD, add_member

from newsletter.isolation.sandbox import Sandbox

SAID = "The file has more than {} MB. Choose a smaller one."
pytestmark = [
    pytest.mark.ci,
    pytest.mark.skipif(missing() is not None, reason=f"no Chromium or axe: {missing()}"),
]


def test_a_file_that_is_too_large_is_said_at_once_and_not_sent(
    tmp_path: Path, sqlite_template: Path, warm_sandbox: Sandbox, browser: Browser
) -> None:
    large, small = tmp_path / "large.png", tmp_path / "small.png"
    large.write_bytes(b"\0" * (33 * 2**20))
    small.write_bytes(b"\0" * 2**10)
    with served_installation(tmp_path, sqlite_template, warm_sandbox) as made:
        made.add_list()
        draft = made.add_issue("One")
        add_member(made)
        page = browser.new_page(base_url=made.app.site.base_url)
        sent: list[str] = []
        page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
        page.goto("/admin/login")
        page.get_by_label("Email address").fill(EVE)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/admin/")
        for path, field, most in (
            (f"/admin/issues/{draft}", "#picture", 20),
            ("/admin/briefs/new", "#picture", 20),
            ("/admin/imports/new", "#file", 32),
        ):
            page.goto(path)
            page.locator("#add-picture").evaluate_all(
                "all => all.forEach(each => each.open = true)"
            )
            sent.clear()
            page.locator(field).set_input_files(large)
            expect(page.locator(".finding[role=alert]")).to_have_text(SAID.format(most))
            expect(page.locator(field)).to_have_value("")
            assert not [url for url in sent if url.endswith("/picture")]
            page.locator(field).set_input_files(small)
            expect(page.locator(".finding[role=alert]")).to_have_count(0)
        page.close()

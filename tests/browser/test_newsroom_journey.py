"""
From an empty installation to an issue that was sent, paused, resumed and corrected, in a real
browser. Set NEWSLETTER_GALLERY to a folder to get screenshots to look at.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from harbour_feed import TITLES, served_feed
from installation import Installation
from issue_journey import (
    READERS,
    correct,
    order_briefs,
    pause_and_resume,
    preview,
    send,
    send_test,
    write_issue,
)
from newsroom_editor import PATIENCE_MS, Editor, Way
from playwright.sync_api import Browser, expect
from proof.chromium import missing
from served_pages import served_installation

from newsletter.actions.access import staff
from newsletter.actions.content import sources
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.access import OPERATOR, Role

EVE, ADA = "eve@example.org", "ada@example.org"
PASSWORD = "harbour lights at dawn"
pytestmark = [
    pytest.mark.ci,
    pytest.mark.skipif(missing() is not None, reason=f"no Chromium or axe: {missing()}"),
]


@pytest.fixture
def installation(
    tmp_path: Path, sqlite_template: Path, warm_sandbox: Sandbox
) -> Iterator[Installation]:
    """
    An empty installation whose pages are served on this machine.
    """
    delivery = {"canary": False, "connections": 1}
    with served_installation(
        tmp_path,
        sqlite_template,
        warm_sandbox,
        site={"postal_address": "1 Quay"},
        delivery=delivery,
    ) as made:
        yield made


@pytest.fixture
def feed(installation: Installation) -> Iterator[str]:
    """
    The address of a feed of two pieces.
    """
    with served_feed(installation.now) as url:
        yield url


# `make journeys` goes all ways.
WAYS = {
    "desk": Way(),
    "phone": Way(width=360),
    "without scripts": Way(has_scripts=False),
    "keyboard": Way(has_mouse=False),
}
GOES_ALL = bool(os.environ.get("JOURNEYS"))


@pytest.mark.parametrize("name", WAYS if GOES_ALL else ["desk"])
def test_an_editor_gets_from_nothing_to_a_corrected_issue(
    installation: Installation,
    feed: str,
    browser: Browser,
    name: str,
) -> None:
    way = WAYS[name]
    context = browser.new_context(
        java_script_enabled=way.has_scripts, viewport={"width": way.width, "height": 900}
    )
    editor = Editor(installation, context.new_page(), way)
    log_in(editor)
    add_source(editor, feed)
    add_list(editor)
    join(editor)
    number = write_issue(editor)
    order_briefs(editor)
    preview(editor, number)
    if GOES_ALL:
        stop_and_start(editor)
    send_test(editor, number)
    send(editor, number)
    pause_and_resume(editor, number)
    correct(editor, number)
    leave(editor)
    assert editor.complaints == []
    context.close()


def log_in(editor: Editor) -> None:
    link = staff.invite(editor.installation.app, EVE, role=Role.OWNER, by_mail=False, by=OPERATOR)
    editor.open(link.url or "")
    editor.write("[name=name]", "Eve Adams")
    editor.write("[name=new_password]", PASSWORD)
    editor.click("Accept the invitation")
    assert "first test email" in editor.page.inner_text("h1")


def add_source(editor: Editor, feed: str) -> None:
    editor.open("/admin/sources/new")
    editor.write("[name=location]", feed)
    editor.choose("[name=kind]", "feed")
    editor.choose("[name=first_poll]", "new")
    editor.write("[name=name]", "harbour")
    editor.click("Look for briefs")
    assert TITLES["ferries"] in editor.page.inner_text("main")
    editor.click("Add the source")
    # What `newsletter serve` does every few minutes.
    app = editor.installation.app
    sources.collect(app, ["harbour"], progress=lambda done, total: None, by=OPERATOR)
    editor.open("/admin/briefs")
    for title in TITLES.values():
        assert title in editor.page.inner_text("main")
    if not editor.way.has_mouse:
        go_to_what_can_be_done(editor)


def go_to_what_can_be_done(editor: Editor) -> None:
    """
    Pick a brief, and go past the others with a key.
    """
    editor.controls.tick(editor.page.locator("tbody [name=brief]").first)
    editor.page.keyboard.press("a")
    assert editor.page.evaluate("document.activeElement.closest('.bulk') !== null")


def add_list(editor: Editor) -> None:
    editor.open("/admin/lists/new")
    editor.write("[name=name]", "Harbour Daily")
    editor.write("[name=slug]", "daily")
    editor.choose("[name=visibility]", "public")
    editor.click("Add the list")
    assert "/join/daily" in editor.page.inner_text("pre")


def join(editor: Editor) -> None:
    """
    Join by the public page, and confirm by the link in the email; many others join by an import.
    """
    installation = editor.installation
    visitor = editor.page.context.browser
    assert visitor is not None
    context = visitor.new_context()
    page = context.new_page()
    page.goto(f"{installation.app.site.base_url}/join/daily")
    page.fill("[name=email]", ADA)
    # Nobody fills in a form at once.
    installation.now += dt.timedelta(minutes=1)
    with page.expect_navigation():
        page.click("main form button")
    installation.submit_all()
    (mail,) = [each for each in installation.mails() if each["To"] == ADA]
    body = mail.get_body(("plain",))
    assert body is not None
    link = re.search(r"http://localhost:\d+/c/\S+", body.get_content())
    assert link, body.get_content()
    page.goto(link[0])
    with page.expect_navigation():
        page.click("main form button")
    context.close()
    installation.add_readers(READERS)
    editor.open("/admin/people")
    assert ADA in editor.page.inner_text("main")


def stop_and_start(editor: Editor) -> None:
    """
    Stop all sending, and start it again, from the line above every page.
    """
    editor.click("Stop…", within=".masthead")
    editor.write("[name=reason]", "the wrong file")
    editor.tick("[name=sure]")
    editor.click("Stop all sending")
    editor.click("Start it again…", within=".masthead")
    editor.click("Start sending again")
    editor.page.wait_for_selector(".masthead :text('Sending is on')")


def leave(editor: Editor) -> None:
    """
    Unsubscribe by the link of the email.
    """
    installation = editor.installation
    mail = next(m for m in installation.mails() if m["To"] == ADA and "stays" in str(m["Subject"]))
    link = re.search(r"<(http[^>]+)>", str(mail["List-Unsubscribe"]))
    assert link
    editor.page.goto(link[1])
    with editor.page.expect_navigation():
        editor.page.click("main form button")
    editor.open("/admin/people")
    editor.write("[type=search]", "ada@")
    editor.page.keyboard.press("Enter")
    # Of many people, one is left.
    expect(editor.page.locator("main tbody tr")).to_have_count(1, timeout=PATIENCE_MS)
    editor.go(editor.page.locator("main tbody a").first)
    editor.page.wait_for_selector(".chip:text-is('Left') >> nth=0")

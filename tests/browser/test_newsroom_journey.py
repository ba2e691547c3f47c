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
from http_server import ScriptedServer
from installation import Installation
from playwright.sync_api import Browser, Page, expect
from proof.chromium import AXE, missing
from served_pages import served_installation

from newsletter.actions.access import staff
from newsletter.actions.content import sources
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.access import OPERATOR, Role
from newsletter.workers.sender import run_until_done

EVE, ADA = "eve@example.org", "ada@example.org"
PASSWORD = "harbour lights at dawn"
PATIENCE_MS = 120_000
# Several batches, so that an issue can be paused between two of them.
READERS = 1_500
GALLERY = os.environ.get("NEWSLETTER_GALLERY")
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour</title>
<link>{site}</link><description>News</description>{items}</channel></rss>"""
ITEM = """<item><title>{title}</title><link>{site}/{slug}</link><guid>{slug}</guid>
<pubDate>{date}</pubDate><description><![CDATA[<ul><li>The ferries stay.</li><li>The toll does not
change.</li></ul><p>{text}</p>]]></description></item>"""
TITLES = {"ferries": "The ferries stay", "toll": "The toll does not change"}
TEXT = "Nobody left the quay on Monday, and the pilots went home without a word to anybody. " * 12

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
def feed(installation: Installation) -> Iterator[ScriptedServer]:
    """
    A site with a feed of two pieces.
    """
    with ScriptedServer() as server:
        site = server.url("")
        date = (installation.now - dt.timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S +0000")
        items = "".join(
            ITEM.format(title=title, slug=slug, site=site, date=date, text=TEXT)
            for slug, title in TITLES.items()
        )
        body = FEED.format(site=site, items=items).encode()
        server.answer("/feed", body=body, headers={"Content-Type": "application/rss+xml"})
        yield server


class Editor:
    """
    Somebody who uses the newsroom in a browser. Each page that they see is checked with axe.
    """

    def __init__(self, installation: Installation, page: Page, *, has_scripts: bool) -> None:
        self.installation, self.page, self.has_scripts = installation, page, has_scripts
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> None:
        base_url = self.installation.app.site.base_url
        self.page.goto(path if path.startswith("http") else base_url + path)
        self.look()

    def click(self, text: str) -> None:
        """
        Press the button, or follow the link, with this text, and look at the page that comes.
        """
        wanted = re.compile(f"^{text}$")
        target = self.page.locator("main button:visible, main a:visible").filter(has_text=wanted)
        target.first.scroll_into_view_if_needed()
        # Until a frame is drawn after a scroll, Chromium sends clicks to where the preview was.
        self.page.screenshot(clip={"x": 0, "y": 0, "width": 1, "height": 1})
        with self.page.expect_navigation():
            target.first.click()
        self.look()

    def look(self) -> None:
        """
        Check that the page has a heading, needs no scrolling sideways, and has no faults that axe
        finds.
        """
        self.page.wait_for_selector("h1")
        if GALLERY:
            number = len(list(Path(GALLERY).glob("journey-*.png")))
            self.page.screenshot(path=f"{GALLERY}/journey-{number:02}.png", full_page=True)
        assert self.page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
        if not self.has_scripts:
            return
        session = self.page.context.new_cdp_session(self.page)
        # Past the policy of the page, which lets no other script run.
        run = f"{AXE.read_text()}; axe.run(document).then(found => found.violations.map(v => v.id))"
        answer = session.send(
            "Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True}
        )
        session.detach()
        assert answer["result"]["value"] == [], self.page.url


# The width of the window, and whether the browser runs scripts. `make journeys` goes all ways.
WAYS = {"desk": (1280, True), "phone": (360, True), "without scripts": (1280, False)}
GOES_ALL = bool(os.environ.get("JOURNEYS"))


@pytest.mark.parametrize("way", WAYS if GOES_ALL else ["desk"])
def test_an_editor_gets_from_nothing_to_a_corrected_issue(
    installation: Installation,
    feed: ScriptedServer,
    browser: Browser,
    way: str,
) -> None:
    width, has_scripts = WAYS[way]
    context = browser.new_context(
        java_script_enabled=has_scripts, viewport={"width": width, "height": 900}
    )
    editor = Editor(installation, context.new_page(), has_scripts=has_scripts)
    log_in(editor)
    add_source(editor, feed)
    add_list(editor)
    join(editor)
    number = write_issue(editor)
    preview(editor, number)
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
    editor.page.fill("[name=name]", "Eve Adams")
    editor.page.fill("[name=new_password]", PASSWORD)
    editor.click("Accept the invitation")
    assert "first test email" in editor.page.inner_text("h1")


def add_source(editor: Editor, feed: ScriptedServer) -> None:
    editor.open("/admin/sources/new")
    editor.page.fill("[name=location]", feed.url("/feed"))
    editor.page.select_option("[name=kind]", "feed")
    editor.page.select_option("[name=first_poll]", "new")
    editor.page.fill("[name=name]", "harbour")
    editor.click("Look for briefs")
    assert TITLES["ferries"] in editor.page.inner_text("main")
    editor.click("Add the source")
    # What `newsletter serve` does every few minutes.
    app = editor.installation.app
    sources.collect(app, ["harbour"], progress=lambda done, total: None, by=OPERATOR)
    editor.open("/admin/briefs")
    for title in TITLES.values():
        assert title in editor.page.inner_text("main")


def add_list(editor: Editor) -> None:
    editor.open("/admin/lists/new")
    editor.page.fill("[name=name]", "Harbour Daily")
    editor.page.fill("[name=slug]", "daily")
    editor.page.select_option("[name=visibility]", "public")
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


def write_issue(editor: Editor) -> int:
    editor.open("/admin/issues/new")
    for box in editor.page.locator("[name=brief]").all():
        box.check()
    editor.click("Begin the draft")
    number = int(re.findall(r"/issues/(\d+)", editor.page.url)[0])
    editor.page.fill("#subject", "What stays in the harbour")
    editor.page.fill("#intro", "Good morning, %%first_name|reader%%.")
    if editor.has_scripts:
        no_preview_takes_the_place_of_a_save(editor)
    editor.click("Save the draft")
    return number


def no_preview_takes_the_place_of_a_save(editor: Editor) -> None:
    """
    A form has one submission at a time: the preview that follows typing would cancel the save.
    """
    page = editor.page.context.new_page()
    page.clock.install()
    page.goto(editor.page.url)
    page.evaluate(
        """() => {
            window.sent = [];
            const form = document.querySelector("#compose");
            form.addEventListener("submit", (event) => {
                event.preventDefault();
                sent.push(event.submitter.formTarget || "save");
            });
        }"""
    )
    page.fill("#intro", "Typed just before.")
    page.evaluate("document.querySelector('button[form=compose][value=save]').click()")
    page.clock.fast_forward(10_000)
    assert page.evaluate("sent") == ["save"]
    page.close()


def preview(editor: Editor, number: int) -> None:
    for width in ("desk", "phone"):
        for scheme in ("light", "dark"):
            editor.open(f"/admin/issues/{number}?width={width}&scheme={scheme}")
            frame = editor.page.frame_locator("iframe[name=mail]")
            frame.get_by_role("heading", name=TITLES["ferries"]).wait_for()


def send_test(editor: Editor, number: int) -> None:
    editor.open(f"/admin/issues/{number}/test")
    editor.click("Send the test")
    editor.installation.submit_all()
    assert EVE in editor.installation.mailed()


def send(editor: Editor, number: int) -> None:
    editor.open(f"/admin/issues/{number}/approve")
    editor.click(r"Approve for [\d,]+ readers")
    editor.open(f"/admin/issues/{number}/approve")
    editor.click(r"Send to [\d,]+ readers…")
    editor.page.check("[name=sure]")
    editor.click(r"Send to [\d,]+ readers(?: now)?")


def pause_and_resume(editor: Editor, number: int) -> None:
    installation = editor.installation
    run_until_done(
        installation.app,
        is_stopping=lambda: accepted(installation, number) > 0,
        is_done=lambda: not installation.open_issues(),
    )
    assert 0 < accepted(installation, number) < READERS
    editor.open(f"/admin/issues/{number}")
    editor.page.wait_for_selector("text=Sending")
    editor.page.fill("[name=reason]", "a wrong picture")
    editor.click("Pause")
    assert "a wrong picture" in editor.page.inner_text("main")
    editor.click(r"Resume for [\d,]+ readers")
    installation.submit_all()
    if not editor.has_scripts:
        editor.page.reload()
    # With scripts, the page learns by itself that the issue has gone out.
    editor.page.wait_for_selector("header .chip:text-is('Sent')")
    editor.look()
    counts = [
        int(each.replace(",", "")) for each in editor.page.locator(".count").all_inner_texts()
    ]
    assert counts[-1] == sum(counts[:-1]) == READERS + 1


def accepted(installation: Installation, number: int) -> int:
    return int(installation.counts(number).get("accepted", 0))


def correct(editor: Editor, number: int) -> None:
    editor.open("/admin/briefs")
    editor.click(TITLES["toll"])
    editor.page.fill("[name=title]", "The toll rises by a tenth")
    editor.click("Save the brief")
    editor.open(f"/admin/issues/{number}/correct")
    editor.click(r"Make a draft for [\d,]+ readers")
    assert "/admin/issues/" in editor.page.url
    assert "The toll rises by a tenth" in editor.page.inner_text("main")


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
    editor.page.fill("[type=search]", "ada@")
    editor.page.keyboard.press("Enter")
    # Of many people, one is left.
    expect(editor.page.locator("main tbody tr")).to_have_count(1, timeout=PATIENCE_MS)
    editor.page.locator("main tbody a").first.click()
    editor.page.wait_for_selector(".chip:text-is('Left') >> nth=0")

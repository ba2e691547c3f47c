"""
Everything a reader does, in a real browser, against `newsletter serve` and its outbox: sign up on
somebody else's website, confirm, choose settings, leave, undo that, be forgotten. Set
NEWSLETTER_GALLERY to a folder to get screenshots to look at.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from page_samples import SITE
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect
from postgres_databases import Databases
from proof.chromium import axe_faults, closed_page, missing
from reverse_proxies import free_port
from serving import Served, command, wait_until

from newsletter.web.page.templates import PageTemplates

PAGES = PageTemplates(SITE)
GALLERY = os.environ.get("NEWSLETTER_GALLERY")
CLUB = "http://club.example/moorings"
ADA = "ada.of.the.quay@example.org"
# What a stranger may try to have sent to the address of somebody else.
TYPED = "WIN a boat at http://evil.example"
PATIENCE_MS = 120_000
MOST_TABS = 120
OVER = "document.scrollingElement.scrollWidth - innerWidth"
# Labels so close below a field that they seem to belong to it, and fields that are hard to hit.
CROWDED = """() => {
  const fields = [...document.querySelectorAll("input, select, textarea")]
    .filter(each => !each.closest(".trap") && each.type !== "hidden");
  const boxes = fields.map(each => each.getBoundingClientRect());
  const close = [...document.querySelectorAll("label")].filter(each => {
    const top = each.getBoundingClientRect().top;
    return boxes.some(box => box.bottom <= top + 1 && top - box.bottom < 8);
  });
  const small = fields.filter((each, at) => !each.closest("label") && boxes[at].height < 44);
  return [...close, ...small].map(each => each.outerHTML.slice(0, 120));
}"""
# Whether a person sees where they are: a ring around the element, inside the window.
SHOWS_FOCUS = """(element) => {
  const seen = element.closest("label.switch, label.tick, label.pick") || element;
  const rings = [element, seen].map(each => getComputedStyle(each))
    .some(style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
      || style.outlineStyle === "auto");
  const box = seen.getBoundingClientRect();
  return rings && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
}"""

pytestmark = [
    pytest.mark.ci,
    pytest.mark.skipif(missing() is not None, reason=f"no Chromium or axe: {missing()}"),
]


class Pointer:
    """
    Uses pages as most people do.
    """

    def press(self, element: Locator) -> None:
        element.click()

    def write(self, element: Locator, text: str) -> None:
        element.fill(text)

    def choose(self, element: Locator, label: str) -> None:
        element.select_option(label=label)

    def set_date(self, element: Locator, day: dt.date) -> None:
        element.fill(day.isoformat())


class Keyboard:
    """
    Uses pages by Tab, Enter, the space bar and letters alone, and has to see the focus.
    """

    def press(self, element: Locator) -> None:
        self._reach(element)
        is_box = element.evaluate("element => element.type === 'checkbox'")
        element.page.keyboard.press("Space" if is_box else "Enter")

    def write(self, element: Locator, text: str) -> None:
        self._reach(element)
        element.page.keyboard.type(text)

    def choose(self, element: Locator, label: str) -> None:
        self._reach(element)
        element.page.keyboard.type(label)

    def set_date(self, element: Locator, day: dt.date) -> None:
        self._reach(element)
        element.page.keyboard.type(f"{day:%m%d%Y}")

    def _reach(self, element: Locator) -> None:
        for _ in range(MOST_TABS):
            if element.evaluate("element => element === document.activeElement"):
                break
            element.page.keyboard.press("Tab")
        assert element.evaluate("element => element === document.activeElement"), element
        assert element.evaluate(SHOWS_FOCUS), f"nobody sees that it has the focus: {element}"


@dataclass
class Journey:
    """
    A reader on the way. `seen` has the HTML of each page that they came by.
    """

    folder: Path
    context: BrowserContext
    hands: Pointer | Keyboard
    name: str
    language: str = "en"
    seen: dict[str, str] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def words(self, entry: str) -> str:
        """
        Return the words of pages in the language that the reader has chosen, as pages show them:
        a hyphen in a word does not break.
        """
        return str(PAGES.words(self.language).table[entry])

    def open(self, url: str) -> Page:
        page = self.context.new_page()
        self.watch(page)
        page.goto(url)
        return page

    def watch(self, page: Page) -> None:
        """
        Keep what the browser complains about on *page*.
        """
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def arrive(self, page: Page, name: str, *, heading: str | re.Pattern[str] = "") -> Page:
        """
        Wait for the page with that heading, and look at it.
        """
        if heading:
            page.get_by_role("heading", level=1, name=heading).wait_for(timeout=PATIENCE_MS)
        assert page.evaluate(OVER) <= 0, f"{name} is wider than the window"
        assert page.evaluate(CROWDED) == [], name
        self.seen[name] = page.content()
        if GALLERY:
            self._picture(page, name)
        return page

    def _picture(self, page: Page, name: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            file = f"{self.name}-{len(self.seen):02d}-{name}-{scheme}.png"
            page.screenshot(path=Path(GALLERY or "") / file, full_page=True)
        page.emulate_media(color_scheme="light")

    def press(self, page: Page, entry: str) -> None:
        """
        Press the button that the words call *entry*.
        """
        self.hands.press(page.get_by_role("button", name=self.words(entry), exact=True))

    def mail(self, number: int) -> EmailMessage:
        """
        Return the email of that number to the reader, once it is in the outbox.
        """
        outbox = self.folder / "outbox"
        wait_until(lambda: len(list(outbox.glob("*.eml"))) >= number)
        files = sorted(outbox.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        assert len(files) == number, files
        found = message_from_bytes(files[-1].read_bytes(), policy=policy.default)
        assert isinstance(found, EmailMessage)
        assert found["To"].addresses[0].addr_spec == ADA
        return found

    def states(self) -> dict[str, str]:
        """
        Return the state of each subscription of the reader.
        """
        lists = command(self.folder, "subscriber", "show", ADA)["lists"]
        return {each["slug"]: each["state"] for each in lists}


def text_of(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage, path: str) -> str:
    """
    Return the link in *mail* whose path starts so.
    """
    found = re.search(rf"http://127\.0\.0\.1:\d+{path}[^\s/]+", text_of(mail, "plain"))
    assert found is not None, text_of(mail, "plain")
    return found[0]


@contextlib.contextmanager
def served(folder: Path, database_url: str | None) -> Iterator[str]:
    """
    Serve an installation in *folder* with two public newsletters, one of which comes weekly, too.
    """
    command(folder, "init", ".")
    port = free_port()
    settings = folder / "newsletter.toml"
    text = settings.read_text().replace(":8000", f":{port}").replace("My newsletter", "The Quay")
    if database_url is not None:
        text = text.replace("sqlite:///newsletter.db", database_url)
    settings.write_text(text)
    command(folder, "migrate")
    (folder / "briefs").mkdir()
    command(folder, "field", "add", "town", "--type", "text", "--label", "en=Your town", "--public")
    public = ("--visibility", "public")
    command(folder, "list", "add", "daily", "--name", "Quay Daily", "--ask", "town", *public)
    command(folder, "list", "add", "boats", "--name", "Boats for Sale", *public)
    command(folder, "source", "add", "desk", "folder", "briefs")
    when = ("--cron", "0 6 * * mon", "--timezone", "UTC", "--source", "desk")
    command(folder, "schedule", "add", "week", "--list", "daily", "--cadence", "weekly", *when)
    with Served(folder, port=port) as running:
        yield running.address
        assert " ERROR " not in running.log, running.log


@pytest.mark.parametrize(
    ("name", "hands", "script", "kind", "language"),
    [
        ("script", Pointer(), True, "sqlite", "de"),
        ("no-script", Pointer(), False, "sqlite", "ar"),
        ("keyboard", Keyboard(), True, "postgresql", "fr"),
    ],
)
def test_a_reader_signs_up_chooses_leaves_comes_back_and_is_forgotten(
    tmp_path: Path,
    browser: Browser,
    request: pytest.FixtureRequest,
    name: str,
    hands: Pointer | Keyboard,
    script: bool,
    kind: str,
    language: str,
) -> None:
    with contextlib.ExitStack() as stack:
        url = None
        if kind == "postgresql":
            databases: Databases = request.getfixturevalue("postgres_databases")
            url = stack.enter_context(databases.empty())
        address = stack.enter_context(served(tmp_path, url))
        context = stack.enter_context(
            browser.new_context(
                java_script_enabled=script,
                viewport={"width": 320, "height": 640},
                locale="en-US",
            )
        )
        journey = Journey(folder=tmp_path, context=context, hands=hands, name=name)
        sign_up(journey)
        confirm(journey)
        choose_settings(journey, language)
        leave_and_return(journey)
        be_forgotten(journey, address)
    assert journey.complaints == []
    assert faults(browser, journey.seen) == []


def sign_up(journey: Journey) -> None:
    """
    Fill in the form on the page of somebody else.
    """
    form = command(journey.folder, "list", "embed", "daily")

    def serve(route: Route) -> None:
        body = (
            "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Club</title>"
            "<meta name=viewport content='width=device-width'><meta name=color-scheme "
            f"content='light dark'><main><h1>Moorings</h1>{form['html']}</main>"
        )
        route.fulfill(body=body, content_type="text/html")

    journey.context.route(CLUB, serve)
    club = journey.arrive(journey.open(CLUB), "club", heading="Moorings")
    journey.hands.write(club.get_by_label("Your email address"), ADA)
    journey.hands.write(club.get_by_label("Your town"), TYPED)
    journey.press(club, "join_button")
    journey.arrive(club, "continue", heading=journey.words("continue_title"))
    assert not list((journey.folder / "outbox").glob("*.eml"))
    journey.press(club, "join_button")
    journey.arrive(club, "check-inbox", heading=journey.words("inbox_title"))


def confirm(journey: Journey) -> None:
    """
    Confirm by the email, in which stands nothing that was typed into the form.
    """
    mail = journey.mail(1)
    everything = "\n".join(
        [text_of(mail, "plain"), text_of(mail, "html"), *map(str, mail.values())]
    )
    assert "evil" not in everything
    assert "boat" not in everything
    assert everything.count(ADA) == 1, "the address stands in To alone"

    page = journey.open(link_in(mail, "/c/"))
    journey.arrive(page, "confirm", heading=journey.words("confirm_title"))
    assert journey.states() == {"daily": "pending"}
    journey.press(page, "confirm_button")
    journey.arrive(page, "confirmed", heading=journey.words("confirmed_title"))
    assert journey.states() == {"daily": "active"}


def choose_settings(journey: Journey, language: str) -> None:
    """
    By the link in the welcome email: the weekly digest, a pause, the other newsletter, a language.
    """
    page = journey.open(link_in(journey.mail(2), "/p/"))
    journey.arrive(page, "settings", heading=journey.words("prefs_title"))
    assert ADA not in page.content()
    back = (dt.datetime.now(dt.UTC) + dt.timedelta(days=30)).date()
    own_name = page.locator(f"#language option[value={language}]").inner_text()
    journey.hands.press(page.get_by_role("switch", name="Boats for Sale"))
    weekly = page.get_by_label(journey.words("prefs_often"))
    journey.hands.choose(weekly, journey.words("cadence_weekly"))
    journey.hands.set_date(page.get_by_label(journey.words("prefs_pause_label")), back)
    journey.hands.choose(page.get_by_label(journey.words("language_label")), own_name)
    journey.press(page, "save")
    journey.language = language
    page.get_by_role("status").get_by_text(journey.words("prefs_saved_title")).wait_for()
    journey.arrive(page, "saved", heading=journey.words("prefs_title"))

    page.goto(page.url)
    expect(page.get_by_role("switch", name="Quay Daily")).to_be_checked()
    expect(page.get_by_role("switch", name="Boats for Sale")).to_be_checked()
    expect(page.locator("#cadence-daily")).to_have_value("weekly")
    expect(page.locator("#paused_until")).to_have_value(back.isoformat())
    expect(page.locator("#language")).to_have_value(language)
    assert journey.states() == {"daily": "active", "boats": "active"}


def leave_and_return(journey: Journey) -> None:
    """
    Leave by the link in the header of the welcome email, and undo it.
    """
    header = str(journey.mail(2)["List-Unsubscribe"])
    found = re.search(r"<(http://[^>]+)>", header)
    assert found is not None
    page = journey.open(found[1])
    journey.arrive(page, "unsubscribe")
    journey.press(page, "unsubscribe_button")
    journey.arrive(page, "unsubscribed", heading=journey.words("unsubscribed_title"))
    assert journey.states() == {"daily": "ended", "boats": "active"}
    journey.press(page, "undo_button")
    journey.arrive(page, "returned", heading=journey.words("returned_title"))
    assert journey.states() == {"daily": "active", "boats": "active"}


def be_forgotten(journey: Journey, address: str) -> None:
    """
    Ask for a fresh link, by that for the link to be erased, and use it.
    """
    journey.language, chosen = "en", journey.language
    page = journey.open(f"{address}/find")
    journey.arrive(page, "find", heading=journey.words("find_title"))
    journey.hands.write(page.get_by_label(journey.words("email_label")), ADA)
    journey.press(page, "find_button")
    journey.arrive(page, "find-inbox", heading=journey.words("inbox_title"))
    journey.language = chosen
    page = journey.open(link_in(journey.mail(3), "/p/find/"))
    journey.arrive(page, "fresh-settings", heading=journey.words("prefs_title"))
    journey.press(page, "prefs_erase_button")
    journey.arrive(page, "erase-inbox", heading=journey.words("inbox_title"))
    page = journey.open(link_in(journey.mail(4), "/p/erase/"))
    journey.arrive(page, "erase", heading=journey.words("erase_title"))
    journey.hands.press(page.get_by_label(journey.words("erase_sure")))
    journey.press(page, "erase_button")
    journey.arrive(page, "erased", heading=journey.words("erased_title"))
    assert command(journey.folder, "subscriber", "list") == []


def faults(browser: Browser, seen: dict[str, str]) -> list[tuple[str, str, str]]:
    """
    Return what axe finds serious on the pages, light and dark.
    """
    with closed_page(browser) as page:
        page.set_viewport_size({"width": 320, "height": 640})
        return [
            (name, scheme, fault)
            for name, html in seen.items()
            for scheme in ("light", "dark")
            for fault in axe_faults(page, html, scheme)
        ]

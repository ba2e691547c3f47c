"""
Staff accept an invitation, set up second factors and log in, in a real browser and by keyboard
alone. Set NEWSLETTER_GALLERY to a folder to get screenshots to look at.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from browser_checks import axe_faults, overflow
from installation import Installation
from newsroom_controls import Keyboard
from playwright.sync_api import Browser, Page
from proof.chromium import missing
from served_pages import served_installation

from newsletter.actions.access import staff
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.access import OPERATOR, Role

EVE, PASSWORD = "eve@example.org", "harbour lights at dawn"
PATIENCE_MS = 120_000
# The heading of the first page, where nothing was set up yet.
TODAY = "From nothing to your first test email"
STEP = dt.timedelta(seconds=30)
GALLERY = os.environ.get("NEWSLETTER_GALLERY")
pytestmark = [
    pytest.mark.ci,
    pytest.mark.skipif(missing() is not None, reason=f"no Chromium or axe: {missing()}"),
]


@pytest.fixture
def installation(
    tmp_path: Path, sqlite_template: Path, warm_sandbox: Sandbox
) -> Iterator[Installation]:
    """
    An installation whose pages are served on this machine. Its clock is the machine's at the start.
    """
    with served_installation(tmp_path, sqlite_template, warm_sandbox) as made:
        yield made


class Person:
    """
    Somebody who uses Tab, Enter and letters alone. Each page that they see is checked with axe.
    """

    def __init__(self, installation: Installation, page: Page) -> None:
        self.installation = installation
        self.page = page
        self.keyboard = Keyboard(page)
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, url: str) -> None:
        self.page.goto(url if url.startswith("http") else self.base_url + url)

    @property
    def base_url(self) -> str:
        return self.installation.app.site.base_url

    def sees(self, title: str) -> None:
        """
        Wait for the page with this heading, and check it.
        """
        self.page.wait_for_selector(f"h1:text-is('{title}')")
        if GALLERY:
            name = re.sub(r"\W+", "-", title.lower())
            self.page.screenshot(path=f"{GALLERY}/staff-{name}.png", full_page=True)
        assert overflow(self.page) == [], title
        assert axe_faults(self.page) == [], title

    def write(self, label: str, text: str) -> None:
        """
        Go to the field with this label, and type.
        """
        self.keyboard.write(self.page.get_by_label(label, exact=True), text)

    def press(self, name: str) -> None:
        """
        Go to the button or link called *name*, and press Enter.
        """
        shown = self.page.locator(f"a:text-is({name!r}), button:text-is({name!r})")
        self.keyboard.press(shown.first)

    def uses_keys(self) -> None:
        """
        See the list of keys, go to a room and back by keys, and turn them off.
        """
        page = self.page
        page.keyboard.press("?")
        page.wait_for_selector("dialog#keys[open]")
        self.sees(TODAY)
        page.keyboard.press("?")
        page.wait_for_selector("dialog#keys:not([open])", state="attached")
        page.keyboard.press("g")
        page.keyboard.press("s")
        page.wait_for_selector("nav [aria-current=page]:text-is('Schedules')")
        page.keyboard.press("g")
        page.keyboard.press("t")
        self.sees(TODAY)
        account = page.get_by_role("link", name="Your account")
        self.keyboard.reach(account)
        page.keyboard.press("?")
        self.keyboard.reach(page.get_by_label("Use these keys"))
        page.keyboard.press("Space")
        page.keyboard.press("Escape")
        assert account.evaluate("each => each === document.activeElement")
        page.keyboard.press("g")
        page.keyboard.press("s")
        self.sees(TODAY)

    def log_in(self) -> None:
        self.open("/admin/login")
        self.sees("Log in")
        self.write("Email address", EVE)
        self.write("Password", PASSWORD)
        self.press("Log in")

    def log_out(self) -> None:
        self.open("/admin/")
        self.press("Log out")
        self.sees("Log in")


@pytest.fixture
def person(installation: Installation, browser: Browser) -> Iterator[Person]:
    context = browser.new_context(viewport={"width": 420, "height": 900})
    yield Person(installation, context.new_page())
    context.close()


def invited(installation: Installation) -> str:
    link = staff.invite(installation.app, EVE, role=Role.OWNER, by_mail=False, by=OPERATOR)
    return link.url or ""


def test_by_keyboard_alone_an_invitation_leads_to_an_account_with_app_and_passkey(
    installation: Installation, person: Person
) -> None:
    person.open(invited(installation))
    person.sees("Welcome to the staff")
    person.write("Your name", "Eve Adams")
    person.write("New password", "short")
    person.press("Accept the invitation")
    person.page.wait_for_selector("[role=alert]")
    person.sees("Welcome to the staff")
    person.write("New password", PASSWORD)
    person.press("Accept the invitation")
    person.sees(TODAY)
    person.uses_keys()
    totp = set_up_app(installation, person)
    add_passkey(installation, person)
    person.log_out()
    person.log_in()
    person.sees("One more step")
    installation.now += STEP
    person.write("Code from your app", totp.at(installation.now))
    person.press("Continue")
    person.sees(TODAY)
    person.log_out()
    person.log_in()
    person.sees("One more step")
    person.press("Use a passkey")
    person.sees(TODAY)
    installation.now += STEP * 40
    person.open("/admin/account/password")
    person.sees("Confirm that it is you")
    person.press("Use a passkey")
    person.sees("New password")
    unwanted = [one for one in person.complaints if "422" not in one and "favicon" not in one]
    assert [one for one in unwanted if "404" not in one] == []


def set_up_app(installation: Installation, person: Person) -> pyotp.TOTP:
    person.press("Your account")
    person.sees("Your account")
    person.press("Set up an app")
    person.sees("Authenticator app")
    totp = pyotp.TOTP(person.page.inner_text(".key").replace(" ", ""))
    person.write("Code from your app", totp.at(installation.now))
    person.press("Use this app")
    person.sees("Recovery codes")
    assert person.page.locator(".codes code").count() == 10
    person.press("I have saved them")
    person.sees("Your account")
    return totp


def add_passkey(installation: Installation, person: Person) -> None:
    session = person.page.context.new_cdp_session(person.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    person.press("Add or remove")
    person.sees("Passkeys")
    person.write("Name of the passkey", "office laptop")
    person.press("Add a passkey")
    person.page.wait_for_selector("[role=status]")
    person.sees("Your account")
    person.press("Add or remove")
    person.page.wait_for_selector("text=office laptop")
    person.sees("Passkeys")


def test_without_scripts_everything_works_but_passkeys(
    installation: Installation, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(invited(installation))
    page.fill("[name=new_password]", PASSWORD)
    page.click("main form button")
    page.wait_for_selector("h1:text-is('From nothing to your first test email')")
    page.click("main a:text-is('Your account')")
    page.click("text=Set up an app")
    totp = pyotp.TOTP(page.inner_text(".key").replace(" ", ""))
    page.fill("[name=code]", totp.at(installation.now))
    page.click("text=Use this app")
    page.wait_for_selector(".codes")
    recovery = page.inner_text(".codes code >> nth=0")
    page.click("text=Log out")
    page.fill("[name=email]", EVE)
    page.fill("[name=password]", f"not {PASSWORD}")
    page.click("main form button")
    border = "e => getComputedStyle(e).borderTopWidth"
    marked, other = (page.eval_on_selector(f"#{name}", border) for name in ("email", "password"))
    assert (marked, other) == ("2px", "1px")
    page.fill("[name=password]", PASSWORD)
    page.click("main form button")
    page.fill("[name=recovery]", recovery)
    page.click("text=Use a recovery code")
    page.wait_for_selector("h1:text-is('From nothing to your first test email')")
    page.goto(f"{installation.app.site.base_url}/admin/account/passkeys")
    assert "your browser needs JavaScript" in page.inner_text("main")
    context.close()

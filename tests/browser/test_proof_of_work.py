"""
The proof of work in a real browser: solved while the form is filled in, allowed by the content
security policy, seen in light and dark, and not needed without scripts.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from installation import Installation
from playwright.sync_api import Browser, Page
from proof.chromium import AXE
from served_pages import served_pages
from signup_pages import READING_TIME

from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from newsletter.store.tables import signup_attempt, used_proof
from subscribers.lists import find_list
from subscribers.model import Visibility

pytestmark = [pytest.mark.ci, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

SOLVED = "altcha-widget [data-state=verified]"
# A slow machine needs a while for a task that a phone does in seconds.
PATIENCE_MS = 120_000


@pytest.fixture
def address(installation: Installation) -> Iterator[str]:
    """
    Where the form of a list is served that asks for a proof of work.
    """
    installation.add_list("daily", visibility=Visibility.PUBLIC)
    with installation.app.database.write() as connection:
        number = find_list(connection, "daily").id
        set_list_settings(connection, number, ListSettings(needs_proof_of_work=True))
    with served_pages(installation) as address:
        yield f"{address}/join/daily"


def opened(browser: Browser, address: str, **options: object) -> tuple[Page, list[str]]:
    """
    Open the form in a window of its own. Return it with what the browser complains about.
    """
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page, complaints


def fill_in(page: Page) -> None:
    """
    Type an address once the script is there, which begins when it sees somebody in the form. Before
    that, the task is solved when the form is sent.
    """
    page.wait_for_selector("altcha-widget input")
    page.fill("[name=email]", "ada@example.org")


def counts(installation: Installation) -> tuple[list[bool], int]:
    """
    Return for each sign-up that was admitted whether it lacked a proof, and how many were used.
    """
    with installation.app.database.read() as connection:
        attempts = connection.scalars(
            signup_attempt.select().with_only_columns(signup_attempt.c.lacks_proof)
        ).all()
        return list(attempts), len(connection.execute(used_proof.select()).all())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_task_is_solved_while_the_form_is_filled_in(
    installation: Installation, browser: Browser, address: str, scheme: str
) -> None:
    page, complaints = opened(
        browser, address, color_scheme=scheme, viewport={"width": 320, "height": 800}
    )
    fill_in(page)
    page.wait_for_selector(SOLVED)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert faults(page) == []
    installation.now += READING_TIME
    page.click("form button")
    page.wait_for_selector("h1:has-text('inbox')")
    assert counts(installation) == ([False], 1)
    assert [one for one in complaints if "favicon" not in one and "404" not in one] == []
    page.context.close()


def test_whoever_presses_enter_at_once_has_the_form_sent_when_it_is_solved(
    installation: Installation, browser: Browser, address: str
) -> None:
    page, _ = opened(browser, address)
    page.wait_for_selector("altcha-widget input")
    installation.now += READING_TIME
    page.fill("[name=email]", "ada@example.org")
    page.press("[name=email]", "Enter")
    page.wait_for_selector("h1:has-text('inbox')")
    assert counts(installation) == ([False], 1)
    page.context.close()


def test_the_words_of_the_widget_follow_the_page(browser: Browser, address: str) -> None:
    page, _ = opened(browser, f"{address}?lang=ar")
    fill_in(page)
    page.wait_for_selector(SOLVED)
    assert page.inner_text("altcha-widget label") == "تم التحقق"
    page.context.close()


def test_without_scripts_the_form_can_be_sent(
    installation: Installation, browser: Browser, address: str
) -> None:
    page, _ = opened(browser, address, java_script_enabled=False)
    assert "Your browser runs no scripts." in page.inner_text("form")
    page.fill("[name=email]", "ada@example.org")
    installation.now += READING_TIME
    page.click("form button")
    page.wait_for_selector("h1:has-text('inbox')")
    assert counts(installation) == ([True], 0)
    page.context.close()


def faults(page: Page) -> list[str]:
    """
    Return what axe finds wrong with the page.
    """
    if not AXE.exists():
        pytest.skip("no axe-core: run npm ci in tests/proof")
    # Past the policy of the page, which lets no other script run.
    session = page.context.new_cdp_session(page)
    run = AXE.read_text() + "; axe.run(document).then((found) => found.violations.map((v) => v.id))"
    answer = session.send(
        "Runtime.evaluate", {"expression": run, "awaitPromise": True, "returnByValue": True}
    )
    return list(answer["result"]["value"])

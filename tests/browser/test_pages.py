"""
The readers' pages in a real browser: narrow and wide, light and dark, by keyboard alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from installation import Installation
from playwright.sync_api import Browser, Page
from served_pages import served_pages
from web_samples import view_path

from newsletter import pipeline
from subscribers.lists import edit_list
from subscribers.people import subscriber_by_address
from subscribers.validation.address import parse_address

ADA = "ada.byron@a-rather-long-name-of-a-mail-server.example.org"
LONG_NAME = "The Harbourmaster's Dispatch: " + "Donaudampfschifffahrtsgesellschaft" * 2
# The contrast of two colours, as WCAG 2.2 defines it (1.4.3 asks for 4.5).
CONTRAST = """(element) => {
  const lit = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const none = "rgba(0, 0, 0, 0)", style = (e) => getComputedStyle(e);
  let ground = element;
  while (style(ground).backgroundColor === none) ground = ground.parentElement;
  const both = [style(element).color, style(ground).backgroundColor].map(lit);
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}"""

pytestmark = [pytest.mark.ci, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def address(installation: Installation) -> Iterator[str]:
    """
    Where the pages of *installation* are served, with one list of a long name and one reader.
    """
    installation.add_list("daily")
    installation.subscribe([ADA])
    with installation.app.database.write() as connection:
        edit_list(connection, "daily", name=LONG_NAME)
    with served_pages(installation) as address:
        yield address


@pytest.fixture(params=[320, 1280])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": request.param, "height": 800})
    yield page
    page.close()


def leave_path(installation: Installation) -> str:
    with installation.app.database.read() as connection:
        person = subscriber_by_address(connection, parse_address(ADA))
    return "/u/" + installation.app.links.keys.sign("unsubscribe", person.subscriptions[0].id)


def state(installation: Installation) -> str:
    with installation.app.database.read() as connection:
        return str(subscriber_by_address(connection, parse_address(ADA)).subscriptions[0].state)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_window_or_faint(
    installation: Installation, address: str, page: Page, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in ("/", leave_path(installation), "/u/test", "/nowhere"):
        page.goto(address + path)
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), path
        assert page.locator("h1").count() == page.locator("main").count() == 1
        for element in page.locator("h1, p, button, bdi").all():
            assert element.evaluate(CONTRAST) >= 4.5, element.inner_text()


def test_the_button_is_one_tab_after_the_skip_link_shows_its_focus_and_works_by_enter(
    installation: Installation, address: str, page: Page
) -> None:
    page.goto(address + leave_path(installation))
    page.keyboard.press("Tab")
    focused = page.locator(":focus-visible")
    assert focused.inner_text() == "Skip to the content"
    assert focused.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused.inner_text() == "Unsubscribe"
    assert focused.evaluate("(e) => getComputedStyle(e).outlineStyle") == "solid"
    assert focused.bounding_box()["height"] >= 44
    page.keyboard.press("Enter")
    page.wait_for_selector("text=You are unsubscribed")
    assert state(installation) == "ended"
    assert page.get_by_role("button", name="Unsubscribe", exact=True).count() == 0


def test_a_screen_reader_hears_the_language_a_heading_and_one_button(
    installation: Installation, address: str, page: Page
) -> None:
    page.goto(address + leave_path(installation))
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.title() == f"Unsubscribe · {LONG_NAME}"
    assert page.get_by_role("heading", level=1).inner_text() == f"Unsubscribe from {LONG_NAME}?"
    assert page.get_by_role("button").all_inner_texts() == ["Unsubscribe"]


def test_the_browser_obeys_the_policy_without_a_complaint(
    installation: Installation, address: str, page: Page
) -> None:
    issue_id = installation.add_issue("The Quiet Harbour")
    pipeline.publish_issue(installation.app.publishing, issue_id)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    view = view_path(installation, issue_id)
    for path in ("/", leave_path(installation), view):
        page.goto(address + path)
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily")[:7] == (
            "Georgia"
        )
    assert [line for line in said if "favicon" not in line and "404" not in line] == []

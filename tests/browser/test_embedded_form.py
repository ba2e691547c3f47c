"""
The form on somebody else's website, in a real browser without scripts.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from installation import Installation
from playwright.sync_api import Browser, Page, Route
from served_pages import served_pages
from signup_pages import ADA, states_of

from newsletter.web.signup.embed import find_snippet
from subscribers.errors import UnknownSubscriber
from subscribers.model import Visibility

CLUB = "http://club.example/moorings"

pytestmark = [pytest.mark.ci, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.fixture
def address(installation: Installation) -> Iterator[str]:
    """
    Where the pages of *installation* are served, with one public list.
    """
    installation.add_list("daily", visibility=Visibility.PUBLIC)
    with served_pages(installation) as address:
        yield address


def open_club(page: Page, installation: Installation, address: str) -> None:
    """
    Open a page of another site that has the form of the newsletter.
    """
    snippet = find_snippet(installation.app, "daily", with_script=False)
    snippet = snippet.replace(installation.app.site.base_url, address)

    def serve(route: Route) -> None:
        body = f"<!DOCTYPE html><title>Club</title><h1>Moorings</h1>{snippet}"
        route.fulfill(body=body, content_type="text/html")

    page.route(CLUB, serve)
    page.goto(CLUB)


def is_known(installation: Installation) -> bool:
    try:
        return states_of(installation) == {"daily": "pending"}
    except UnknownSubscriber:
        return False


def test_without_a_script_one_more_button_joins(
    installation: Installation, browser: Browser, address: str
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        open_club(page, installation, address)
        page.get_by_label("Your email address").fill(ADA)
        page.get_by_role("button", name="Sign me up").press("Enter")
        page.get_by_role("heading", name="One more click").wait_for()
        assert not is_known(installation)

        page.get_by_role("button", name="Sign me up").press("Enter")
        page.get_by_role("heading", name="Now check your inbox").wait_for()

    assert is_known(installation)

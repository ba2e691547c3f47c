"""
From the form to the first welcome: the mail that asks, the page with the button, and what only the
button does.
"""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage

import pytest
from installation import Installation
from origins import STAFF
from signup_pages import ADA, confirm_link, press_button, send_form, states_of
from web_samples import TestClient, heading

from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from subscribers.lists import find_list
from subscribers.model import Visibility
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

BROWSER = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture(autouse=True)
def daily(installation: Installation) -> None:
    installation.add_list("daily", visibility=Visibility.PUBLIC)


def settings_of_daily(installation: Installation, own: ListSettings) -> None:
    with installation.app.database.write() as connection:
        set_list_settings(connection, find_list(connection, "daily").id, own)


def asked(installation: Installation, pages: TestClient, **typed: str) -> EmailMessage:
    """
    Sign Ada up, and return the mail that asks her.
    """
    send_form(installation, pages, "/join/daily", email=ADA, **typed)
    installation.submit_all()
    return installation.mails()[-1]


def test_a_reader_joins_by_the_button_in_the_mail_and_is_welcomed(
    installation: Installation, pages: TestClient
) -> None:
    mail = asked(installation, pages, name="Ada")
    page = pages.get(confirm_link(mail))

    assert "a…@example.org" in page.text
    assert ADA not in page.text
    done = press_button(pages, page.text)
    installation.submit_all()

    assert heading(done.text) == "Welcome! You’re in."
    assert states_of(installation) == {"daily": "active"}
    assert installation.mailed() == [ADA, ADA]
    assert any("List-Unsubscribe" in mail for mail in installation.mails())


def test_nothing_that_a_stranger_typed_is_in_the_mail(
    installation: Installation, pages: TestClient
) -> None:
    mail = asked(installation, pages, name="Cheap watches")

    assert "Cheap watches" not in mail.as_string()
    assert "Cheap watches" not in pages.get(confirm_link(mail)).text


@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "One-Click"}, {"confirm": "no"}])
def test_what_scanners_do_with_the_link_confirms_nothing(
    installation: Installation, pages: TestClient, body: dict[str, str]
) -> None:
    link = confirm_link(asked(installation, pages))

    assert pages.get(link, headers=BROWSER).status_code == 200
    assert pages.head(link).status_code == 200
    assert heading(pages.post(link, data=body).text) == "One click and you’re in"
    assert states_of(installation) == {"daily": "pending"}


def test_a_second_press_shows_the_same_and_sends_nothing(
    installation: Installation, pages: TestClient
) -> None:
    page = pages.get(confirm_link(asked(installation, pages))).text
    first = press_button(pages, page)
    second = press_button(pages, page)
    installation.submit_all()

    assert second.content == first.content
    assert installation.mailed() == [ADA, ADA]


def test_the_link_of_somebody_who_left_since_brings_them_back_no_more(
    installation: Installation, pages: TestClient
) -> None:
    page = pages.get(confirm_link(asked(installation, pages))).text
    press_button(pages, page)
    installation.now += dt.timedelta(hours=1)
    installation.unsubscribe(ADA)

    again = press_button(pages, page)

    assert again.status_code == 410
    assert states_of(installation) == {"daily": "ended"}


def test_a_link_is_good_for_seven_days(installation: Installation, pages: TestClient) -> None:
    link = confirm_link(asked(installation, pages))
    page = pages.get(link).text
    installation.now += dt.timedelta(days=7)

    assert pages.get(link).status_code == 410
    assert press_button(pages, page).status_code == 410
    assert states_of(installation) == {"daily": "pending"}


def test_a_damaged_link_says_so(installation: Installation, pages: TestClient) -> None:
    link = confirm_link(asked(installation, pages))

    for damaged in ("/c/x", link[:-6], link + "A"):
        assert pages.get(damaged).status_code == 404
        assert pages.post(damaged, data={"confirm": "yes"}).status_code == 404


def test_an_address_that_was_suppressed_in_the_meantime_is_told_what_to_do(
    installation: Installation, pages: TestClient
) -> None:
    page = pages.get(confirm_link(asked(installation, pages))).text
    with installation.app.database.write() as connection:
        ada = parse_address(ADA)
        suppress(connection, ada, reason=SuppressionReason.BOUNCE, now=installation.now, by=STAFF)

    held = press_button(pages, page)

    assert held.status_code == 409
    assert "write to us" in held.text
    assert states_of(installation) == {"daily": "pending"}


def test_a_list_may_confirm_on_opening_if_a_browser_shows_the_page(
    installation: Installation, pages: TestClient
) -> None:
    settings_of_daily(installation, ListSettings(confirms_on_open=True))
    link = confirm_link(asked(installation, pages))

    for headers in (
        {},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"},
        {**BROWSER, "Sec-Purpose": "prefetch;prerender"},
        {**BROWSER, "Purpose": "prefetch"},
    ):
        pages.get(link, headers=headers)
    pages.head(link, headers=BROWSER)
    assert states_of(installation) == {"daily": "pending"}

    assert heading(pages.get(link, headers=BROWSER).text) == "Welcome! You’re in."
    assert states_of(installation) == {"daily": "active"}


def test_a_list_may_do_without_a_welcome(installation: Installation, pages: TestClient) -> None:
    settings_of_daily(installation, ListSettings(sends_welcome=False))
    press_button(pages, pages.get(confirm_link(asked(installation, pages))).text)
    installation.submit_all()

    assert states_of(installation) == {"daily": "active"}
    assert installation.mailed() == [ADA]


def test_who_reads_already_gets_the_link_to_their_settings(
    installation: Installation, pages: TestClient
) -> None:
    installation.subscribe([ADA])

    body = asked(installation, pages).get_body(("plain",))

    assert body is not None
    assert "https://news.example.org/p/find/" in body.get_content()

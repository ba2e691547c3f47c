"""
The page behind the link of the email that asks people again, and the email.
"""

from __future__ import annotations

import pytest
from asking_people import reader, start_asking, work_days
from installation import Installation
from signup_pages import confirm_link, link_below, press_button, states_of
from web_samples import TestClient, heading

from newsletter.store.issues.list_settings import ListSettings, set_list_settings

ADA = reader(0)
BROWSER = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture(autouse=True)
def asked(installation: Installation) -> None:
    """
    Ada is asked whether she still wants a list that confirms a sign-up when a page is opened.
    """
    installation.add_list()
    with installation.app.database.write() as connection:
        set_list_settings(connection, 1, ListSettings(confirms_on_open=True))
    start_asking(installation, readers=1)
    work_days(installation)


def test_the_page_asks_whether_to_go_on_and_only_its_button_says_yes(
    installation: Installation, pages: TestClient
) -> None:
    (mail,) = installation.mails()
    assert str(mail["Subject"]) == "Do you still want Daily?"

    page = pages.get(confirm_link(mail), headers=BROWSER)
    assert heading(page.text) == "Would you like to keep it?"
    assert ADA not in page.text
    pages.head(confirm_link(mail))
    work_days(installation)
    again = pages.get(confirm_link(mail), headers=BROWSER)
    assert heading(again.text) == "Would you like to keep it?"

    done = press_button(pages, page.text)
    assert heading(done.text) == "Thank you! You’ll keep getting it."
    assert heading(pages.get(confirm_link(mail)).text) == "Thank you! You’ll keep getting it."
    work_days(installation, 10)
    assert states_of(installation, ADA) == {"daily": "active"}
    assert installation.mailed() == [ADA]


def test_the_email_can_be_answered_by_leaving(
    installation: Installation, pages: TestClient
) -> None:
    (mail,) = installation.mails()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    pages.post(link_below(mail, "/u/"), data={"List-Unsubscribe": "One-Click"})

    assert states_of(installation, ADA) == {"daily": "ended"}
    press_button(pages, pages.get(confirm_link(mail)).text)
    assert states_of(installation, ADA) == {"daily": "ended"}


def test_after_the_end_the_link_does_not_work(
    installation: Installation, pages: TestClient
) -> None:
    work_days(installation, 10)
    assert states_of(installation, ADA) == {"daily": "ended"}
    (mail,) = installation.mails()
    assert pages.get(confirm_link(mail)).status_code == 410

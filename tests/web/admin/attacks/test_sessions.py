"""
Sessions that somebody else knows from before: they are worth nothing after each way to log in.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from installation import Installation
from staff_samples import (
    EVE,
    PASSWORD,
    StaffBrowser,
    add_member,
    add_totp,
    form_token,
    load_member,
)

from newsletter.actions.access import staff
from newsletter.model.access import OPERATOR, Role

TOM = "tom@example.org"
HOST = "news.example.org"


def is_in(browser: StaffBrowser, session: str) -> bool:
    """
    Return True if the session shows a page of the newsroom.
    """
    headers = {"Cookie": f"__Host-staff={session}"}
    browser.client.cookies.clear()
    return browser.client.get("/admin/account", headers=headers).status_code == 200


def by_password(installation: Installation, browser: StaffBrowser) -> None:
    browser.log_in()


def by_second_factor(installation: Installation, browser: StaffBrowser) -> None:
    codes = add_totp(installation, load_member(installation))
    browser.log_in()
    browser.post("/admin/login/second", code=codes.at(installation.now))


def by_reset(installation: Installation, browser: StaffBrowser) -> None:
    link = staff.reset(installation.app, EVE, by_mail=False, by=OPERATOR)
    path = (link.url or "").removeprefix(f"https://{HOST}")
    browser.post(path, name="Eve", new_password="a lantern on the quay")


def by_invitation(installation: Installation, browser: StaffBrowser) -> None:
    invited = staff.invite(installation.app, TOM, role=Role.EDITOR, by_mail=False, by=OPERATOR)
    path = (invited.url or "").removeprefix(f"https://{HOST}")
    browser.post(path, name="Tom", new_password="a lantern on the quay")


def by_proof(installation: Installation, browser: StaffBrowser) -> None:
    browser.log_in()
    browser.post("/admin/confirm", password=PASSWORD)


@pytest.mark.parametrize(
    "enter", [by_password, by_second_factor, by_reset, by_invitation, by_proof]
)
def test_a_session_from_before_is_worth_nothing_after(
    installation: Installation,
    browser: StaffBrowser,
    enter: Callable[[Installation, StaffBrowser], None],
) -> None:
    add_member(installation)
    chosen = "chosen-by-somebody-else"
    browser.client.cookies.set("__Host-staff", chosen, domain=HOST)
    seen = [chosen]
    send = browser.client.send

    def watched(*args: object, **values: object) -> object:
        response = send(*args, **values)  # type: ignore[arg-type]
        if (session := browser.session) and session not in seen:
            seen.append(session)
        return response

    browser.client.send = watched  # type: ignore[method-assign, assignment]
    enter(installation, browser)
    *before, last = seen
    assert is_in(browser, last)
    assert [is_in(browser, each) for each in before] == [False] * len(before)


def test_a_session_that_was_given_to_a_victim_does_not_become_theirs(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    add_member(installation, "mallory@example.org", role=Role.OBSERVER)
    browser.log_in("mallory@example.org")
    planted = browser.session or ""
    token = form_token(browser.get("/admin/account").text)
    entered = browser.post("/admin/login", token=token, email=EVE, password=PASSWORD)
    assert entered.status_code == 303
    assert browser.session not in ("", planted)
    browser.client.cookies.clear()
    shown = browser.client.get("/admin/account", headers={"Cookie": f"__Host-staff={planted}"})
    assert EVE not in shown.text

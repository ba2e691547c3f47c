"""
What members change themselves: name, language, password, second factors, sessions.
"""

from __future__ import annotations

import datetime as dt
import re
import threading

import pyotp
import pytest
from installation import Installation
from staff_samples import (
    BASE_URL,
    EVE,
    PASSWORD,
    StaffBrowser,
    add_member,
    form_token,
    load_member,
)
from web_samples import TestClient, heading

from newsletter.actions.access import audit
from newsletter.model.access import OPERATOR
from newsletter.web.application import make_web

NEW = "a lantern on the quay"
ELEVATED = ("password", "totp", "codes", "passkeys")


@pytest.fixture
def eve(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    """
    A browser that is logged in.
    """
    add_member(installation)
    browser.log_in()
    return browser


def set_up_totp(installation: Installation, browser: StaffBrowser) -> tuple[pyotp.TOTP, str]:
    """
    Set up an authenticator app, and return it with the page that follows.
    """
    page = browser.get("/admin/account/totp").text
    (shown,) = re.findall(r'translate="no">([A-Z2-7 ]+)<', page)
    (encrypted,) = re.findall(r'name="encrypted" value="([^"]+)"', page)
    totp = pyotp.TOTP(shown.replace(" ", ""))
    path, code = "/admin/account/totp", totp.at(installation.now)
    assert browser.post(path, encrypted=encrypted, code="000000").status_code == 422
    return totp, browser.post(path, encrypted=encrypted, code=code).text


def test_name_and_language_are_the_members_own(
    installation: Installation, eve: StaffBrowser
) -> None:
    eve.post("/admin/account", name="Eve Young", language="de")
    assert heading(eve.get("/admin/account").text) == "Ihr Konto"
    member = load_member(installation)
    assert (member.name, member.language) == ("Eve Young", "de")
    assert eve.post("/admin/account", name="Eve", language="xx").status_code == 422
    assert eve.post("/admin/account", name="E" * 201, language="en").status_code == 422


@pytest.mark.parametrize("page", ELEVATED)
def test_what_decides_over_the_log_in_needs_a_fresh_proof(
    installation: Installation, eve: StaffBrowser, page: str
) -> None:
    path = f"/admin/account/{page}"
    token = form_token(eve.get(path).text)
    installation.now += dt.timedelta(minutes=15)
    confirm = f"/admin/confirm?next=%2Fadmin%2Faccount%2F{page}"
    assert eve.get(path).headers["location"] == confirm
    assert eve.post(path, token=token, new_password=NEW).headers["location"] == confirm
    assert eve.post("/admin/confirm", password="wrong", next=path).status_code == 422
    assert eve.post("/admin/confirm", password=PASSWORD, next=path).headers["location"] == path
    assert eve.get(path).status_code == 200


def test_nobody_is_led_to_another_site(eve: StaffBrowser) -> None:
    for path in ("https://evil.example/", "//evil.example", "/admin/logout"):
        confirmed = eve.post("/admin/confirm", password=PASSWORD, next=path)
        assert confirmed.headers["location"] == "/admin/"


def test_a_new_password_ends_every_other_session(
    installation: Installation, eve: StaffBrowser
) -> None:
    before = eve.session
    changed = eve.post("/admin/account/password", new_password=NEW)
    assert changed.headers["location"] == "/admin/account"
    assert eve.get("/admin/account").status_code == 200
    eve.client.cookies.set("__Host-staff", before or "", domain="news.example.org")
    assert eve.get("/admin/account").status_code == 303
    eve.client.cookies.clear()
    assert eve.log_in(password=PASSWORD).status_code == 422
    assert eve.log_in(password=NEW).status_code == 303


def test_an_app_is_set_up_with_a_picture_or_a_key_and_gives_ten_codes_shown_once(
    installation: Installation, eve: StaffBrowser
) -> None:
    page = eve.get("/admin/account/totp").text
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page
    totp, shown = set_up_totp(installation, eve)
    codes = re.findall(r"<code>([a-z0-9-]+)</code>", shown)
    assert len(set(codes)) == 10
    assert codes[0] not in eve.get("/admin/account/codes").text
    eve.client.cookies.clear()
    eve.log_in()
    second = "/admin/login/second"
    # The code that set up the app is used.
    assert eve.post(second, code=totp.at(installation.now)).status_code == 422
    assert eve.post(second, recovery=codes[9]).status_code == 303
    assert "9 left." in eve.get("/admin/account").text
    newer = re.findall(r"<code>([a-z0-9-]+)</code>", eve.post("/admin/account/codes").text)
    assert len(newer) == 10
    eve.client.cookies.clear()
    eve.log_in()
    assert eve.post(second, recovery=codes[0]).status_code == 422
    assert eve.post(second, recovery=newer[0]).status_code == 303


def test_the_key_of_another_session_is_not_accepted(
    installation: Installation, eve: StaffBrowser
) -> None:
    (encrypted,) = re.findall(
        r'name="encrypted" value="([^"]+)"', eve.get("/admin/account/totp").text
    )
    eve.client.cookies.clear()
    eve.log_in()
    sent = eve.post("/admin/account/totp", encrypted=encrypted, code="000000")
    assert sent.status_code == 403
    assert load_member(installation).totp_secret is None


def test_removing_the_app_leaves_the_password(
    installation: Installation, eve: StaffBrowser
) -> None:
    set_up_totp(installation, eve)
    eve.post("/admin/account/totp/remove", on="/admin/account/totp")
    eve.client.cookies.clear()
    assert eve.log_in().headers["location"] == "/admin/"


def test_members_see_their_sessions_and_end_them_but_not_those_of_others(
    installation: Installation, eve: StaffBrowser
) -> None:
    add_member(installation, "tom@example.org")
    web = make_web(installation.app, stopping=threading.Event())
    headers = {"User-Agent": "Phone"}
    with (
        TestClient(web, base_url=BASE_URL, follow_redirects=False, headers=headers) as phone,
        TestClient(web, base_url=BASE_URL, follow_redirects=False) as other,
    ):
        second, tom = StaffBrowser(phone), StaffBrowser(other)
        second.log_in(EVE)
        tom.log_in("tom@example.org")
        page = eve.get("/admin/account").text
        assert page.count("(this browser)") == 1
        (number,) = re.findall(r'name="session" value="(\d+)"', page)
        for one in (number, "999", "x", "9" * 30):
            tom.post("/admin/account/sessions", on="/admin/account", session=one)
        assert second.get("/admin/").status_code == 200
        eve.post("/admin/account/sessions", on="/admin/account", session=number)
        assert second.get("/admin/").status_code == 303
        second.log_in(EVE)
        eve.post("/admin/account/sessions", on="/admin/account", session="others")
        assert second.get("/admin/").status_code == 303
        assert eve.get("/admin/").status_code == 200
        assert tom.get("/admin/").status_code == 200


def test_templates_get_no_hash_and_no_secret(installation: Installation, eve: StaffBrowser) -> None:
    set_up_totp(installation, eve)
    page = eve.get("/admin/account").text
    member = load_member(installation)
    for secret in (member.password_hash, member.totp_secret, eve.session):
        assert secret
        assert secret not in page


def test_what_members_do_with_their_accounts_is_in_the_audit_trail(
    installation: Installation, eve: StaffBrowser
) -> None:
    set_up_totp(installation, eve)
    eve.post("/admin/account/totp/remove", on="/admin/account/totp")
    found = audit.entries(installation.app, limit=9, by=OPERATOR)[::-1]
    assert [each.action for each in found] == [
        "staff.log_in",
        "staff.add_totp",
        "staff.new_recovery_codes",
        "staff.remove_totp",
    ]
    assert {(each.actor, each.object_id, each.staff_id) for each in found} == {(EVE, EVE, 1)}
    assert {each.from_address for each in found} == {"testclient"}
    assert all(each.personal is None and not each.changes for each in found)

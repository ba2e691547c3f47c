"""
The limits on log-in as a browser meets them, behind a proxy and without.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest
from installation import Installation
from staff_samples import BASE_URL, EVE, StaffBrowser, add_member, add_totp
from web_samples import TestClient

from newsletter.access.known_browsers import known_browser, remember_browser
from newsletter.access.login_limits import ACCOUNT_FROM_NETWORK
from newsletter.web.application import make_web

SECOND = "/admin/login/second"
KNOWN = "__Host-staff-known"


@pytest.fixture
def browser(installation: Installation) -> Iterator[StaffBrowser]:
    """
    A browser in a network that is known.
    """
    web, peer = make_web(installation.app, stopping=threading.Event()), ("192.0.2.9", 4000)
    with TestClient(web, base_url=BASE_URL, follow_redirects=False, client=peer) as client:
        yield StaffBrowser(client)


def test_the_right_password_does_not_get_in_while_it_has_to_wait(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    hashes = installation.app.passwords.hashes
    statuses = [browser.log_in(password="wrong").status_code for _ in range(8)]
    assert statuses == [422] * 5 + [429] * 3
    delayed = browser.log_in()
    assert (delayed.status_code, delayed.headers["retry-after"]) == (429, "30")
    # Nothing is hashed for who has to wait.
    assert installation.app.passwords.hashes == hashes + 5
    installation.now += dt.timedelta(seconds=30)
    assert browser.log_in().status_code == 303


def test_an_unknown_account_is_limited_as_a_known_one(
    installation: Installation, browser: StaffBrowser
) -> None:
    for email in ("nobody@example.org", "not an address"):
        statuses = [browser.log_in(email, "wrong").status_code for _ in range(7)]
        assert statuses == [422] * 5 + [429] * 2


def test_codes_are_limited_as_passwords_are(
    installation: Installation, browser: StaffBrowser
) -> None:
    totp = add_totp(installation, add_member(installation))
    browser.log_in()
    statuses = [browser.post(SECOND, code=f"{n:06}").status_code for n in range(8)]
    assert statuses == [422] * 5 + [429] * 3
    # Logging in once more does not start them over.
    browser.log_in()
    assert browser.post(SECOND, code=totp.at(installation.now)).status_code == 429


@pytest.mark.parametrize("proxies", [(), ("127.0.0.1/32",)])
def test_the_limit_is_for_the_client_behind_a_proxy_and_nobody_can_invent_addresses(
    installation: Installation, proxies: tuple[str, ...]
) -> None:
    add_member(installation)
    settings = installation.app.settings
    web_settings = settings.web.model_copy(update={"proxies": proxies})
    installation.app.settings = settings.model_copy(update={"web": web_settings})
    web = make_web(installation.app, stopping=threading.Event())
    peer = ("127.0.0.1" if proxies else "192.0.2.9", 4000)
    client = TestClient(web, base_url=BASE_URL, follow_redirects=False, client=peer)
    with client:

        def status(forwarded: str) -> int:
            browser = StaffBrowser(client, **{"X-Forwarded-For": forwarded})
            return browser.log_in(password="wrong").status_code

        # What a client adds itself stands to the left of what the proxy adds.
        added = ", 203.0.113.7" if proxies else ""
        invented = [status(f"10.9.{n}.1{added}") for n in range(8)]
        assert invented == [422] * 5 + [429] * 3
        # Somebody in another network is not delayed, where the proxy says who that is.
        assert status("198.51.100.7") == (422 if proxies else 429)


def known_by(browser: StaffBrowser) -> str:
    """
    Log in and out, and return the cookie that makes the browser known.
    """
    assert browser.log_in().headers["location"] == "/admin/"
    cookie = browser.client.cookies[KNOWN]
    assert browser.post("/admin/logout", on="/admin/account").status_code == 303
    assert browser.client.cookies[KNOWN] == cookie
    return cookie


def test_nobody_keeps_a_member_out_of_a_browser_they_have_used_before(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    cookie = known_by(browser)
    browser.client.cookies.clear()
    assert [browser.log_in(password="wrong").status_code for _ in range(8)][-1] == 429
    assert browser.log_in().status_code == 429
    browser.client.cookies.set(KNOWN, cookie)
    assert browser.log_in().status_code == 303


def test_nobody_keeps_a_member_out_through_a_proxy_that_is_not_named(
    installation: Installation,
) -> None:
    add_member(installation)
    web = make_web(installation.app, stopping=threading.Event())
    peer = ("127.0.0.1", 4000)
    with TestClient(web, base_url=BASE_URL, follow_redirects=False, client=peer) as client:
        browser = StaffBrowser(client)
        assert [browser.log_in(password="wrong").status_code for _ in range(20)] == [422] * 20
        assert browser.log_in().status_code == 303


def test_nobody_keeps_the_link_for_a_new_password_from_a_member(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    cookie = known_by(browser)
    browser.client.cookies.clear()
    for _ in range(8):
        browser.post("/admin/reset", email=EVE)
    installation.submit_all()
    assert len(installation.mails()) == ACCOUNT_FROM_NETWORK.free
    browser.client.cookies.set(KNOWN, cookie)
    browser.post("/admin/reset", email=EVE)
    installation.submit_all()
    assert len(installation.mails()) == ACCOUNT_FROM_NETWORK.free + 1


def test_a_browser_that_is_known_has_the_same_limit_of_its_own(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    known_by(browser)
    statuses = [browser.log_in(password="wrong").status_code for _ in range(7)]
    assert statuses == [422] * 5 + [429] * 2
    assert browser.log_in().status_code == 429


def test_a_password_without_the_second_factor_makes_no_browser_known(
    installation: Installation, browser: StaffBrowser
) -> None:
    totp = add_totp(installation, add_member(installation))
    assert browser.log_in().headers["location"] == SECOND
    assert KNOWN not in browser.client.cookies
    assert browser.post(SECOND, code=totp.at(installation.now)).status_code == 303
    assert KNOWN in browser.client.cookies


def test_a_browser_is_known_to_one_account_and_only_by_a_cookie_made_here(
    installation: Installation,
) -> None:
    cipher = installation.app.text_cipher
    cookie = remember_browser(cipher, EVE)
    assert len(known_browser(cipher, cookie, EVE)) == 32
    assert known_browser(cipher, cookie, "tom@example.org") == ""
    for forged in ("", "x" * 60, cookie[:-1], cookie[1:], cipher.encrypt(f"x {EVE}", "other")):
        assert known_browser(cipher, forged, EVE) == ""

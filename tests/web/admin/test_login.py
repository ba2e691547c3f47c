"""
Log in with a password, and a second factor: who gets in, who does not, and what the browser keeps.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import re
import threading

import pytest
from installation import Installation
from staff_samples import (
    BASE_URL,
    EVE,
    PASSWORD,
    SAME_ORIGIN,
    StaffBrowser,
    add_member,
    add_totp,
    form_token,
    load_member,
)
from starlette.routing import Route
from web_samples import TestClient, heading

from newsletter.access import members as access_members
from newsletter.access.recovery_codes import new_recovery_codes, recovery_hash
from newsletter.model.access import Role
from newsletter.store.access import factors, members
from newsletter.store.epochs import begin_epoch
from newsletter.web.admin.staff_site import staff_routes
from newsletter.web.application import make_web
from newsletter.web.page.static_files import StaticFiles
from newsletter.web.write_pool import WritePool

HOME, SECOND = "/admin/", "/admin/login/second"
FORGED = 1000


def is_in(browser: StaffBrowser) -> bool:
    return browser.get(HOME).status_code == 200


def test_a_member_who_knows_the_password_gets_in_and_sees_who_they_are(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    add_member(installation, role=Role.EDITOR, lists=["daily"])
    assert browser.log_in().headers["location"] == HOME
    assert heading(browser.get(HOME).text) == "Nothing needs you now"
    page = browser.get("/admin/account").text
    assert [word for word in ("Eve Adams", EVE, "Editor", "daily") if word not in page] == []


def test_the_log_in_says_how_the_first_owner_is_made_until_there_is_one(
    installation: Installation, browser: StaffBrowser
) -> None:
    command = "newsletter staff invite you@example.org --owner --link"
    assert command in browser.get("/admin/login").text
    add_member(installation, role=Role.OWNER)
    assert "staff invite" not in browser.get("/admin/login").text


def test_a_wrong_password_an_unknown_address_and_a_removed_member_get_the_same_answer(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    gone = add_member(installation, "tom@example.org", role=Role.EDITOR)
    with installation.app.database.write() as connection:
        access_members.remove(connection, gone, now=installation.now)
    pages = set()
    passwords = installation.app.passwords
    for email, password in ((EVE, "wrong"), ("no@example.org", PASSWORD), (gone.email, PASSWORD)):
        hashes = passwords.hashes
        response = browser.log_in(email, password)
        # The time of an answer is that of its one hash.
        assert passwords.hashes == hashes + 1
        page = response.text.replace(email, "ADDRESS")
        pages.add((response.status_code, re.sub(r'value="[^"]{22}"', "", page)))
    assert [status for status, _ in pages] == [422]
    assert not is_in(browser)


def test_the_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    set_cookie = browser.log_in().headers.get_list("set-cookie")[0]
    name, _, rest = set_cookie.partition("=")
    assert name == "__Host-staff"
    flags = {flag.strip() for flag in rest.split(";")[1:]}
    assert flags == {"HttpOnly", "Path=/", "SameSite=strict", "Secure"}


def test_on_this_machine_without_https_the_cookie_has_no_prefix_and_elsewhere_nobody_logs_in(
    installation: Installation,
) -> None:
    from newsletter.web.admin.cookies import Cookie, StaffCookies

    local = StaffCookies("http://127.0.0.1:8000")
    assert (local.is_safe, local.is_secure, local.name(Cookie.SESSION)) == (True, False, "staff")
    assert not StaffCookies("http://news.example.org").is_safe
    assert not StaffCookies("http://localhost.example.org").is_safe


def test_pages_for_staff_go_into_no_cache_and_no_frame_and_run_no_foreign_script(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    for path in (HOME, "/admin/account", "/admin/account/passkeys", "/admin/account/totp"):
        headers = browser.get(path).headers
        assert headers["cache-control"] == "private, no-store"
        assert headers["referrer-policy"] == "no-referrer"
        rules = dict(
            rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";")
        )
        assert rules == {
            "default-src": "'none'",
            "style-src": "'self'",
            "script-src": "'self'",
            "connect-src": "'self'",
            "img-src": "'self'",
            "frame-src": "'self'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
        }


def test_a_session_gets_a_new_id_at_log_in_and_at_elevation(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.client.cookies.set("__Host-staff", "chosen-by-somebody-else", domain="news.example.org")
    browser.log_in()
    first = browser.session
    assert first != "chosen-by-somebody-else"
    browser.post("/admin/confirm", password=PASSWORD)
    second = browser.session
    assert second != first
    assert is_in(browser)
    browser.client.cookies.set("__Host-staff", first or "", domain="news.example.org")
    assert not is_in(browser)


def test_a_session_ends_two_hours_after_it_was_used_and_a_day_after_the_log_in(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    began = installation.now
    installation.now += dt.timedelta(minutes=119)
    assert is_in(browser)
    installation.now += dt.timedelta(minutes=121)
    assert not is_in(browser)
    installation.now = began
    browser.log_in()
    while installation.now < began + dt.timedelta(hours=23):
        installation.now += dt.timedelta(minutes=100)
        assert is_in(browser)
    installation.now = began + dt.timedelta(hours=23, minutes=50)
    # Who proves again who they are does not stay longer for it.
    browser.post("/admin/confirm", password=PASSWORD)
    assert is_in(browser)
    installation.now = began + dt.timedelta(hours=24)
    assert not is_in(browser)


@pytest.mark.parametrize("what", ["role", "removal", "password", "epoch"])
def test_a_session_does_not_outlive_a_role_a_password_or_a_restore(
    installation: Installation, browser: StaffBrowser, what: str
) -> None:
    add_member(installation, "owner@example.org")
    member = add_member(installation, role=Role.EDITOR)
    browser.log_in()
    assert is_in(browser)
    with installation.app.database.write() as connection:
        if what == "role":
            access_members.change_role(connection, member, role=Role.AUTHOR, lists=None)
        elif what == "removal":
            access_members.remove(connection, member, now=installation.now)
        elif what == "password":
            access_members.set_password(connection, member, "x")
        else:
            begin_epoch(connection, now=installation.now)
    assert not is_in(browser)


def test_logging_out_ends_the_session_on_the_server(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    kept = browser.session or ""
    assert browser.post("/admin/logout", on=HOME).headers["location"] == "/admin/login"
    assert browser.session is None
    browser.client.cookies.set("__Host-staff", kept, domain="news.example.org")
    assert not is_in(browser)


def forged_sessions(genuine: str, rng: random.Random) -> list[str]:
    """
    Return what an attacker would try in place of a session.
    """
    made = ["", " ", genuine[:-1], genuine + "A", genuine.swapcase(), f"{genuine}\0", "ü" * 43]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    while len(made) < FORGED:
        at = rng.randrange(len(genuine))
        other = rng.choice(letters.replace(genuine[at], ""))
        made.append(f"{genuine[:at]}{other}{genuine[at + 1 :]}")
    return made


def test_of_a_thousand_forged_sessions_none_is_accepted(
    installation: Installation, browser: StaffBrowser
) -> None:
    from newsletter.actions.access.login import find_logged_in

    add_member(installation)
    browser.log_in()
    genuine = browser.session or ""
    rng = random.Random(19)
    forged = forged_sessions(genuine, rng)
    assert [one for one in forged if find_logged_in(installation.app, one) is not None] == []
    assert find_logged_in(installation.app, genuine) is not None


def test_a_form_is_refused_that_another_site_sends_or_that_lacks_the_token_of_its_session(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    add_member(installation, "tom@example.org", role=Role.EDITOR)
    browser.log_in()
    token = form_token(browser.get("/admin/account").text)
    web = make_web(installation.app, stopping=threading.Event())
    with TestClient(web, base_url=BASE_URL, follow_redirects=False) as client:
        other = StaffBrowser(client)
        other.log_in("tom@example.org")
        of_another = form_token(other.get("/admin/account").text)
    values = {"name": "Mallory", "language": "en"}

    def status(token: str, headers: dict[str, str]) -> int:
        data = {"form_token": token, **values}
        return browser.client.post("/admin/account", data=data, headers=headers).status_code

    assert status("", SAME_ORIGIN) == 403
    assert status(of_another, SAME_ORIGIN) == 403
    assert status(token[:-1], SAME_ORIGIN) == 403
    assert status("ü", SAME_ORIGIN) == 403
    assert status(token, {}) == 403
    assert status(token, {"Origin": "https://evil.example"}) == 403
    assert status(token, {"Origin": "null"}) == 403
    for site in ("cross-site", "same-site", "none"):
        assert status(token, {**SAME_ORIGIN, "Sec-Fetch-Site": site}) == 403
    assert load_member(installation).name == "Eve Adams"
    assert status(token, {"Origin": BASE_URL}) == 303
    assert load_member(installation).name == "Mallory"


def test_each_page_of_staff_asks_for_a_log_in_and_each_form_for_its_token(
    installation: Installation, browser: StaffBrowser
) -> None:
    routes = staff_routes(installation.app, StaticFiles(), writes=WritePool())
    open_to_all = {
        "/admin/login", "/admin/reset", "/admin/reset/{token}", "/admin/invitation/{token}",
        "/admin/setup/{token}", "/admin/login/oidc", "/admin/login/oidc/callback",
    }  # fmt: skip
    assert len(routes) > 15
    for route in routes:
        assert isinstance(route, Route)
        path = route.path.replace("{token}", "x")
        if "GET" in (route.methods or ()) and route.path not in open_to_all:
            assert browser.get(path).headers["location"] == "/admin/login", path
        if "POST" in (route.methods or ()):
            sent = browser.client.post(path, data={"form_token": "x"}, headers=SAME_ORIGIN)
            assert sent.status_code == 403, path


def test_a_link_from_another_site_leads_to_the_page_although_the_cookie_is_strict(
    installation: Installation, browser: StaffBrowser
) -> None:
    response = browser.get("/admin/account", **{"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/admin/account">' in response.text
    assert "/admin/login" in browser.get("/admin/account").headers["location"]


def test_with_an_app_the_password_alone_lets_nobody_in(
    installation: Installation, browser: StaffBrowser
) -> None:
    totp = add_totp(installation, add_member(installation))
    assert browser.log_in().headers["location"] == SECOND
    assert not is_in(browser)
    assert browser.post(SECOND, code="000000").status_code == 422
    code = totp.at(installation.now)
    assert browser.post(SECOND, code=f"{code[:3]} {code[3:]}").headers["location"] == HOME
    assert is_in(browser)


def test_a_code_is_good_for_one_step_around_now_and_only_once(
    installation: Installation, browser: StaffBrowser
) -> None:
    totp = add_totp(installation, add_member(installation))
    browser.log_in()
    for away in (-60, 60):
        code = totp.at(installation.now + dt.timedelta(seconds=away))
        assert browser.post(SECOND, code=code).status_code == 422
    code = totp.at(installation.now - dt.timedelta(seconds=30))
    assert browser.post(SECOND, code=code).status_code == 303
    browser.log_in()
    assert browser.post(SECOND, code=code).status_code == 422
    assert browser.post(SECOND, code=totp.at(installation.now)).status_code == 303
    browser.log_in()
    # One from before the last that was used is not accepted either.
    assert browser.post(SECOND, code=code).status_code == 422


def test_the_password_step_waits_ten_minutes_for_the_second(
    installation: Installation, browser: StaffBrowser
) -> None:
    totp = add_totp(installation, add_member(installation))
    browser.log_in()
    token = form_token(browser.get(SECOND).text)
    installation.now += dt.timedelta(minutes=10)
    late = browser.post(SECOND, token=token, code=totp.at(installation.now))
    assert late.headers["location"] == "/admin/login"


def test_a_recovery_code_lets_its_owner_in_once(
    installation: Installation, browser: StaffBrowser
) -> None:
    member = add_member(installation)
    add_totp(installation, member)
    other = add_member(installation, "tom@example.org", role=Role.EDITOR)
    codes, foreign = new_recovery_codes(), new_recovery_codes()
    with installation.app.database.write() as connection:
        for staff_id, some in ((member.id, codes), (other.id, foreign)):
            hashes = [recovery_hash(one, staff_id=staff_id) for one in some]
            factors.replace_codes(connection, staff_id, hashes)
    browser.log_in()
    assert browser.post(SECOND, recovery=foreign[0]).status_code == 422
    assert browser.post(SECOND, recovery=codes[3].upper().replace("-", " ")).status_code == 303
    assert is_in(browser)
    browser.log_in()
    used = browser.post(SECOND, recovery=codes[3])
    assert used.status_code == 422
    assert "This recovery code is wrong, or was used before." in used.text


def test_secrets_are_stored_as_hashes_or_encrypted_for_their_owner(
    installation: Installation, browser: StaffBrowser
) -> None:
    app = installation.app
    member = add_member(installation)
    totp = add_totp(installation, member)
    stored = load_member(installation)
    assert PASSWORD not in (stored.password_hash or "")
    assert (stored.password_hash or "").startswith("$argon2id$")
    assert totp.secret not in (stored.totp_secret or "")
    assert app.text_cipher.decrypt(stored.totp_secret or "", f"totp\0{member.id + 1}") is None
    assert "password_hash" not in repr(stored)
    assert totp.secret not in repr(stored)
    browser.log_in()
    with app.database.read() as connection:
        dump = str(connection.exec_driver_sql("SELECT * FROM staff_session").all())
    assert (browser.session or "x") not in dump


def test_a_hash_with_old_parameters_is_renewed_at_log_in(
    installation: Installation, browser: StaffBrowser
) -> None:
    from newsletter.access.passwords import HashCost, Passwords

    member = add_member(installation)
    old = Passwords(HashCost(memory_kib=16, passes=1)).hash(PASSWORD)
    with installation.app.database.write() as connection:
        members.edit_member(connection, member.id, password_hash=old)
    assert browser.log_in().status_code == 303
    assert "m=8,t=1,p=1" in (load_member(installation).password_hash or "")
    assert browser.log_in().status_code == 303


def test_the_log_names_nobody_who_logs_in(
    installation: Installation, browser: StaffBrowser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="newsletter")
    add_member(installation)
    browser.log_in(password="wrong")
    browser.log_in()
    events = [getattr(record, "event", "") for record in caplog.records]
    assert [event for event in events if event.startswith("staff")] == [
        "staff.login_failed",
        "staff.logged_in",
    ]
    secret = (EVE, PASSWORD, "wrong", browser.session or "")
    assert [word for word in secret if word in caplog.text] == []

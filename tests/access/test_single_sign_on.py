"""
Log in at a real OpenID Connect provider: who gets an account, with which role, and who is refused.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from installation import Installation
from oidc_login import CALLBACK, CLIENT_SECRET, log_in_there, running_provider
from staff_samples import BASE_URL, EVE, StaffBrowser, add_member, load_member
from web_samples import TestClient

from newsletter.actions.access import staff
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.access import OPERATOR, Role
from newsletter.model.staff import MemberState
from newsletter.web.application import make_web

TOM = "tom@example.org"
ACCOUNTS = {
    "eve": {"email": EVE, "email_verified": True, "name": "Eve", "groups": ["news", "chiefs"]},
    "tom": {"email": TOM, "email_verified": True, "name": "Tom", "groups": ["news"]},
    "new": {"email": "new@example.org", "email_verified": True, "name": "New", "groups": ["news"]},
    "alone": {"email": "alone@example.org", "email_verified": True, "groups": []},
    "unverified": {"email": TOM, "email_verified": False, "groups": ["chiefs"]},
    "text": {"email": TOM, "email_verified": "true", "groups": ["chiefs"]},
    "foreign": {"email": "x@evil.example", "email_verified": True, "groups": ["chiefs"]},
    "recycled": {"email": EVE, "email_verified": True, "groups": ["chiefs"]},
}
ROLES = {"chiefs": "owner", "news": "editor"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_provider(ACCOUNTS, base_url=BASE_URL) as issuer:
        yield issuer


@pytest.fixture
def installation(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, issuer: str
) -> Iterator[Installation]:
    """
    An installation that staff log in to at the provider; its clock is that of the provider.
    """
    (tmp_path / "oidc").write_text(CLIENT_SECRET)
    oidc = {
        "issuer": issuer,
        "client_id": "newsletter",
        "client_secret": "file:oidc",
        "domains": ["example.org"],
        "roles": ROLES,
    }
    now = dt.datetime.now(dt.UTC)
    made = Installation(tmp_path, database_url, now=now, sandbox=warm_sandbox, login={"oidc": oidc})
    yield made
    made.close()


@pytest.fixture
def browser(installation: Installation) -> Iterator[StaffBrowser]:
    web = make_web(installation.app, stopping=threading.Event())
    with TestClient(web, base_url=BASE_URL, follow_redirects=False) as client:
        yield StaffBrowser(client)


def way_back(browser: StaffBrowser, account: str, path: str = "/admin/login/oidc") -> str:
    """
    Log in at the provider, and return where it sends the browser.
    """
    browser.client.cookies.clear()
    sent = browser.get(path)
    assert sent.status_code == 303
    return log_in_there(sent.headers["location"], account, base_url=BASE_URL)


def comes_in(browser: StaffBrowser, account: str) -> bool:
    response = browser.get(way_back(browser, account))
    if response.status_code != 200:
        assert (response.status_code, browser.session) == (403, None)
        return False
    # The cookie is strict, so a page of the site leads on.
    assert 'content="0;url=/admin/"' in response.text
    return browser.get("/admin/").status_code == 200


def test_people_who_log_in_there_get_an_account_by_their_groups_and_others_do_not(
    installation: Installation, browser: StaffBrowser
) -> None:
    assert comes_in(browser, "eve")
    assert comes_in(browser, "new")
    eve, new = load_member(installation), load_member(installation, "new@example.org")
    assert (eve.role, eve.name, eve.password_hash) == (Role.OWNER, "Eve", None)
    assert (new.role, new.state) == (Role.EDITOR, MemberState.ACTIVE)
    refused = ("alone", "unverified", "text", "foreign", "recycled")
    assert [account for account in refused if comes_in(browser, account)] == []
    # The second time, it is the same account.
    assert comes_in(browser, "eve")
    assert load_member(installation).id == eve.id


def test_a_role_follows_the_groups_at_each_log_in_but_the_last_owner_stays(
    installation: Installation, browser: StaffBrowser
) -> None:
    staff.invite(installation.app, TOM, role=Role.OBSERVER, by_mail=False, by=OPERATOR)
    assert comes_in(browser, "tom")
    assert load_member(installation, TOM).role is Role.EDITOR
    staff.change_role(installation.app, TOM, Role.OWNER, by=OPERATOR)
    assert comes_in(browser, "tom")
    assert load_member(installation, TOM).role is Role.OWNER
    assert comes_in(browser, "eve")
    assert comes_in(browser, "tom")
    assert load_member(installation, TOM).role is Role.EDITOR


@pytest.mark.parametrize("is_chosen", [True, False])
def test_a_session_from_before_is_worth_nothing_after_a_log_in_there(
    installation: Installation, browser: StaffBrowser, is_chosen: bool
) -> None:
    assert comes_in(browser, "tom")
    planted = "chosen-by-somebody-else" if is_chosen else str(browser.session)
    back = way_back(browser, "eve")
    browser.client.cookies.set("__Host-staff", planted, domain="news.example.org")
    assert browser.get(back).status_code == 200
    assert browser.session not in (None, "", planted)
    assert EVE in browser.get("/admin/account").text
    browser.client.cookies.clear()
    seen = browser.client.get("/admin/account", headers={"Cookie": f"__Host-staff={planted}"})
    assert EVE not in seen.text


def test_a_removed_member_does_not_come_back_by_the_provider(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    assert comes_in(browser, "tom")
    staff.remove(installation.app, TOM, by=OPERATOR)
    assert browser.get("/admin/").status_code == 303
    assert not comes_in(browser, "tom")


def test_no_forged_or_repeated_answer_is_accepted(
    installation: Installation, browser: StaffBrowser
) -> None:
    path = way_back(browser, "eve")
    cookie = browser.client.cookies["__Host-staff-oidc"]
    query = dict(parse_qsl(path.partition("?")[2]))
    rng = random.Random(19)
    forged = [{}, {"code": query["code"]}, {"state": query["state"]}, query | {"iss": "https://x"}]
    forged += [query | {"state": query["state"][:-1]}, {"error": "access_denied", **query}]
    for _ in range(30):
        name = rng.choice(("code", "state"))
        at = rng.randrange(len(query[name]))
        other = "x" if query[name][at] != "x" else "y"
        forged.append(query | {name: f"{query[name][:at]}{other}{query[name][at + 1 :]}"})
    forged[5].pop("code")

    def status(values: dict[str, str], cookie: str) -> int:
        browser.client.cookies.clear()
        browser.client.cookies.set("__Host-staff-oidc", cookie, domain="news.example.org")
        return browser.get(f"{CALLBACK}?{urlencode(values)}").status_code

    assert {status(each, cookie) for each in forged} == {403}
    assert status(query, cookie[:-2]) == 403
    # The provider revokes a code that was tried with a wrong one beside it, so log in once more.
    path = way_back(browser, "eve")
    cookie = browser.client.cookies["__Host-staff-oidc"]
    query = dict(parse_qsl(path.partition("?")[2]))
    assert status(query, cookie) == 200
    assert status(query, cookie) == 403


def test_the_cookie_of_the_way_there_is_lax_and_short_and_gone_afterwards(
    installation: Installation, browser: StaffBrowser
) -> None:
    sent = browser.get("/admin/login/oidc").headers.get_list("set-cookie")[0]
    assert sent.startswith("__Host-staff-oidc=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {
        flag.strip() for flag in sent.split(";")
    }
    browser.get(way_back(browser, "eve"))
    assert "__Host-staff-oidc" not in browser.client.cookies


def test_people_who_come_back_are_elevated_only_if_they_proved_there_who_they_are(
    installation: Installation, browser: StaffBrowser
) -> None:
    assert comes_in(browser, "eve")
    page = "/admin/account/password"
    assert "/admin/confirm" in browser.get(page).headers["location"]
    assert "/admin/login/oidc?again=1" in browser.get("/admin/confirm").text
    again = "/admin/login/oidc?again=1"
    sent = dict(parse_qsl(browser.get(again).headers["location"].partition("?")[2]))
    assert (sent["prompt"], sent["max_age"]) == ("login", "0")
    assert browser.get(way_back(browser, "eve", again)).status_code == 200
    assert browser.get(page).status_code == 200


def test_a_member_who_logs_in_there_gets_no_password_by_email(
    installation: Installation, browser: StaffBrowser
) -> None:
    assert comes_in(browser, "eve")
    browser.post("/admin/reset", email=EVE)
    assert installation.open_issues() == []


def test_without_a_provider_there_is_no_button_and_no_page(
    installation: Installation, browser: StaffBrowser
) -> None:
    assert "/admin/login/oidc" in browser.get("/admin/login").text
    settings = installation.app.settings
    login = settings.login.model_copy(update={"oidc": None})
    installation.app.settings = settings.model_copy(update={"login": login})
    assert "/admin/login/oidc" not in browser.get("/admin/login").text
    assert browser.get("/admin/login/oidc").status_code == 404
    assert browser.get(CALLBACK).status_code == 404

"""
The frame of the newsroom: what every page shows, and what a page costs.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.operations import kill_switch
from newsletter.model.access import OPERATOR, Role
from newsletter.store.access import members
from newsletter.web.admin.frame.notices import PageNotice, pack_notice, unpack_notice

MOST_STATEMENTS = 12
FIRST_PAGE_KB = 150
PAGES = ("/admin/", "/admin/account")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_few_statements(
    installation: Installation, browser: StaffBrowser, path: str
) -> None:
    add_member(installation)
    browser.log_in()
    with counted(installation.app) as statements:
        assert browser.get(path).status_code == 200
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)


def test_the_first_page_with_all_it_loads_is_light(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    page = browser.get("/admin/")
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    assert loaded
    files = [browser.get(path) for path in loaded]
    assert all(file.status_code == 200 for file in files)
    assert sum(len(each.content) for each in (page, *files)) < FIRST_PAGE_KB * 1000


def test_a_page_has_no_script_and_no_style_of_its_own(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    for path in PAGES:
        html = browser.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html), path


def test_somebody_who_may_stop_sending_finds_the_switch_on_every_page(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    for path in PAGES:
        assert 'href="/admin/stop"' in browser.get(path).text
    kill_switch.engage(installation.app, reason="wrong picture", by=OPERATOR)
    assert "All sending is stopped" in browser.get("/admin/").text


@pytest.mark.parametrize(("role", "sees"), [(Role.OBSERVER, True), (Role.AUTHOR, False)])
def test_who_may_not_stop_sending_is_not_offered_it(
    installation: Installation, browser: StaffBrowser, role: Role, sees: bool
) -> None:
    add_member(installation, role=role)
    browser.log_in()
    html = browser.get("/admin/").text
    assert 'href="/admin/stop"' not in html
    assert ("Sending is on" in html) is sees


def test_times_are_in_the_zone_of_the_member(
    installation: Installation, browser: StaffBrowser
) -> None:
    member = add_member(installation)
    browser.log_in()
    assert "UTC" in browser.get("/admin/").text
    saved = browser.post("/admin/account", language="en", timezone="Asia/Kolkata")
    assert saved.headers["location"] == "/admin/account"
    page = browser.get("/admin/account").text
    assert "Your changes are saved." in page
    assert "Kolkata" in page
    assert "+05:30" in page
    assert "Your changes are saved." not in browser.get("/admin/account").text
    wrong = browser.post("/admin/account", language="en", timezone="Mars/Olympus")
    assert "This time zone is not known." in wrong.text
    with installation.app.database.read() as connection:
        found = members.member_by_id(connection, member.id)
    assert found is not None
    assert found.timezone == "Asia/Kolkata"


def test_a_page_that_renews_itself_does_not_keep_a_session_from_ending(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    for _ in range(3):
        installation.now += dt.timedelta(minutes=45)
        answer = browser.get("/admin/today/live")
    assert answer.headers["location"] == "/admin/login"


def test_a_notice_that_another_session_was_given_is_not_shown(installation: Installation) -> None:
    keys = installation.app.links.keys
    packed = pack_notice(keys, "one", PageNotice(text="Saved. <b>", kind="warn"))
    assert unpack_notice(keys, "one", packed) == PageNotice(text="Saved. <b>", kind="warn")
    assert unpack_notice(keys, "two", packed) is None
    for bad in ("", ".", packed[:-1], packed[1:], "é." + packed.partition(".")[2]):
        assert unpack_notice(keys, "one", bad) is None

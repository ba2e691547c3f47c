"""
Two briefs that are picked in the inbox are joined.
"""

from __future__ import annotations

from brief_pages import HOSTILE, add_brief, enter, status_of
from installation import Installation
from staff_samples import StaffBrowser

from newsletter.model.access import Role
from newsletter.model.brief import BriefStatus

JOIN = "/admin/briefs/join"


def add_two(installation: Installation) -> None:
    add_brief(installation, HOSTILE)
    add_brief(installation, "A Ferry Less", body_text="One ferry fewer.")


def test_two_picked_briefs_are_joined_after_a_question(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_two(installation)
    enter(installation, browser)
    asked = browser.post(JOIN, on="/admin/briefs", brief=[2, 1])
    page = browser.get(asked.headers["location"]).text
    assert "A Ferry Less" in page
    assert "<script>alert" not in page
    done = browser.post(JOIN, on=asked.headers["location"], brief=[2, 1], keep="2")
    assert done.headers["location"] == "/admin/briefs/2"
    assert status_of(installation, 1) is BriefStatus.HELD
    assert "Joined with brief 2" in browser.get("/admin/briefs/1").text


def test_what_is_refused_is_said_beside_the_question(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list()
    installation.add_issue("In a draft")
    add_two(installation)
    enter(installation, browser)
    page = browser.post(JOIN, on="/admin/briefs", brief=[1, 2], keep="2")
    assert page.status_code == 422
    assert 'id="keep-error"' in page.text


def test_one_brief_or_three_are_not_joined(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_two(installation)
    enter(installation, browser)
    for picked in ([1], [1, 2, 3], ["x", 1]):
        answer = browser.post(JOIN, on="/admin/briefs", brief=picked)
        assert answer.headers["location"] == "/admin/briefs"
        assert "Pick exactly two briefs" in browser.get("/admin/briefs").text
    assert browser.get(f"{JOIN}?brief=1&brief=9").status_code == 404


def test_who_only_looks_joins_nothing(installation: Installation, browser: StaffBrowser) -> None:
    add_two(installation)
    enter(installation, browser, role=Role.OBSERVER)
    assert browser.get(f"{JOIN}?brief=1&brief=2").status_code == 403
    answer = browser.post(JOIN, on="/admin/account", brief=[1, 2], keep="1")
    assert answer.status_code == 403


def test_the_question_says_before_which_one_cannot_be_kept_and_why(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list()
    installation.add_issue("In an issue")
    free = add_brief(installation, "Free")
    enter(installation, browser)
    page = browser.get(f"/admin/briefs/join?brief=1&brief={free}").text
    assert f'value="{free}" required disabled' in page
    assert 'value="1" required>' in page
    assert "“In an issue” is in issue 1: take it out there first" in page

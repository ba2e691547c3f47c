"""
Somebody who opens a draft learns who else has it open.
"""

from __future__ import annotations

import datetime as dt

from installation import Installation
from staff_samples import StaffBrowser, add_member

from newsletter.model.access import Role

JON = "jon@example.org"


def visitors(browser: StaffBrowser, number: int, shown: str | None = None) -> str:
    query = "" if shown is None else f"?shown={shown}"
    return browser.get(f"/admin/issues/{number}/visitors{query}").text


def test_two_people_in_one_draft_learn_of_each_other_until_one_leaves(
    installation: Installation, browser: StaffBrowser, other_browser: StaffBrowser
) -> None:
    add_member(installation)
    add_member(installation, JON, role=Role.AUTHOR)
    browser.log_in()
    other_browser.log_in(JON)
    installation.add_list("daily")
    number = installation.add_issue("Harbour")
    assert "has this draft open too" not in visitors(browser, number)
    assert "Eve Adams</bdi> has this draft open too" in visitors(other_browser, number)
    assert "has this draft open too" in visitors(browser, number)
    # What is shown already is not said again.
    assert visitors(browser, number, "Eve Adams") == ""
    installation.now += dt.timedelta(seconds=61)
    assert "has this draft open too" not in visitors(browser, number)


def test_a_draft_that_does_not_exist_or_is_out_of_reach_has_no_visitors(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    installation.add_list("weekly")
    add_member(installation, lists=["weekly"], role=Role.EDITOR)
    browser.log_in()
    number = installation.add_issue("Harbour")
    for path in (f"/admin/issues/{number}/visitors", "/admin/issues/999/visitors"):
        assert browser.get(path).status_code == 404
    assert browser.get("/admin/issues/x/visitors").status_code == 404

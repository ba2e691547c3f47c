"""
The page of people who have to confirm.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.model.access import Role

PENDING, MOST_STATEMENTS = "/admin/pending", 12


def test_who_waited_long_is_dropped_after_a_question_with_their_number(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    installation.now += dt.timedelta(days=40)
    add_member(installation)
    add_member(installation, "bob@example.org", role=Role.PEOPLE, lists=["daily"])
    browser.log_in("bob@example.org")
    assert "Carla" not in browser.get(PENDING).text
    assert browser.get(f"{PENDING}?list=weekly").status_code == 404
    for slug, status in (("weekly", 404), ("", 403)):
        sent = browser.post(
            f"{PENDING}/drop", on="/admin/account", list=slug, days="30", expected="1"
        )
        assert sent.status_code == status
    browser.log_in()
    with counted(installation.app) as statements:
        page = browser.get(PENDING).text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "Carla Åberg" in page
    assert "Ada Lind" not in page
    drop = f"{PENDING}/drop"
    assert browser.post(drop, on=PENDING, list="weekly", days="0").status_code == 422
    assert "Nobody waited that long" in browser.post(drop, on=PENDING, list="", days="50").text
    assert "Drop 1 subscription" in browser.post(drop, on=PENDING, list="weekly", days="30").text
    browser.post(drop, on=PENDING, list="weekly", days="30", expected="2")
    assert "Carla" in browser.get(PENDING).text
    browser.post(drop, on=PENDING, list="weekly", days="30", expected="1")
    shown = browser.get(PENDING).text
    assert "Nobody has to confirm" in shown
    assert "1 subscription that was never confirmed is dropped." in shown

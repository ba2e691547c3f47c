"""
Help in the newsroom: what each room is for, and the keys that lead there.
"""

from __future__ import annotations

import re

from installation import Installation
from staff_samples import StaffBrowser, add_member

from newsletter.model.access import Role


def test_help_names_the_rooms_that_somebody_may_enter_and_their_keys(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation, role=Role.PEOPLE)
    browser.log_in()
    page = browser.get("/admin/help").text
    assert "Find somebody" in page
    assert "What your sources brought" not in page
    letters = re.findall(r"<kbd>g</kbd> <kbd>(\w)</kbd></dt><dd>(\w+)", page)
    assert ("p", "People") in letters
    assert "Briefs" not in dict(letters).values()


def test_no_two_rooms_have_the_same_key(installation: Installation, browser: StaffBrowser) -> None:
    add_member(installation)
    browser.log_in()
    keys = re.findall(r'data-keys="([^"]+)"', browser.get("/admin/help").text)
    assert len(keys) == len(set(keys)) == 6

"""
What `doctor` says about the accounts of staff.
"""

from __future__ import annotations

import pytest
from installation import Installation
from staff_samples import EVE, add_member

from newsletter.actions.access import staff
from newsletter.model.access import OPERATOR, Role
from newsletter.operations.doctor import Check, run_checks
from newsletter.store.access.members import edit_member

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_doctor_says_what_is_to_do_about_the_staff(installation: Installation) -> None:
    def found() -> Check:
        return next(each for each in run_checks(installation.app) if each.name == "staff")

    assert (found().ok, found().detail[:8]) == (True, "none yet")
    eve = add_member(installation)
    staff.invite(installation.app, "tom@example.org", role=Role.AUTHOR, by_mail=False, by=OPERATOR)
    assert found().detail == (
        "2, 1 of them owners; 1 owner has no second factor: add one under Your account; "
        "1 invited who have not logged in: `newsletter staff list` shows who"
    )
    with installation.app.database.write() as connection:
        edit_member(connection, eve.id, role=Role.EDITOR)
    assert not found().ok
    assert "nobody is an owner" in found().detail
    assert EVE not in found().detail

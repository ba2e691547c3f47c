from __future__ import annotations

import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member

from newsletter.actions.people import suppressions
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.model.access import OPERATOR


@pytest.fixture
def daily(installation: Installation, browser: StaffBrowser) -> Installation:
    """
    An installation with the list `daily`, somebody suppressed, and an owner who is logged in.
    """
    installation.add_list("daily")
    suppressions.add(
        installation.app, "gone@example.org", by=OPERATOR, values=SuppressionValues(reason="bounce")
    )
    add_member(installation)
    browser.log_in()
    return installation

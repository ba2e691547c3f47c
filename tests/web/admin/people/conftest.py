from __future__ import annotations

from collections.abc import Mapping

import pytest
from installation import Installation
from staff_samples import StaffBrowser

from newsletter.actions.people import subscribers
from newsletter.model.access import OPERATOR

ADA, BO, CARLA = "ada@example.org", "bo@towns.example.net", "carla@example.com"


@pytest.fixture
def people(installation: Installation, browser: StaffBrowser) -> Mapping[str, int]:
    """
    The numbers of three people by their first names: Ada and Bo are on the list `daily`, Carla is
    pending on the list `weekly`. Bo's name and what he agreed to are hostile.
    """
    installation.add_list("daily")
    installation.add_list("weekly")
    hostile = 'Bo <script>alert(1)</script> "onmouseover=x Lindqvist'
    added = {
        "Ada": (ADA, "daily", "Ada Lind", "asked by phone"),
        "Bo": (BO, "daily", hostile, hostile),
        "Carla": (CARLA, "weekly", "Carla Åberg", None),
    }
    return {
        first: subscribers.add(
            installation.app, address, slug, by=OPERATOR, name=name, consent=consent
        )[1].id
        for first, (address, slug, name, consent) in added.items()
    }

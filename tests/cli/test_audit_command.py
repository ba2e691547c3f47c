"""
`newsletter audit list`: what it says when it finds nothing.
"""

from __future__ import annotations

import pytest
from running import Cli


@pytest.mark.usefixtures("office")
def test_a_filter_that_no_entry_passes_does_not_say_that_the_trail_is_empty(cli: Cli) -> None:
    cli("list", "edit", "daily", "--tagline", "Every day")
    assert cli("audit", "list", "--object", "list:weekly").out == "no entry is like this\n"


@pytest.mark.usefixtures("office")
def test_a_kind_of_object_that_does_not_exist_is_refused(cli: Cli) -> None:
    ran = cli("audit", "list", "--object", "lists:daily")
    assert ran.status == 2
    assert "'lists' is not a kind of object: use brief, image, source, issue" in ran.err

"""
kill -9 while somebody leaves, is suppressed or erased: their state is one of the two, and the file
of departures has a line too many at most, never too few.
"""

from __future__ import annotations

import pytest
from installation import Installation

from newsletter.actions.operations.departures import complete_file
from newsletter.actions.people.person import show
from newsletter.model.access import OPERATOR
from reliability.processes.departing import ADA, go
from reliability.processes.fork_server import ForkServer
from reliability.processes.programs import kill_at
from subscribers.departures.replay import departures_in
from subscribers.errors import UnknownSubscriber
from subscribers.model import SubscriptionState

pytestmark = pytest.mark.ci

POINTS = ("file.before", "file.after", "commit.after")


@pytest.fixture
def with_ada(installation: Installation) -> Installation:
    installation.add_list()
    installation.subscribe([ADA])
    # Her subscription began in a transaction of its own, which is no departure.
    assert count_lines(installation) == 0
    return installation


def count_lines(installation: Installation) -> int:
    lines = list(installation.app.departure_log.file.read())
    assert None not in lines
    return len(lines)


def count_in_both(installation: Installation) -> tuple[int, int]:
    """
    Count the departures in the table, and those of them that are in the file.
    """
    with installation.app.database.read() as connection:
        stored = [each.key for each in departures_in(connection)]
    file = {line.key for line in installation.app.departure_log.file.read() if line}
    return len(stored), len([key for key in stored if key in file])


def is_mailed(installation: Installation) -> bool:
    """
    Return whether an issue would go to her.
    """
    try:
        person = show(installation.app, ADA, by=OPERATOR).person
    except UnknownSubscriber:
        return False
    is_active = [each.state for each in person.subscriptions] == [SubscriptionState.ACTIVE]
    return is_active and not person.suppressions


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("what", ["leave", "suppress", "erase"])
def test_a_departure_is_in_the_file_before_it_is_in_the_database(
    forks: ForkServer, with_ada: Installation, what: str, point: str
) -> None:
    kill_at(forks, with_ada, "reliability.processes.departing", what, point)

    is_gone = point == "commit.after"
    assert is_mailed(with_ada) != is_gone
    assert count_lines(with_ada) == (0 if point == "file.before" else 1)
    assert count_in_both(with_ada) == ((1, 1) if is_gone else (0, 0))
    if not is_gone:
        go(with_ada.app, what)
    complete_file(with_ada.app)
    assert not is_mailed(with_ada)
    assert count_in_both(with_ada) == (1, 1)
    assert count_lines(with_ada) >= 1

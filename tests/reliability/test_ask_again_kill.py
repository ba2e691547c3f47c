"""
kill -9 at every point of asking people again, of the email and of ending who has not answered: each
is asked once, no more than the day allows, and ended once.
"""

from __future__ import annotations

import pytest
from asking_people import (
    DAY,
    counts_of,
    history_entries,
    reader,
    standing_of,
    start_asking,
    work_days,
)
from installation import Installation

from reliability.processes.fork_server import ForkServer
from reliability.processes.programs import SEND_POINTS, kill_reader_act

pytestmark = pytest.mark.ci

ASK = ("ask_again.after_request", "ask_again.before_commit", "ask_again.after_commit")
END = ("ask_again.before_end", "ask_again.after_end")


@pytest.fixture(autouse=True)
def asking(installation: Installation) -> None:
    """
    A run that asks three readers, two a day, who have ten days to answer.
    """
    installation.add_list()
    start_asking(installation, readers=3)


def times(installation: Installation, address: str, what: str) -> int:
    return [each.what.value for each in history_entries(installation, address)].count(what)


@pytest.mark.parametrize("point", ASK)
def test_the_share_of_a_day_is_asked_as_a_whole_or_not_at_all(
    forks: ForkServer, installation: Installation, point: str
) -> None:
    kill_reader_act(forks, installation, "ask again", point)

    is_asked = point == "ask_again.after_commit"
    assert counts_of(installation) == ({"asked": 2, "waiting": 1} if is_asked else {"waiting": 3})
    work_days(installation)
    work_days(installation)
    assert installation.mailed() == [reader(0), reader(1)]
    work_days(installation, 1)
    assert installation.mailed() == [reader(number) for number in range(3)]
    assert [times(installation, reader(n), "changed") for n in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("point", SEND_POINTS)
def test_the_email_that_asks_goes_once(
    forks: ForkServer, installation: Installation, point: str
) -> None:
    work_days(installation, sends=False)
    kill_reader_act(forks, installation, "send", point)

    installation.submit_all()
    work_days(installation)

    assert installation.mailed() == [reader(0), reader(1)]


@pytest.mark.parametrize("point", END)
def test_who_has_not_answered_is_ended_once(
    forks: ForkServer, installation: Installation, point: str
) -> None:
    work_days(installation, 9)
    installation.now += DAY
    kill_reader_act(forks, installation, "ask again", point)

    is_ended = point == "ask_again.after_end"
    expected = ("ended", "no answer") if is_ended else ("active", None)
    assert standing_of(installation, reader(0)) == expected
    work_days(installation, 1)
    assert counts_of(installation) == {"no_answer": 3}
    assert [times(installation, reader(n), "left") for n in range(3)] == [1, 1, 1]

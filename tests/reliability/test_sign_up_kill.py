"""
kill -9 at every point of a sign-up, its mail and its confirmation: the person is in one of the two
states, and each mail goes once.
"""

from __future__ import annotations

import pytest
from installation import Installation
from signup_pages import ADA, confirm_link, states_of

from newsletter.actions.readers.signup import confirm
from reliability.processes.fork_server import ForkServer
from reliability.processes.programs import SEND_POINTS, kill_reader_act
from reliability.processes.reader_acts import join
from subscribers.errors import UnknownSubscriber
from subscribers.signup.model import ConfirmState

pytestmark = pytest.mark.ci

JOIN = ("join.after_request", "join.before_commit", "join.after_commit")
CONFIRM = ("confirm.after_join", "confirm.before_commit", "confirm.after_commit")


@pytest.fixture(autouse=True)
def daily(installation: Installation) -> None:
    installation.add_list()


def is_known(installation: Installation) -> bool:
    try:
        return states_of(installation) == {"daily": "pending"}
    except UnknownSubscriber:
        return False


@pytest.mark.parametrize("point", JOIN)
def test_a_sign_up_is_taken_as_a_whole_or_not_at_all(
    forks: ForkServer, installation: Installation, point: str
) -> None:
    kill_reader_act(forks, installation, "join", point)

    assert is_known(installation) == (point == "join.after_commit")
    if not is_known(installation):
        join(installation.app)
    installation.submit_all()
    assert installation.mailed() == [ADA]
    assert "/c/" in confirm_link(installation.mails()[0])


@pytest.mark.parametrize("point", SEND_POINTS)
def test_the_mail_that_asks_goes_once(
    forks: ForkServer, installation: Installation, point: str
) -> None:
    join(installation.app)
    kill_reader_act(forks, installation, "send", point)

    installation.submit_all()

    assert installation.mailed() == [ADA]
    assert states_of(installation) == {"daily": "pending"}


@pytest.mark.parametrize("point", CONFIRM)
def test_a_confirmation_counts_as_a_whole_or_not_at_all_and_welcomes_once(
    forks: ForkServer, installation: Installation, point: str
) -> None:
    join(installation.app)
    installation.submit_all()
    kill_reader_act(forks, installation, "confirm", point)

    is_in = point == "confirm.after_commit"
    assert states_of(installation) == {"daily": "active" if is_in else "pending"}
    again = confirm(installation.app, 1)
    installation.submit_all()
    assert again.state is (ConfirmState.AGAIN if is_in else ConfirmState.CONFIRMED)
    assert states_of(installation) == {"daily": "active"}
    assert installation.mailed() == [ADA, ADA]

"""
kill -9 at every point of sending an issue again to somebody: the command is taken as a whole or not
at all, and its mail goes once, however often the command is given.
"""

from __future__ import annotations

import pytest
from installation import Installation

from newsletter import pipeline
from newsletter.actions.issues.resending import resend
from newsletter.errors import Refused
from newsletter.model.access import OPERATOR
from reliability.processes.fork_server import ForkServer
from reliability.processes.programs import SEND_POINTS, kill_reader_act

pytestmark = pytest.mark.ci

ADA, BOB = "reader0000@example.org", "reader0001@example.org"


@pytest.fixture
def issue_id(installation: Installation) -> int:
    """
    An issue that Ada got. Bob joined later, and asks for it.
    """
    installation.add_list()
    installation.subscribe([ADA])
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    installation.submit_all()
    installation.subscribe([BOB])
    return issue_id


def resend_to_bob(installation: Installation, issue_id: int) -> None:
    resend(installation.app, issue_id, [BOB], by=OPERATOR)


@pytest.mark.parametrize("point", ["resend.before_commit", "resend.after"])
def test_the_command_is_taken_as_a_whole_or_not_at_all(
    forks: ForkServer, installation: Installation, issue_id: int, point: str
) -> None:
    kill_reader_act(forks, installation, "resend", point)

    if point == "resend.after":
        with pytest.raises(Refused, match="is sending"):
            resend_to_bob(installation, issue_id)
    else:
        assert installation.state(issue_id) == "submitted"
        resend_to_bob(installation, issue_id)
    installation.submit_all()
    assert installation.mailed() == [ADA, BOB]
    assert installation.counts(issue_id)["accepted"] == 2


@pytest.mark.parametrize("point", SEND_POINTS)
def test_the_mail_goes_once(
    forks: ForkServer, installation: Installation, issue_id: int, point: str
) -> None:
    resend_to_bob(installation, issue_id)
    kill_reader_act(forks, installation, "send", point)

    installation.submit_all()

    assert installation.mailed() == [ADA, BOB]
    assert installation.state(issue_id) == "submitted"
    with pytest.raises(Refused, match=f"{BOB} got issue {issue_id} already"):
        resend_to_bob(installation, issue_id)

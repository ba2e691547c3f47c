"""
kill -9 at every point between a sign-up and the receipt of its confirmation, with an issue being
sent at the same time, and a restart: each person has one confirmation, and each reader one issue.
"""

from __future__ import annotations

import collections
import signal

import pytest
import sqlalchemy as sa
from installation import Installation
from noticed_people import add_person

from newsletter.store.tables import standing_notice
from reliability.processes.fork_server import ForkServer

pytestmark = pytest.mark.ci

READERS, JOINING = 120, 30
POINTS = [
    ("standing.before_commit", 1),
    ("append.before_commit", 7),
    ("append.after", 7),
    ("claim.after", 1),
    ("intent.after", 1),
    ("call.after", 1),
    ("result.before_commit", 1),
    ("result.after", 1),
    ("call.middle", 2),
]


def run(
    forks: ForkServer,
    installation: Installation,
    issue_id: int,
    point: str,
    times: int,
    *,
    ahead_s: int,
) -> int:
    url = installation.app.settings.database_url
    words = [installation.folder, url, ahead_s, issue_id, point, times]
    status = forks.run_program("reliability.processes.notice_sender", words)
    assert status in (0, -signal.SIGKILL)
    return status


@pytest.mark.parametrize(("point", "times"), POINTS)
def test_each_person_has_one_confirmation_after_a_kill_and_a_restart(
    forks: ForkServer, installation: Installation, point: str, times: int
) -> None:
    installation.add_list()
    installation.add_readers(READERS)
    issue_id = installation.add_issue()
    for number in range(JOINING):
        add_person(installation, f"joining{number:02}@example.org", request=None)
    assert run(forks, installation, issue_id, point, times, ahead_s=0) == -signal.SIGKILL
    # A clock 100 s on: past the lease, and past the deadline of any call still open.
    assert run(forks, installation, issue_id, "", 1, ahead_s=100) == 0
    times_mailed = collections.Counter(installation.mailed())
    assert len(times_mailed) == READERS + JOINING
    assert set(times_mailed.values()) == {1}
    assert installation.counts(issue_id)["accepted"] == READERS
    with installation.app.database.read() as connection:
        (notice_id,) = connection.scalars(sa.select(standing_notice.c.issue_id))
    counts = installation.counts(notice_id)
    assert (counts["audience"], counts["accepted"]) == (JOINING, JOINING)
    assert installation.state(issue_id) == "submitted"
    assert installation.state(notice_id) == "sending"

"""
kill -9 at every point between pressing Send and the last receipt, and a restart: each reader has
exactly one mail, and the counts add up to the audience.
"""

from __future__ import annotations

import collections
import signal

import pytest
from installation import Installation

from reliability.processes.fork_server import ForkServer

pytestmark = pytest.mark.ci

READERS = 200
POINTS = [
    ("freeze.before", 1),
    ("freeze.before_commit", 1),
    ("freeze.after", 1),
    ("claim.before", 2),
    ("claim.after", 2),
    ("intent.before_commit", 2),
    ("intent.after", 2),
    ("call.middle", 2),
    ("call.after", 2),
    ("result.before_commit", 2),
    ("result.after", 2),
    ("result.after", 4),
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
    status = forks.run_program("reliability.processes.outbox_sender", words)
    assert status in (0, -signal.SIGKILL)
    return status


@pytest.fixture
def issue_id(installation: Installation) -> int:
    installation.add_list()
    installation.add_readers(READERS)
    return installation.add_issue()


@pytest.mark.parametrize(("point", "times"), POINTS)
def test_each_reader_has_one_mail_after_a_kill_and_a_restart(
    forks: ForkServer, installation: Installation, issue_id: int, point: str, times: int
) -> None:
    assert run(forks, installation, issue_id, point, times, ahead_s=0) == -signal.SIGKILL
    assert len(installation.mailed()) < READERS or point == "result.after"
    # A clock 100 s on: past the lease, and past the deadline of any call still open.
    assert run(forks, installation, issue_id, "", 1, ahead_s=100) == 0
    times_mailed = collections.Counter(installation.mailed())
    assert len(times_mailed) == READERS
    assert set(times_mailed.values()) == {1}
    counts = installation.counts(issue_id)
    assert (counts["audience"], counts["accepted"]) == (READERS, READERS)
    assert installation.state(issue_id) == "submitted"


def test_a_sender_without_a_ledger_would_be_seen_to_double(
    forks: ForkServer, installation: Installation, issue_id: int
) -> None:
    """
    The check itself can fail: mails written under fresh names, as by a naive second try, show.
    """
    run(forks, installation, issue_id, "call.after", 2, ahead_s=0)
    for file in list((installation.folder / "outbox").glob("*.eml"))[:10]:
        (file.parent / f"again-{file.name}").write_bytes(file.read_bytes())
    run(forks, installation, issue_id, "", 1, ahead_s=100)
    assert sorted(collections.Counter(installation.mailed()).values())[-10:] == [2] * 10

"""
kill -9 in the middle of calls to an SMTP server, and a restart: each connection leaves at most one
reader uncertain, everybody else is mailed exactly once and known to be.
"""

from __future__ import annotations

import collections
import os
import signal
import threading

import pytest
from installation import Installation
from smtp_server import Break, SmtpServer

from newsletter.model.delivery import DeliveryState
from newsletter.store.delivery.status.recipients import recipient_statuses
from reliability.processes.fork_server import ForkServer

pytestmark = pytest.mark.ci

READERS = 400
CONNECTIONS = 4
# The messages at whose end the process is killed, one after the other.
KILLS = [1, 37, 130, 145, 260, 350]


class KillingServer:
    """
    A script that kills the sender at the end of some messages, all connections under way. The
    message is taken or not; its reply is never read.
    """

    def __init__(self, installation: Installation, *, is_taken: bool) -> None:
        self.pid_file, self.is_taken = installation.folder / "pid", is_taken
        self.left = list(KILLS)
        self._ends = 0
        self._guard = threading.Lock()

    def __call__(self, command: str) -> Break | None:
        if command != ".":
            return None
        with self._guard:
            self._ends += 1
            if not self.left or self._ends < self.left[0]:
                return None
            self.left.pop(0)
            os.kill(int(self.pid_file.read_text()), signal.SIGKILL)
            return Break(is_taken=self.is_taken)


def uncertain(installation: Installation, issue_id: int) -> set[str | None]:
    only = DeliveryState.UNCERTAIN
    with installation.app.database.read() as connection:
        return {each.email for each in recipient_statuses(connection, issue_id, only=only)}


@pytest.mark.parametrize("is_taken", [True, False], ids=["taken", "not taken"])
def test_a_kill_leaves_one_reader_uncertain_for_each_connection(
    forks: ForkServer, installation: Installation, is_taken: bool
) -> None:
    installation.add_list()
    everybody = set(installation.add_readers(READERS))
    issue_id = installation.add_issue(provider="relay")
    url = installation.app.settings.database_url
    script = KillingServer(installation, is_taken=is_taken)
    with SmtpServer(script=script) as server:
        for run in range(len(KILLS) + 1):
            # Past the lease, and past the deadline of the call of the one before.
            words = [installation.folder, url, 100 * run, issue_id, server.port, CONNECTIONS]
            status = forks.run_program("reliability.processes.smtp_sender", words)
            assert status == (-signal.SIGKILL if run < len(KILLS) else 0)
    times = collections.Counter(taken.recipient for taken in server.taken)
    assert [address for address, count in times.items() if count > 1] == []
    in_question = uncertain(installation, issue_id)
    counts = installation.counts(issue_id)
    assert counts["accepted"] + counts["uncertain"] == READERS
    assert len(in_question) == counts["uncertain"] <= len(KILLS) * CONNECTIONS
    assert set(times) >= everybody - in_question
    assert list(installation.folder.glob("*replies-*")) == []

"""
What a killed process had written of a server's replies: who was accepted stays accepted, who was
not sent to is sent to, and one reader of the call stays uncertain. A call whose result is never
recorded, and a journal that is closed, are what a kill leaves.
"""

from __future__ import annotations

import collections
import datetime as dt
from collections.abc import Iterator

import pytest
from installation import Installation
from scripted_provider import sending, states
from smtp_samples import nth_message
from smtp_samples import sending as connected
from smtp_server import Break, SmtpServer

from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.reconciliation.replies import take_over_replies
from newsletter.model.delivery import BatchState
from newsletter.operations.restore_guard import resume_only_copy, verify_identity
from newsletter.store.delivery import leases
from newsletter.store.delivery.reply_journal import journal_start
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.operations.database_identity import load_identity
from newsletter.store.tables import batch

READERS = 5
PAST_THE_LEASE = dt.timedelta(seconds=100)
LEFT = {"accepted": 2, "uncertain": 1, "pending": 2}


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    """
    Return a server that takes the third message of the first call, and does not reply.
    """
    with SmtpServer(script=nth_message(3, Break(is_taken=True))) as server:
        yield server


@pytest.fixture
def issue_id(installation: Installation, server: SmtpServer) -> Iterator[int]:
    """
    Return an issue whose process died in its first call.
    """
    verify_identity(installation.app.database, installation.folder, now=installation.now)
    journal = installation.app.reply_journal
    with connected(server, reply_writer=journal.writer) as provider:
        issue_id, dispatcher = sending(installation, provider, readers=READERS)
        open_journal(installation, "me")
        begun = dispatcher.prepare_next()
        assert begun is not None
        dispatcher.submit(begun)
        journal.close()
        yield issue_id


def open_journal(installation: Installation, worker_id: str) -> None:
    app = installation.app
    with app.database.read() as connection:
        identity = load_identity(connection)
    assert identity is not None
    start = journal_start(app.database.file, installation.folder)
    app.reply_journal.open(start, worker_id, database_name=identity.name)


def take_over(
    installation: Installation, *, later: dt.timedelta = PAST_THE_LEASE, worker_id: str = "next"
) -> Dispatcher:
    """
    Let another worker find the journal, *later* than the call.
    """
    installation.now += later
    open_journal(installation, worker_id)
    with installation.app.database.write() as connection:
        leases.expire_dead_workers(connection, installation.app.database.file, now=installation.now)
    dispatcher = installation.app.dispatcher(worker_id)
    take_over_replies(dispatcher)
    return dispatcher


def journals(installation: Installation) -> list[str]:
    app = installation.app
    start = journal_start(app.database.file, installation.folder)
    return [file.name for file in start.parent.glob(f"{start.name}*")]


def test_one_reader_stays_uncertain_and_who_was_not_sent_to_is_sent_to(
    installation: Installation, server: SmtpServer, issue_id: int
) -> None:
    dispatcher = take_over(installation)
    assert states(installation, issue_id) == LEFT
    while (begun := dispatcher.prepare_next()) is not None:
        dispatcher.record_result(begun, dispatcher.submit(begun))
    assert states(installation, issue_id) == {"accepted": 4, "uncertain": 1}
    assert set(collections.Counter(taken.recipient for taken in server.taken).values()) == {1}
    assert len(server.taken) == READERS


def test_a_journal_that_was_taken_over_is_removed(
    installation: Installation, issue_id: int
) -> None:
    assert len(journals(installation)) == 1
    take_over(installation)
    assert journals(installation) == []


def test_a_call_that_may_be_open_waits_with_its_journal(
    installation: Installation, issue_id: int
) -> None:
    """
    On PostgreSQL the silent worker may be on another machine; on SQLite it is certainly dead.
    """
    is_certain = installation.app.database.file is not None
    take_over(installation, later=dt.timedelta(seconds=20))
    assert (states(installation, issue_id) == LEFT) is is_certain
    assert (journals(installation) == []) is is_certain
    installation.app.reply_journal.close()
    take_over(installation, later=PAST_THE_LEASE, worker_id="third")
    assert (states(installation, issue_id), journals(installation)) == (LEFT, [])


def test_replies_from_before_a_restore_mark_nothing(
    installation: Installation, issue_id: int
) -> None:
    app = installation.app
    with app.database.write() as connection:
        kill_switch.engage(connection, StopKind.COPY, reason="restored", now=installation.now)
    resume_only_copy(app.database, installation.folder, keys=app.signing_keys, now=installation.now)
    take_over(installation)
    assert states(installation, issue_id) == {"uncertain": READERS}
    assert journals(installation) == []


def test_replies_mark_nothing_in_a_copy_that_is_stopped(
    installation: Installation, issue_id: int
) -> None:
    with installation.app.database.write() as connection:
        kill_switch.engage(connection, StopKind.COPY, reason="a copy", now=installation.now)
    take_over(installation)
    assert states(installation, issue_id) == {"uncertain": READERS}


def test_replies_do_not_change_what_a_person_has_decided(
    installation: Installation, issue_id: int
) -> None:
    with installation.app.database.write() as connection:
        connection.execute(batch.update().values(state=BatchState.SETTLED, outcome="rejected"))
    take_over(installation)
    assert states(installation, issue_id) == {"rejected": READERS}
    assert journals(installation) == []

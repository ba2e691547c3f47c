"""
Dispatch: what each result of a call does to the ledger, and how uncertain outcomes are settled.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from installation import Installation
from origins import STAFF
from scripted_provider import (
    ACCEPTED,
    LOOKS_UP,
    REPLAYS,
    UNCERTAIN,
    WAIT,
    Scripted,
    all_of,
    batches_of,
    each,
    sending,
    states,
    submit_next,
)

from newsletter import pipeline
from newsletter.delivery.flow_control.failover import DEFERRED_FOR
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.errors import SettingsError
from newsletter.model.delivery import (
    BatchResult,
    BatchState,
    DeliveryState,
    Receipt,
    ReceiptKind,
)
from newsletter.model.issue import IssueState
from newsletter.store.delivery import leases
from newsletter.store.delivery.finish import submit_finished_issues
from newsletter.store.delivery.status.decisions import resolve_uncertain
from newsletter.store.issues import issues
from newsletter.store.tables import batch, delivery
from subscribers.lists import find_list
from subscribers.subscriptions.end import unsubscribe_address
from subscribers.validation.address import parse_address


def test_the_log_says_what_each_call_came_to(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    rejected = Receipt(kind=ReceiptKind.REJECTED, reason="reader0004@example.org is unknown")
    answers = [all_of(WAIT), all_of(UNCERTAIN), each(ACCEPTED, rejected), all_of(ACCEPTED)]
    _, dispatcher = sending(installation, Scripted(answers), readers=8)
    caplog.set_level("INFO", "newsletter.delivery.result_log")
    while submit_next(dispatcher):
        pass
    said = [one for one in caplog.records if one.name == "newsletter.delivery.result_log"]
    assert [(one.levelname, one.getMessage()) for one in said] == [
        ("WARNING", "batch 1 of issue 1 will be retried: too fast"),
        ("WARNING", "batch 2 of issue 1 has an uncertain outcome: no reply came"),
        ("WARNING", "batch 3 of issue 1 was accepted in part: 1 accepted, 1 rejected"),
        ("INFO", "batch 4 of issue 1 was accepted"),
    ]


def test_the_log_says_when_an_issue_is_submitted_and_when_it_is_paused(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    refused = all_of(WAIT, pause="scripted: check api_key")
    issue_id, dispatcher = sending(installation, Scripted([refused, all_of(ACCEPTED)]))
    caplog.set_level("INFO", "newsletter")
    submit_next(dispatcher)
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.SENDING)
    installation.now += dt.timedelta(minutes=1)
    submit_next(dispatcher)
    found = [(one.levelname, one.getMessage()) for one in caplog.records]
    assert ("ERROR", "issue 1 is paused: scripted: check api_key") in found
    assert found[-2:] == [
        ("INFO", "issue 1 is submitted"),
        ("INFO", "batch 1 of issue 1 was accepted"),
    ]


@contextlib.contextmanager
def alive(installation: Installation, owner: str) -> Iterator[None]:
    """
    Keep a worker called *owner* alive within the block.
    """
    file = installation.app.database.file
    lock = leases.WorkerLock(file, owner) if file else None
    with installation.app.database.write() as connection:
        leases.heartbeat(connection, owner, now=installation.now)
    yield
    if lock is not None:
        lock.close()


def test_accepted_by_the_provider_is_submitted(installation: Installation) -> None:
    issue_id, dispatcher = sending(
        installation, Scripted([all_of(ACCEPTED), all_of(ACCEPTED)]), readers=3
    )
    assert [submit_next(dispatcher), submit_next(dispatcher), submit_next(dispatcher)] == [
        True, True, False,
    ]  # fmt: skip
    assert states(installation, issue_id) == {"accepted": 3}
    assert installation.state(issue_id) == IssueState.SUBMITTED


def test_the_providers_ids_are_kept(installation: Installation) -> None:
    one, two = (replace(ACCEPTED, provider_id=word) for word in ("p-1", "p-2"))
    issue_id, dispatcher = sending(installation, Scripted([each(one, two)]))
    submit_next(dispatcher)
    with installation.app.database.read() as connection:
        ids = connection.execute(sa.select(delivery.c.provider_id).order_by(delivery.c.id))
        assert ids.scalars().all() == ["p-1", "p-2"]
    assert states(installation, issue_id) == {"accepted": 2}


def test_an_id_that_no_database_holds_costs_nobody_the_answer(installation: Installation) -> None:
    odd, plain = (replace(ACCEPTED, provider_id=word) for word in ("p-\0", "p-2"))
    issue_id, dispatcher = sending(installation, Scripted([each(odd, plain)]))
    submit_next(dispatcher)
    with installation.app.database.read() as connection:
        ids = connection.execute(sa.select(delivery.c.provider_id).order_by(delivery.c.id))
        assert ids.scalars().all() == [None, "p-2"]
    assert states(installation, issue_id) == {"accepted": 2}


def test_a_refused_recipient_is_rejected_with_the_reason_and_suppressed(
    installation: Installation,
) -> None:
    no = Receipt(kind=ReceiptKind.REJECTED, reason="no such mailbox", suppress=True)
    issue_id, dispatcher = sending(installation, Scripted([each(ACCEPTED, no)]))
    submit_next(dispatcher)
    assert states(installation, issue_id) == {"accepted": 1, "rejected": 1}
    second = installation.add_issue("Another")
    pipeline.publish_issue(installation.app.publishing, second)
    counts = installation.counts(second)
    assert (counts["audience"], counts["excluded"]) == (1, {"suppressed: bounce": 1})


def test_throttling_costs_no_recipient(installation: Installation) -> None:
    provider = Scripted([all_of(WAIT), all_of(ACCEPTED)])
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    assert (submit_next(dispatcher), states(installation, issue_id)) == (False, {"pending": 2})
    installation.now += dt.timedelta(seconds=31)
    submit_next(dispatcher)
    assert states(installation, issue_id) == {"accepted": 2}
    assert provider.handed[0][0] != provider.handed[1][0]


def test_who_was_not_taken_goes_in_a_new_batch_under_a_new_key(installation: Installation) -> None:
    provider = Scripted([each(ACCEPTED, WAIT), all_of(ACCEPTED)])
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    assert batches_of(installation, issue_id) == [(1, "settled"), (2, "waiting")]
    installation.now += dt.timedelta(seconds=31)
    submit_next(dispatcher)
    assert states(installation, issue_id) == {"accepted": 2}
    assert [people for _, people in provider.handed] == [
        ["reader0000@example.org", "reader0001@example.org"],
        ["reader0001@example.org"],
    ]


def test_an_account_error_pauses_the_issue_and_says_what_to_do(installation: Installation) -> None:
    provider = Scripted([all_of(WAIT, pause="the API key is refused: check api_key")])
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    with installation.app.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
    assert (issue.state, issue.pause_reason) == (
        IssueState.PAUSED, "the API key is refused: check api_key",
    )  # fmt: skip
    installation.now += dt.timedelta(seconds=31)
    assert submit_next(dispatcher) is False


def test_a_call_without_a_reply_leaves_its_people_uncertain_and_is_not_repeated(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(UNCERTAIN)])
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    installation.now += dt.timedelta(hours=1)
    reconcile_next(dispatcher)
    assert states(installation, issue_id) == {"uncertain": 2}
    assert len(provider.handed) == 1


def test_an_uncertain_batch_is_replayed_with_its_key_and_recipients_while_the_key_lives(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=REPLAYS)
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    installation.now += dt.timedelta(minutes=1)
    assert reconcile_next(dispatcher) is True
    assert provider.handed[0] == provider.handed[1]
    assert states(installation, issue_id) == {"accepted": 2}
    assert installation.state(issue_id) == IssueState.SUBMITTED


def test_a_key_past_four_fifths_of_its_life_is_not_used_again(installation: Installation) -> None:
    provider = Scripted([all_of(UNCERTAIN)], capabilities=REPLAYS)
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    installation.now += dt.timedelta(hours=20)
    reconcile_next(dispatcher)
    assert (states(installation, issue_id), len(provider.handed)) == ({"uncertain": 2}, 1)


def test_no_key_is_used_again_once_one_of_its_people_has_left(installation: Installation) -> None:
    provider = Scripted([all_of(UNCERTAIN)], capabilities=REPLAYS)
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    with installation.app.database.write() as connection:
        unsubscribe_address(
            connection,
            parse_address("reader0001@example.org"),
            mailing_list=find_list(connection, "daily"),
            reason="by the reader",
            now=installation.now,
            by=STAFF,
        )
    installation.now += dt.timedelta(minutes=1)
    reconcile_next(dispatcher)
    assert (states(installation, issue_id), len(provider.handed)) == ({"uncertain": 2}, 1)


def test_a_replay_that_is_told_to_wait_proves_nothing_of_the_first_call(
    installation: Installation,
) -> None:
    answers = [all_of(UNCERTAIN), all_of(WAIT), all_of(ACCEPTED)]
    provider = Scripted(answers, capabilities=REPLAYS)
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    installation.now += dt.timedelta(minutes=1)
    reconcile_next(dispatcher)
    assert states(installation, issue_id) == {"uncertain": 2}
    installation.now += dt.timedelta(minutes=5)
    reconcile_next(dispatcher)
    assert states(installation, issue_id) == {"accepted": 2}
    assert len({key for key, _ in provider.handed}) == 1


def test_a_look_up_settles_an_uncertain_batch_and_only_those_not_found_are_sent_again(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=LOOKS_UP)
    provider.looked_up = [ACCEPTED, WAIT]
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    installation.now += dt.timedelta(minutes=1)
    reconcile_next(dispatcher)
    assert states(installation, issue_id) == {"accepted": 1, "pending": 1}
    submit_next(dispatcher)
    assert provider.handed[1][1] == ["reader0001@example.org"]
    assert states(installation, issue_id) == {"accepted": 2}


def test_a_person_decides_what_no_provider_can_say(installation: Installation) -> None:
    issue_id, dispatcher = sending(installation, Scripted([all_of(UNCERTAIN)]))
    submit_next(dispatcher)
    with installation.app.database.write() as connection:
        decided = resolve_uncertain(
            connection, issue_id, as_state=DeliveryState.ACCEPTED, now=installation.now
        )
        submit_finished_issues(connection, now=installation.now)
    assert (decided, states(installation, issue_id)) == (2, {"accepted": 2})
    assert installation.state(issue_id) == IssueState.SUBMITTED


def test_an_adapter_that_crashes_during_a_call_leaves_an_uncertain_outcome(
    installation: Installation,
) -> None:
    def breaks(count: int) -> BatchResult:
        raise RuntimeError("a bug")

    issue_id, dispatcher = sending(installation, Scripted([breaks]))
    submit_next(dispatcher)
    assert states(installation, issue_id) == {"uncertain": 2}


def test_an_adapter_that_crashes_pauses_the_issue_with_its_error(
    installation: Installation,
) -> None:
    def breaks(count: int) -> BatchResult:
        raise RuntimeError("no mailbox ada@example.org")

    issue_id, dispatcher = sending(installation, Scripted([breaks]))
    submit_next(dispatcher)
    with installation.app.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
    assert issue.state is IssueState.PAUSED
    assert issue.pause_reason is not None
    said = "the adapter of provider outbox crashed: RuntimeError: no mailbox (an address) (test_"
    assert issue.pause_reason.startswith(said)


def test_two_processes_never_hold_one_batch(installation: Installation) -> None:
    provider = Scripted([all_of(ACCEPTED)])
    _, dispatcher = sending(installation, provider)
    other = installation.app.dispatcher("other")
    assert dispatcher.prepare_next() is not None
    assert other.prepare_next() is None


def test_a_claim_that_was_lost_hands_nothing_over(installation: Installation) -> None:
    issue_id, dispatcher = sending(installation, Scripted([]))

    def lose(step: str) -> None:
        if step == "claim.after":
            with installation.app.database.write() as connection:
                connection.execute(sa.update(batch).values(epoch=batch.c.epoch + 1))

    dispatcher.on_step = lose
    assert dispatcher.prepare_next() is None
    assert states(installation, issue_id) == {"pending": 2}


def test_a_pause_between_claim_and_intent_gives_the_batch_back(installation: Installation) -> None:
    issue_id, dispatcher = sending(installation, Scripted([]))

    def pause(step: str) -> None:
        if step == "claim.after":
            with installation.app.database.write() as connection:
                issues.move_issue(connection, issue_id, IssueState.PAUSED)

    dispatcher.on_step = pause
    assert dispatcher.prepare_next() is None
    assert batches_of(installation, issue_id) == [(1, BatchState.PENDING)]


def test_an_issue_whose_last_batch_settled_while_paused_ends_when_resumed(
    installation: Installation,
) -> None:
    issue_id, dispatcher = sending(installation, Scripted([all_of(ACCEPTED)]))
    begun = dispatcher.prepare_next()
    assert begun is not None
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.PAUSED)
    dispatcher.record_result(begun, dispatcher.submit(begun))
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.SENDING)
        submit_finished_issues(connection, now=installation.now)
    assert installation.state(issue_id) == IssueState.SUBMITTED


def test_a_provider_that_is_not_set_up_pauses_the_issue(installation: Installation) -> None:
    issue_id, dispatcher = sending(installation, Scripted([]))

    def gone(name: str) -> Scripted:
        raise SettingsError("no [provider.gone]")

    dispatcher.provider_named = gone
    assert dispatcher.prepare_next() is None
    assert installation.state(issue_id) == IssueState.PAUSED


def test_a_provider_that_is_set_up_elsewhere_is_left_to_the_other_process(
    installation: Installation,
) -> None:
    issue_id, colleague = sending(installation, Scripted([all_of(ACCEPTED)]))

    def gone(name: str) -> Scripted:
        raise SettingsError("no [provider.gone]")

    misfit = replace(installation.app.dispatcher("misfit"), provider_named=gone)
    with alive(installation, "colleague"):
        assert misfit.prepare_next() is None
    assert installation.state(issue_id) == IssueState.SENDING
    installation.now += DEFERRED_FOR
    assert submit_next(colleague)
    assert installation.state(issue_id) == IssueState.SUBMITTED


@pytest.mark.parametrize("with_ids", [False, True])
def test_a_batch_takes_at_most_six_statements(installation: Installation, with_ids: bool) -> None:
    said = replace(ACCEPTED, provider_id="x") if with_ids else ACCEPTED
    _, dispatcher = sending(installation, Scripted([all_of(said), all_of(said)]), readers=6)
    # Every few seconds it also reads the rate, and looks for notices and for readers whose time
    # has come.
    dispatcher.claims.monotonic_s = dispatcher.rate_limiter.monotonic_s = lambda: 0.0
    submit_next(dispatcher)
    spoken: list[str] = []
    sa.event.listen(
        installation.app.database.engine,
        "before_cursor_execute",
        lambda c, cursor, statement, *rest: spoken.append(statement.split()[0]),
    )
    submit_next(dispatcher)
    assert len([word for word in spoken if word not in ("BEGIN", "PRAGMA")]) <= 6

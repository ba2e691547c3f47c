"""
People who are asked again whether they want a list: who is asked and when, what counts as an
answer, and who is ended.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa
from asking_people import (
    ALL,
    DAY,
    counts_of,
    history_entries,
    reader,
    request_of,
    run_status,
    sign_up,
    standing_of,
    start_asking,
    work_days,
)
from installation import Installation
from scripted_provider import ACCEPTED, UNCERTAIN, Scripted, all_of

from newsletter.actions.people import ask_again, lists, segments, subscribers, suppressions
from newsletter.actions.readers.preferences import SettingsChanges, save_settings
from newsletter.actions.readers.signup import confirm
from newsletter.actions.readers.unsubscribe import undo, unsubscribe
from newsletter.errors import Refused
from newsletter.issues.standing.ask_runs import work_ask_runs
from newsletter.model.access import OPERATOR
from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.store.tables import delivery, outcome
from subscribers.ask_again.model import AskAudience, AskRunState
from subscribers.consent import consents_of, record_consent
from subscribers.database.asking_tables import ask_run_person
from subscribers.database.tables import subscriber, subscription
from subscribers.health.growth import count_growth
from subscribers.lists import find_list

REJECTED = Receipt(kind=ReceiptKind.REJECTED, reason="no such mailbox")


@pytest.fixture(autouse=True)
def daily(installation: Installation) -> None:
    installation.add_list()


def test_so_many_are_asked_a_day_and_everybody_once(installation: Installation) -> None:
    start_asking(installation, readers=5)
    asked = []
    for _ in range(4):
        work_days(installation)
        work_days(installation)
        asked.append(len(installation.mailed()))
        installation.now += DAY
    assert asked == [2, 4, 5, 5]
    assert installation.mailed() == [reader(number) for number in range(5)]


def test_who_does_not_answer_is_ended_after_the_days_and_not_before(
    installation: Installation,
) -> None:
    start_asking(installation)
    work_days(installation, 9)
    assert standing_of(installation, reader(0)) == ("active", None)
    assert counts_of(installation) == {"asked": 2}

    work_days(installation, 1)

    assert standing_of(installation, reader(0)) == ("ended", "no answer")
    assert counts_of(installation) == {"no_answer": 2}
    assert run_status(installation).run.state is AskRunState.DONE
    asked, left = history_entries(installation, reader(0))[-2:]
    assert (asked.what.value, asked.detail) == (
        "changed",
        {"asked_to_confirm": request_of(installation, reader(0)), "run": 1},
    )
    assert (left.what.value, left.detail) == (
        "left",
        {"reason": "no answer", "before": "active", "run": 1},
    )
    assert (left.origin.name, left.origin.through) == (OPERATOR.name, "ask-again run 1")


def test_who_says_yes_by_the_link_stays_with_a_new_consent(installation: Installation) -> None:
    start_asking(installation)
    work_days(installation)

    done = confirm(installation.app, request_of(installation, reader(0)))

    assert (done.state.value, dict(done.joined)) == ("confirmed", {})
    assert counts_of(installation) == {"answered": 1, "asked": 1}
    work_days(installation, 10)
    assert standing_of(installation, reader(0)) == ("active", None)
    assert standing_of(installation, reader(1)) == ("ended", "no answer")
    with installation.app.database.read() as connection:
        consents = consents_of(connection, 1)
        growth = count_growth(connection, find_list(connection, "daily"), since=installation.now)
    entries = history_entries(installation, reader(0))
    assert [each.source for each in consents] == ["test", "asked again: daily"]
    # Nobody joined by it, and the other has left.
    assert growth.net == -1
    assert [each.what.value for each in entries] == ["joined", "changed", "changed"]
    assert entries[-1].detail["agreed_again"] is True


def by_signing_up(installation: Installation) -> None:
    sign_up(installation, reader(0))


def by_a_setting(installation: Installation) -> None:
    changes = SettingsChanges(person={"name": "Ada"})
    save_settings(installation.app, 1, changes, language="en", admit=lambda _: True)


def by_coming_back(installation: Installation) -> None:
    unsubscribe(installation.app, 1)
    undo(installation.app, 1, left_at=installation.now)


def by_a_consent_on_paper(installation: Installation) -> None:
    subscribers.add(installation.app, reader(0), "daily", consent="on paper", by=OPERATOR)


def by_an_older_consent_that_is_recorded_now(installation: Installation) -> None:
    with installation.app.database.write() as connection:
        record_consent(
            connection,
            1,
            text="on paper",
            source="archive",
            given_at=installation.now - dt.timedelta(days=900),
            now=installation.now,
        )


ANSWERS = (
    by_an_older_consent_that_is_recorded_now,
    by_signing_up,
    by_a_setting,
    by_coming_back,
    by_a_consent_on_paper,
)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("is_asked", [True, False])
def test_any_sign_of_wanting_it_is_an_answer(
    installation: Installation, answer: Callable[[Installation], None], is_asked: bool
) -> None:
    start_asking(installation)
    if is_asked:
        work_days(installation)
    answer(installation)
    assert counts_of(installation)["answered"] == 1

    work_days(installation, 11)

    assert (reader(0) in installation.mailed()) == (is_asked or answer is by_signing_up)
    assert standing_of(installation, reader(0)) == ("active", None)
    assert standing_of(installation, reader(1)) == ("ended", "no answer")
    assert counts_of(installation) == {"answered": 1, "no_answer": 1}


def test_a_sign_up_to_another_list_is_no_answer(installation: Installation) -> None:
    installation.add_list("weekly")
    start_asking(installation)
    work_days(installation)
    installation.subscribe([reader(0)], "weekly")
    work_days(installation, 10)
    assert counts_of(installation) == {"no_answer": 2}


def leave(installation: Installation) -> None:
    unsubscribe(installation.app, 1)


def suppress(installation: Installation) -> None:
    suppressions.add(
        installation.app, reader(0), by=OPERATOR, values=suppressions.SuppressionValues()
    )


@pytest.mark.parametrize("go", [leave, suppress])
@pytest.mark.parametrize("is_asked", [True, False])
def test_who_left_meanwhile_is_left_alone(
    installation: Installation, go: Callable[[Installation], None], is_asked: bool
) -> None:
    start_asking(installation)
    if is_asked:
        work_days(installation)
    go(installation)
    before = standing_of(installation, reader(0))

    work_days(installation, 11)

    assert (reader(0) in installation.mailed()) == is_asked
    assert standing_of(installation, reader(0)) == before
    assert counts_of(installation) == {"left": 1, "no_answer": 1}


def test_who_answered_and_then_left_counts_once_as_one_who_left(
    installation: Installation,
) -> None:
    start_asking(installation)
    work_days(installation)
    by_a_setting(installation)
    leave(installation)
    assert counts_of(installation) == {"left": 1, "asked": 1}


def test_erasure_deletes_a_person_from_the_run(installation: Installation) -> None:
    start_asking(installation)
    work_days(installation)
    subscribers.erase_person(installation.app, reader(0), by=OPERATOR)
    with installation.app.database.read() as connection:
        assert list(connection.scalars(sa.select(ask_run_person.c.subscriber_id))) == [2]
    work_days(installation, 10)
    assert counts_of(installation) == {"no_answer": 1}


def ask_through(installation: Installation, *receipts: Receipt) -> None:
    """
    Ask two people through a provider that answers so for them.
    """
    answers: Sequence[Callable[[int], BatchResult]] = [
        lambda count: BatchResult(receipts=receipts[:count])
    ]
    installation.app.providers["outbox"] = Scripted([*answers, *[all_of(ACCEPTED)] * 9])
    start_asking(installation)
    work_days(installation, sends=False)
    installation.submit_all()


@pytest.mark.parametrize("receipt", [REJECTED, UNCERTAIN])
def test_who_may_not_have_got_the_email_is_not_ended(
    installation: Installation, receipt: Receipt
) -> None:
    ask_through(installation, receipt, ACCEPTED)
    work_days(installation, 10)
    ended = sorted(standing_of(installation, reader(number)) for number in range(2))
    assert ended == [("active", None), ("ended", "no answer")]
    assert counts_of(installation) == {"unreached": 1, "no_answer": 1}
    assert run_status(installation).run.state is AskRunState.DONE


def test_whose_email_bounced_is_not_ended_for_no_answer(installation: Installation) -> None:
    start_asking(installation)
    work_days(installation)
    with installation.app.database.write() as connection:
        first = connection.execute(sa.select(delivery.c.id, delivery.c.issue_id)).first()
        assert first is not None
        bounced = {"delivery_id": first.id, "issue_id": first.issue_id, "bounce": "soft"}
        connection.execute(outcome.insert().values(**bounced, bounced_at=installation.now))
    work_days(installation, 10)
    assert counts_of(installation) == {"unreached": 1, "no_answer": 1}


def test_the_days_count_from_when_the_email_was_accepted(installation: Installation) -> None:
    start_asking(installation)
    work_days(installation, 4, sends=False)
    installation.submit_all()
    work_days(installation, 9)
    assert counts_of(installation) == {"asked": 2}
    work_days(installation, 1)
    assert counts_of(installation) == {"no_answer": 2}


def test_nobody_is_ended_whose_email_still_waits(installation: Installation) -> None:
    start_asking(installation)
    work_days(installation, 20, sends=False)
    assert counts_of(installation) == {"asked": 2}
    assert standing_of(installation, reader(0)) == ("active", None)


def test_a_run_that_is_stopped_asks_and_ends_nobody_and_takes_back_what_waits(
    installation: Installation,
) -> None:
    start_asking(installation, readers=6)
    work_days(installation)
    installation.now += DAY
    work_days(installation, sends=False)
    assert counts_of(installation) == {"asked": 4, "waiting": 2}

    stopped = ask_again.stop(installation.app, "daily", by=OPERATOR)

    assert stopped.run.state is AskRunState.STOPPED
    assert counts_of(installation) == {"asked": 2, "waiting": 4}
    work_days(installation, 12)
    assert installation.mailed() == [reader(0), reader(1)]
    assert {standing_of(installation, reader(n)) for n in range(6)} == {("active", None)}
    confirm(installation.app, request_of(installation, reader(0)))
    assert counts_of(installation) == {"answered": 1, "asked": 1, "waiting": 4}
    with pytest.raises(Refused, match="nothing to stop"):
        ask_again.stop(installation.app, "daily", by=OPERATOR)


def test_one_run_at_a_time_asks_the_people_of_a_list(installation: Installation) -> None:
    start_asking(installation)
    with pytest.raises(Refused, match="being asked already"):
        ask_again.start(installation.app, "daily", ALL, by=OPERATOR)
    ask_again.stop(installation.app, "daily", by=OPERATOR)
    ask_again.start(installation.app, "daily", ALL, by=OPERATOR)
    assert run_status(installation).run.id > 1


def test_the_limit_of_a_day_counts_those_whom_a_stopped_run_asked(
    installation: Installation,
) -> None:
    start_asking(installation, readers=5)
    work_days(installation)
    ask_again.stop(installation.app, "daily", by=OPERATOR)
    ask_again.start(installation.app, "daily", ALL, by=OPERATOR)
    work_days(installation)
    assert len(installation.mailed()) == 2
    installation.now += DAY
    work_days(installation)
    assert len(installation.mailed()) == 4


def test_emails_that_wait_for_days_do_not_add_up_to_more_than_one_day_may_send(
    installation: Installation,
) -> None:
    start_asking(installation, readers=6)
    work_days(installation, 3, sends=False)
    installation.submit_all()
    assert len(installation.mailed()) == 2
    work_days(installation, 2)
    assert len(installation.mailed()) == 6


def test_nobody_is_ended_whose_link_stops_working_before_their_time_is_over(
    installation: Installation,
) -> None:
    start_asking(installation, readers=1)
    work_days(installation, 31, sends=False)
    work_days(installation, 40)
    assert counts_of(installation) == {"unreached": 1}
    assert standing_of(installation, reader(0)) == ("active", None)


def test_while_a_list_is_held_nobody_is_asked_or_ended(installation: Installation) -> None:
    start_asking(installation, readers=3)
    work_days(installation)
    lists.hold(installation.app, "daily", reason="after a restore", by=OPERATOR)
    work_days(installation, 12)
    assert counts_of(installation) == {"asked": 2, "waiting": 1}
    lists.release(installation.app, "daily", by=OPERATOR)
    work_days(installation)
    assert counts_of(installation) == {"no_answer": 2, "asked": 1}
    ask_again.stop(installation.app, "daily", by=OPERATOR)
    lists.hold(installation.app, "daily", reason="again", by=OPERATOR)
    with pytest.raises(Refused, match="is held"):
        ask_again.start(installation.app, "daily", ALL, by=OPERATOR)


def test_whoever_comes_later_is_not_asked(installation: Installation) -> None:
    start_asking(installation)
    installation.subscribe(["late@example.org"])
    work_days(installation, 11)
    assert installation.mailed() == [reader(0), reader(1)]
    assert standing_of(installation, "late@example.org") == ("active", None)


def test_two_workers_ask_no_more_than_the_day_allows(installation: Installation) -> None:
    """
    The second begins while the first asks.
    """
    start_asking(installation, readers=5)
    context = installation.app.publishing
    other = threading.Thread(target=work_ask_runs, args=[context])

    def begin(step: str) -> None:
        if step == "ask_again.before_commit":
            other.start()

    work_ask_runs(replace(context, on_step=begin))
    other.join()
    installation.submit_all()
    assert installation.mailed() == [reader(0), reader(1)]


def test_the_people_of_a_segment_are_asked_alone(installation: Installation) -> None:
    segments.add(installation.app, "first", 'email starts with "reader0000"', by=OPERATOR)
    terms = replace(ALL, audience=AskAudience.SEGMENT, segment="first")
    start_asking(installation, terms=terms)
    segments.remove(installation.app, "first", by=OPERATOR)
    work_days(installation, 10)
    assert installation.mailed() == [reader(0)]
    assert counts_of(installation) == {"no_answer": 1}
    assert standing_of(installation, reader(1)) == ("active", None)


def test_who_has_paused_is_not_asked(installation: Installation) -> None:
    installation.add_readers(2)
    with installation.app.database.write() as connection:
        pause = subscriber.update().where(subscriber.c.id == 1)
        connection.execute(pause.values(paused_until=installation.now + 30 * DAY))
    assert ask_again.count(installation.app, "daily", ALL, by=OPERATOR) == 1


def test_a_run_ends_only_its_own_list(installation: Installation) -> None:
    installation.add_list("weekly")
    start_asking(installation)
    installation.subscribe([reader(0)], "weekly")
    work_days(installation, 10)
    with installation.app.database.read() as connection:
        rows = connection.execute(
            sa.select(subscription.c.list_id, subscription.c.state, subscription.c.ended_cause)
            .where(subscription.c.subscriber_id == 1)
            .order_by(subscription.c.list_id)
        ).all()
    assert [tuple(row) for row in rows] == [(1, "ended", "no_answer"), (2, "active", None)]

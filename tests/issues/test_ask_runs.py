"""
People who are asked again whether they want a list: who is asked and when, what counts as an
answer, and who is ended.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from installation import Installation

from newsletter.actions.people import ask_again, suppressions
from newsletter.actions.readers.signup import ask_to_join, confirm
from newsletter.actions.readers.unsubscribe import unsubscribe
from newsletter.issues.standing.ask_runs import work_ask_runs
from newsletter.model.access import OPERATOR
from newsletter.store.tables import batch, delivery, outcome
from subscribers.ask_again.model import AskAudience, AskedState, AskRunState, AskTerms
from subscribers.database.asking_tables import ask_run_person
from subscribers.database.tables import subscription
from subscribers.history.records import history_of
from subscribers.lists import find_list
from subscribers.people import subscriber_by_address
from subscribers.signup.model import SignUp
from subscribers.validation.address import parse_address

DAY = dt.timedelta(days=1)
ALL = AskTerms(audience=AskAudience.ALL, per_day=2, days=10)


@pytest.fixture(autouse=True)
def daily(installation: Installation) -> None:
    installation.add_list()


def reader(number: int) -> str:
    return f"reader{number:04d}@example.org"


def start(installation: Installation, readers: int = 5, terms: AskTerms = ALL) -> None:
    installation.add_readers(readers)
    installation.now += DAY
    ask_again.start(installation.app, "daily", terms, by=OPERATOR)


def work(installation: Installation, *, days: int = 0, sends: bool = True) -> None:
    """
    Let so many days pass, with the scheduler and the sender at work on each.
    """
    for day in range(days + 1):
        installation.now += DAY if day else dt.timedelta()
        work_ask_runs(installation.app.publishing)
        if sends:
            installation.submit_all()


def counts(installation: Installation) -> dict[str, int]:
    status = ask_again.status(installation.app, "daily")
    assert status is not None
    return {state.value: count for state, count in status.counts.items()}


def run_state(installation: Installation) -> AskRunState:
    status = ask_again.status(installation.app, "daily")
    assert status is not None
    return status.run.state


def state_of(installation: Installation, address: str) -> tuple[str, str | None]:
    with installation.app.database.read() as connection:
        (found,) = subscriber_by_address(connection, parse_address(address)).subscriptions
    return found.state.value, found.ended_reason


def request_of(installation: Installation, address: str) -> int:
    with installation.app.database.read() as connection:
        person = subscriber_by_address(connection, parse_address(address)).id
        asked = sa.select(ask_run_person.c.request_id)
        return int(connection.scalar(asked.where(ask_run_person.c.subscriber_id == person)) or 0)


def sign_up(installation: Installation, address: str) -> None:
    with installation.app.database.read() as connection:
        daily = find_list(connection, "daily")
    form = SignUp(address=parse_address(address), lists=[daily], form="join page")
    ask_to_join(
        installation.app, form, language="en", sends_welcome=False, admit=lambda connection: True
    )


def test_so_many_are_asked_a_day_and_everybody_once(installation: Installation) -> None:
    start(installation)
    asked = []
    for _ in range(4):
        work(installation)
        work(installation)
        asked.append(len(installation.mailed()))
        installation.now += DAY
    assert asked == [2, 4, 5, 5]
    assert installation.mailed() == [reader(number) for number in range(5)]


def test_who_does_not_answer_is_ended_after_the_days_and_not_before(
    installation: Installation,
) -> None:
    start(installation, readers=2)
    work(installation, days=9)
    assert state_of(installation, reader(0)) == ("active", None)
    work(installation, days=1)
    assert state_of(installation, reader(0)) == ("ended", "no answer")
    assert counts(installation) == {"no_answer": 2}
    assert run_state(installation) is AskRunState.DONE
    with installation.app.database.read() as connection:
        entries = history_of(connection, parse_address(reader(0)))
    assert [(each.what.value, each.detail.get("run")) for each in entries[-2:]] == [
        ("changed", 1),
        ("left", 1),
    ]
    assert entries[-1].origin.name == OPERATOR.name

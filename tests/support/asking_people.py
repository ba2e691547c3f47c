"""
Steps of tests in which the people of a list are asked again.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from installation import Installation

from newsletter.actions.people import ask_again, subscribers
from newsletter.actions.readers.signup import ask_to_join
from newsletter.issues.standing.ask_runs import work_ask_runs
from newsletter.model.access import OPERATOR
from subscribers.ask_again.model import AskAudience, AskRunStatus, AskTerms
from subscribers.database.asking_tables import ask_run_person
from subscribers.history.model import HistoryEntry
from subscribers.history.records import history_of
from subscribers.lists import find_list
from subscribers.people import subscriber_by_address
from subscribers.signup.model import SignUp
from subscribers.validation.address import parse_address

DAY = dt.timedelta(days=1)
ALL = AskTerms(audience=AskAudience.ALL, per_day=2, days=10)


def reader(number: int) -> str:
    return f"reader{number:04d}@example.org"


def start_asking(installation: Installation, readers: int = 2, terms: AskTerms = ALL) -> None:
    """
    Begin to ask the readers of a list who joined the day before.
    """
    installation.add_readers(readers)
    installation.now += DAY
    ask_again.start(installation.app, "daily", terms, by=OPERATOR)


def work_days(installation: Installation, days: int = 0, *, sends: bool = True) -> None:
    """
    Let the scheduler and the sender work now and on each of the next *days*.
    """
    for day in range(days + 1):
        installation.now += DAY if day else dt.timedelta()
        work_ask_runs(installation.app.publishing)
        if sends:
            installation.submit_all()


def run_status(installation: Installation) -> AskRunStatus:
    status = ask_again.status(installation.app, "daily", by=OPERATOR)
    assert status is not None
    return status


def counts_of(installation: Installation) -> dict[str, int]:
    return {state.value: count for state, count in run_status(installation).counts.items()}


def standing_of(installation: Installation, address: str) -> tuple[str, str | None]:
    """
    Return the state of the subscription of *address*, and why it ended.
    """
    with installation.app.database.read() as connection:
        (found,) = subscriber_by_address(connection, parse_address(address)).subscriptions
    return found.state.value, found.ended_reason


def request_of(installation: Installation, address: str) -> int:
    """
    Return the number of the request that asks *address*; 0 if they were not asked.
    """
    with installation.app.database.read() as connection:
        person = subscriber_by_address(connection, parse_address(address)).id
        asked = sa.select(ask_run_person.c.request_id)
        return connection.scalar(asked.where(ask_run_person.c.subscriber_id == person)) or 0


def sign_up(installation: Installation, address: str) -> None:
    with installation.app.database.read() as connection:
        daily = find_list(connection, "daily")
    form = SignUp(address=parse_address(address), lists=[daily], form="join page")
    ask_to_join(
        installation.app, form, language="en", sends_welcome=False, admit=lambda connection: True
    )


def history_entries(installation: Installation, address: str) -> list[HistoryEntry]:
    with installation.app.database.read() as connection:
        return history_of(connection, parse_address(address))


def import_pending(installation: Installation, *addresses: str) -> None:
    """
    Import people to the list without a consent.
    """
    file = installation.folder / "pending.csv"
    file.write_text("\n".join(["email", *addresses]))
    subscribers.import_people(
        installation.app,
        [file],
        "daily",
        by=OPERATOR,
        consent=None,
        dry_run=False,
        progress=lambda done, whole: None,
    )

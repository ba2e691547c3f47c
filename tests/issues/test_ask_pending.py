"""
People who were imported without a consent and are asked whether they want a list.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from asking_people import (
    ALL,
    DAY,
    counts_of,
    import_pending,
    reader,
    request_of,
    sign_up,
    standing_of,
    work_days,
)
from installation import Installation

from newsletter.actions.people import ask_again
from newsletter.actions.people.files import imports
from newsletter.actions.readers.signup import confirm
from newsletter.errors import Refused
from newsletter.issues.standing.reminders import remind_people
from newsletter.model.access import OPERATOR
from subscribers.ask_again.model import AskAudience
from subscribers.signup.model import ConfirmState


@pytest.fixture(autouse=True)
def daily(installation: Installation) -> None:
    installation.add_list()


@pytest.fixture
def imported(installation: Installation) -> None:
    """
    Three people who were imported without a consent; the first has signed up since.
    """
    import_pending(installation, *map(reader, range(3)))
    sign_up(installation, reader(0))
    installation.now += DAY


@pytest.mark.usefixtures("imported")
def test_pending_people_who_were_never_asked_are_asked_once_without_a_reminder(
    installation: Installation,
) -> None:
    installation.subscribe(["known@example.org"])
    installation.submit_all()
    asked = len(installation.mails())
    terms = replace(ALL, audience=AskAudience.PENDING)
    ask_again.start(installation.app, "daily", terms, by=OPERATOR)
    work_days(installation)
    assert remind_people(installation.app.publishing) == 0
    installation.now += 2 * DAY
    assert remind_people(installation.app.publishing) == 1
    assert len(installation.mails()) == asked + 2

    done = confirm(installation.app, request_of(installation, reader(1)))
    work_days(installation, 10)

    assert done.state is ConfirmState.CONFIRMED
    assert counts_of(installation) == {"answered": 1, "no_answer": 1}
    assert standing_of(installation, reader(0)) == ("pending", None)
    assert standing_of(installation, reader(1)) == ("active", None)
    assert standing_of(installation, reader(2)) == ("ended", "no answer")
    assert standing_of(installation, "known@example.org") == ("active", None)


@pytest.mark.usefixtures("imported")
def test_undoing_the_import_takes_who_waits_out_of_the_run(installation: Installation) -> None:
    terms = replace(ALL, audience=AskAudience.IMPORT, import_id=1, per_day=1)
    ask_again.start(installation.app, "daily", terms, by=OPERATOR)
    work_days(installation)
    assert counts_of(installation) == {"asked": 1, "waiting": 1}

    assert imports.undo_import(installation.app, 1, by=OPERATOR)["people"] == 1

    assert counts_of(installation) == {"asked": 1}
    work_days(installation, 10)
    assert counts_of(installation) == {"no_answer": 1}


def test_those_of_another_import_are_not_asked(installation: Installation) -> None:
    for name in ("a", "b"):
        import_pending(installation, f"{name}@example.org")
    terms = replace(ALL, audience=AskAudience.IMPORT, import_id=2)
    ask_again.start(installation.app, "daily", terms, by=OPERATOR)
    work_days(installation)
    assert installation.mailed() == ["b@example.org"]
    installation.add_list("weekly")
    with pytest.raises(Refused, match="import 2 was not to list weekly"):
        ask_again.count(installation.app, "weekly", terms, by=OPERATOR)


def test_somebody_who_was_asked_in_a_run_is_not_asked_as_one_who_never_was(
    installation: Installation,
) -> None:
    import_pending(installation, "a@example.org")
    terms = replace(ALL, audience=AskAudience.PENDING)
    ask_again.start(installation.app, "daily", terms, by=OPERATOR)
    work_days(installation)
    ask_again.stop(installation.app, "daily", by=OPERATOR)
    with pytest.raises(Refused, match="nobody is pending who was never asked"):
        ask_again.start(installation.app, "daily", terms, by=OPERATOR)

"""
Nobody whose address is known by its hash only comes back by what staff or a stranger do.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from installation import Installation
from signup_samples import READER

from newsletter.actions.people import bulk, person, subscribers
from newsletter.actions.people.files.subscriber_files import confirm_people
from newsletter.errors import Refused
from newsletter.model.access import OPERATOR
from subscribers.filters.model import PeopleFilter
from subscribers.lists import find_list
from subscribers.model import OptIn
from subscribers.signup.confirm import confirm_join
from subscribers.signup.join import join
from subscribers.signup.model import ConfirmState, JoinOutcome, SignUp
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import add_suppressions
from subscribers.validation.address import parse_address

ADA = "ada@example.org"


@pytest.fixture
def erased(installation: Installation) -> Installation:
    """
    An installation that has erased Ada, a reader of its list.
    """
    installation.add_list("daily", opt_in=OptIn.SINGLE)
    installation.subscribe([ADA])
    subscribers.erase_person(installation.app, ADA, by=OPERATOR)
    installation.now += dt.timedelta(days=1)
    return installation


def sign_up(installation: Installation) -> JoinOutcome:
    with installation.app.database.write() as connection:
        daily = find_list(connection, "daily")
        asked = SignUp(address=parse_address(ADA), lists=[daily], form="join page")
        keys = installation.app.links.keys
        return join(connection, asked, keyring=keys, by=READER, now=installation.now)


def states(installation: Installation) -> list[str]:
    return [
        each.state.value
        for each in person.show(installation.app, ADA, by=OPERATOR).person.subscriptions
    ]


def confirm_file(installation: Installation) -> Any:
    file = installation.folder / "agreed.csv"
    file.write_text(f"email\n{ADA}\n")
    return confirm_people(
        installation.app,
        file,
        None,
        by=OPERATOR,
        evidence="a list of 2024",
        dry_run=False,
        progress=lambda done, size: None,
    )


def hold_hash(installation: Installation, reason: SuppressionReason) -> None:
    """
    Suppress Ada as a restore does when the backup does not know her.
    """
    row = {"email_key": installation.app.links.keys.fingerprint(ADA), "scope": ""}
    with installation.app.database.write() as connection:
        add_suppressions(connection, [{**row, "reason": reason.value, "since": installation.now}])
    installation.now += dt.timedelta(days=1)


def test_a_file_does_not_confirm_an_erased_person_whom_a_stranger_signed_up(
    erased: Installation,
) -> None:
    sign_up(erased)

    assert confirm_file(erased).kept_suppressed == 1
    assert states(erased) == ["pending"]


def test_a_filter_neither_confirms_nor_moves_an_erased_person_whom_a_stranger_signed_up(
    erased: Installation,
) -> None:
    erased.add_list("weekly")
    sign_up(erased)
    people = bulk.find(erased.app, bulk.Whom(which=PeopleFilter(list_slug="daily")), by=OPERATOR)
    run = bulk.BulkRun(by=OPERATOR)

    confirmed = bulk.confirm(erased.app, people, run, evidence="a list of 2024")
    moved = bulk.move_to(erased.app, people, run, source="daily", target="weekly")

    assert (confirmed["kept_suppressed"], moved["kept_suppressed"]) == (1, 1)
    assert states(erased) == ["pending"]


def test_an_erased_person_is_added_only_if_staff_say_that_they_agreed_again(
    erased: Installation,
) -> None:
    with pytest.raises(Refused, match="--resubscribe"):
        subscribers.add(erased.app, ADA, "daily", by=OPERATOR, consent="a list of 2024")
    subscribers.add(erased.app, ADA, "daily", by=OPERATOR, resubscribe=True)
    assert states(erased) == ["pending"]

    erased.now += dt.timedelta(days=1)
    subscribers.add(erased.app, ADA, "daily", by=OPERATOR, consent="called", resubscribe=True)
    assert states(erased) == ["active"]


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.BOUNCE])
def test_nothing_goes_to_a_stranger_who_complained_before_a_restore(
    installation: Installation, reason: SuppressionReason
) -> None:
    installation.add_list("daily", opt_in=OptIn.SINGLE)
    hold_hash(installation, reason)
    made = sign_up(installation)

    assert states(installation) == ["pending"]
    ada = person.show(installation.app, ADA, by=OPERATOR).person
    assert [each.reason for each in ada.suppressions] == [reason]
    with installation.app.database.write() as connection:
        keys, now = installation.app.links.keys, installation.now
        done = confirm_join(connection, made.request_id, keyring=keys, by=READER, now=now)
    assert done.state is ConfirmState.HELD


def test_who_complained_before_a_restore_is_not_added_by_staff(
    installation: Installation,
) -> None:
    installation.add_list("daily", opt_in=OptIn.SINGLE)
    hold_hash(installation, SuppressionReason.COMPLAINT)

    added, person = subscribers.add(
        installation.app, ADA, "daily", by=OPERATOR, consent="a list of 2024"
    )

    assert states(installation) == ["pending"]
    assert "complaint" in added.note
    assert [each.reason for each in person.suppressions] == [SuppressionReason.COMPLAINT]

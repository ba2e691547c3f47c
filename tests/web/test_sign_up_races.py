"""
The same sign-up and the same confirmation many times at once, as impatient people and mail programs
send them.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from installation import Installation
from people_samples import addresses
from signup_pages import ADA, states_of

from newsletter.actions.readers.signup import ask_to_join, confirm
from subscribers.lists import find_list
from subscribers.signup.model import ConfirmState, SignUp
from subscribers.validation.address import parse_address

AT_ONCE = 6


@pytest.fixture(autouse=True)
def daily(installation: Installation) -> None:
    installation.add_list()


def join(installation: Installation) -> None:
    with installation.app.database.read() as connection:
        mailing_list = find_list(connection, "daily")
    ada = SignUp(address=parse_address(ADA), lists=[mailing_list], form="join page")
    ask_to_join(
        installation.app, ada, language="en", sends_welcome=True, admit=lambda connection: True
    )


def test_many_sign_ups_of_one_new_address_at_once_make_one_person(
    installation: Installation,
) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda _: join(installation), range(AT_ONCE)))
    installation.submit_all()

    with installation.app.database.read() as connection:
        assert addresses(connection) == [ADA]
    assert states_of(installation) == {"daily": "pending"}
    assert installation.mailed() == [ADA] * AT_ONCE


def test_many_presses_at_once_confirm_and_welcome_once(installation: Installation) -> None:
    join(installation)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        done = list(threads.map(lambda _: confirm(installation.app, 1), range(AT_ONCE)))
    installation.submit_all()

    states = Counter(each.state for each in done)
    assert states == {ConfirmState.CONFIRMED: 1, ConfirmState.AGAIN: AT_ONCE - 1}
    assert states_of(installation) == {"daily": "active"}
    # The mail that asks was not needed any more when it was due.
    assert installation.mailed() == [ADA]

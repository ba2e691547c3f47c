"""
Passwords and codes cannot be tried out: for an account and a network, for an account over all
networks, from a network over all accounts, and not by everything at once.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from staff_samples import EVE

from newsletter.access.login_limits import (
    ACCOUNT,
    ACCOUNT_FROM_NETWORK,
    NETWORK,
    RESET_ACCOUNT,
    AttemptKind,
    AttemptLimits,
    LoginAttempt,
)
from newsletter.model.staff import LINK_LIFETIMES, StaffLinkKind
from newsletter.store.database import Database
from subscribers.tokens import KeyRing

DAY = dt.timedelta(days=1)


@pytest.fixture
def limits() -> AttemptLimits:
    return AttemptLimits(KeyRing(b"a secret of these tests only"))


def admitted(
    limits: AttemptLimits, database: Database, attempts: list[LoginAttempt], now: dt.datetime
) -> int:
    with database.write() as connection:
        return sum(limits.admit(connection, each, now=now) is None for each in attempts)


def attempt(email: str = EVE, network: str = "192.0.2.0/24") -> LoginAttempt:
    return LoginAttempt(kind=AttemptKind.PASSWORD, email_key=email, network=network)


def test_after_five_failures_each_further_one_doubles_the_delay(
    limits: AttemptLimits, database: Database, now: dt.datetime
) -> None:
    assert admitted(limits, database, [attempt()] * 20, now) == 5
    waits = []
    for _ in range(9):
        with database.write() as connection:
            wait = limits.admit(connection, attempt(), now=now)
        assert wait is not None
        waits.append(int(wait.total_seconds()))
        now += wait
        assert admitted(limits, database, [attempt()] * 3, now) == 1
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_in_a_day_an_account_is_tried_a_few_dozen_times_from_a_network(
    limits: AttemptLimits, database: Database, now: dt.datetime
) -> None:
    ends, count = now + DAY, 0
    while now < ends:
        with database.write() as connection:
            wait = limits.admit(connection, attempt(), now=now)
        count += wait is None
        now += wait or dt.timedelta()
    assert count < 40


def test_an_account_is_limited_over_all_networks_and_a_network_over_all_accounts(
    limits: AttemptLimits, database: Database, now: dt.datetime
) -> None:
    networks = [attempt(network=f"198.51.{n}.0/24") for n in range(200)]
    assert admitted(limits, database, networks, now) == ACCOUNT.free
    accounts = [attempt(email=f"n{n}@example.org", network="203.0.113.0/24") for n in range(200)]
    assert admitted(limits, database, accounts, now) == NETWORK.free
    # An unknown network is not counted, for it may be that of a proxy.
    unknown = [attempt(email=f"m{n}@example.org", network="") for n in range(100)]
    assert admitted(limits, database, unknown, now) == 100


def test_where_no_network_is_known_nobody_waits_longer_than_the_limits_of_the_account_say(
    limits: AttemptLimits, database: Database, now: dt.datetime
) -> None:
    """
    Behind a proxy that is not named, somebody who fails on purpose would keep out everybody else.
    """
    assert admitted(limits, database, [attempt(network="")] * 60, now) == ACCOUNT.free
    for _ in range(20):
        with database.write() as connection:
            wait = limits.admit(connection, attempt(network=""), now=now)
        assert wait is not None
        assert wait <= ACCOUNT.longest_delay
        now += wait
        assert admitted(limits, database, [attempt(network="")], now) == 1


def test_a_link_for_a_new_password_works_longer_than_the_next_one_can_be_delayed(
    limits: AttemptLimits, database: Database, now: dt.datetime
) -> None:
    asked = replace(attempt(network=""), kind=AttemptKind.RESET)
    assert admitted(limits, database, [asked] * 40, now) == RESET_ACCOUNT.free
    for _ in range(20):
        with database.write() as connection:
            wait = limits.admit(connection, asked, now=now)
        assert wait is not None
        assert wait < LINK_LIFETIMES[StaffLinkKind.RESET]
        now += wait
        assert admitted(limits, database, [asked], now) == 1


def test_nothing_is_locked_and_a_success_starts_over(
    limits: AttemptLimits, database: Database, now: dt.datetime
) -> None:
    assert admitted(limits, database, [attempt()] * 9, now) == 5
    later = now + ACCOUNT_FROM_NETWORK.longest_delay
    assert admitted(limits, database, [attempt()], later) == 1
    with database.write() as connection:
        limits.succeed(connection, attempt(), now=later)
    assert admitted(limits, database, [attempt()] * 9, later) == 5
    assert admitted(limits, database, [attempt()] * 9, later + DAY) == 5


def test_a_hundred_attempts_at_the_same_moment_are_five(
    limits: AttemptLimits, database: Database, now: dt.datetime
) -> None:
    with ThreadPoolExecutor(16) as threads:
        results = threads.map(lambda _: admitted(limits, database, [attempt()], now), range(100))
    assert sum(results) == 5

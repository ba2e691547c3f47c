"""
Limit how often passwords and codes can be tried: for an account from one network, for an account
from all networks, and from one network for all accounts. A browser in which the account was logged
in to before has a limit of its own instead.

After a few failures, each further one doubles the time until the next attempt. Nothing is locked
for good, and an attempt that comes too early is not counted, so nobody extends a delay by running
into it. An attempt is counted as failed before it is checked, so that a hundred at the same moment
do not get around the limit.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter.store.access.login_failures import (
    FailureCount,
    delete_failures,
    delete_old_failures,
    load_failures,
    lock_attempts,
    save_failures,
)
from subscribers.tokens import KeyRing

# Failures are forgotten this long after the last one.
FORGOTTEN_AFTER = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class AttemptLimit:
    """
    The first `free` failures cause no delay; after that it begins at `first_delay` and doubles up
    to `longest_delay`.
    """

    free: int
    first_delay: dt.timedelta
    longest_delay: dt.timedelta

    def delay_after(self, failures: int) -> dt.timedelta:
        """
        Return how long the next attempt has to wait after this many failures.
        """
        if failures < self.free:
            return dt.timedelta()
        doublings = min(failures - self.free, 20)
        return min(self.first_delay * (1 << doublings), self.longest_delay)


ACCOUNT_FROM_NETWORK = AttemptLimit(
    free=5, first_delay=dt.timedelta(seconds=30), longest_delay=dt.timedelta(hours=1)
)
ACCOUNT = AttemptLimit(
    free=50, first_delay=dt.timedelta(seconds=30), longest_delay=dt.timedelta(minutes=5)
)
NETWORK = AttemptLimit(
    free=50, first_delay=dt.timedelta(seconds=30), longest_delay=dt.timedelta(minutes=15)
)


# A link for a new password works for longer than anybody can delay the next one.
RESET_ACCOUNT = AttemptLimit(
    free=5, first_delay=dt.timedelta(seconds=30), longest_delay=dt.timedelta(minutes=15)
)


class AttemptKind(enum.StrEnum):
    """
    What is attempted: to log in with a password or a second factor, or to get a link for a new
    password. Each has limits of its own.
    """

    PASSWORD = "password"  # noqa: S105  (the kind, not a secret)
    SECOND_FACTOR = "second"
    RESET = "reset"


@dataclass(frozen=True, kw_only=True)
class LoginAttempt:
    """
    An attempt on the account with `email_key` from a `network`, which is empty if it is not known.
    `browser` is the name of one in which the account was logged in to before, or empty.
    """

    kind: AttemptKind
    email_key: str
    network: str
    browser: str = ""


class AttemptLimits:
    """
    The limits of an installation. What is counted is stored as hashes made with *keys*.
    """

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys

    def admit(
        self, connection: sa.Connection, attempt: LoginAttempt, *, now: dt.datetime
    ) -> dt.timedelta | None:
        """
        Count an attempt as failed, and return None if it may be made. Otherwise return how long to
        wait. Call this before anything else in a transaction that may write.
        """
        lock_attempts(connection)
        limits = self._limits(attempt)
        failures = load_failures(connection, limits)
        recent = {
            key: each for key, each in failures.items() if now - each.last_at < FORGOTTEN_AFTER
        }
        wait = max((each.next_at - now for each in recent.values()), default=dt.timedelta())
        if wait > dt.timedelta():
            return wait
        save_failures(
            connection,
            {key: _one_more(recent.get(key), limit, now) for key, limit in limits.items()},
        )
        return None

    def succeed(
        self, connection: sa.Connection, attempt: LoginAttempt, *, now: dt.datetime
    ) -> None:
        """
        Record that an admitted attempt did not fail. The count of the account from this network, or
        in this browser, is reset; the other counts go down by one.
        """
        lock_attempts(connection)
        limits = self._limits(attempt)
        own = [key for key, limit in limits.items() if limit is ACCOUNT_FROM_NETWORK]
        shared = [key for key in limits if key not in own]
        delete_failures(connection, own)
        failures = load_failures(connection, shared)
        save_failures(
            connection,
            {
                key: replace(each, count=each.count - 1, next_at=now)
                for key, each in failures.items()
            },
        )

    def _limits(self, attempt: LoginAttempt) -> Mapping[str, AttemptLimit]:
        """
        Return each limit by the key under which its failures are counted, the narrowest first.
        """
        kind, account, network = attempt.kind, attempt.email_key, attempt.network
        if attempt.browser:
            # What fails elsewhere must not keep somebody out of their own browser.
            return {self._key(f"{kind}\0{account}\0{attempt.browser}"): ACCOUNT_FROM_NETWORK}
        of_account = RESET_ACCOUNT if kind is AttemptKind.RESET else ACCOUNT
        if not network:
            # Everybody seems to come from the same proxy: who fails must not keep out the others.
            return {self._key(f"{kind}\0{account}"): of_account}
        return {
            self._key(f"{kind}\0{account}\0{network}"): ACCOUNT_FROM_NETWORK,
            self._key(f"{kind}\0{account}"): of_account,
            self._key(f"{kind}\0\0{network}"): NETWORK,
        }

    def _key(self, what: str) -> str:
        return self.keys.words(f"log-in\0{what}")[0]


def _one_more(failures: FailureCount | None, limit: AttemptLimit, now: dt.datetime) -> FailureCount:
    count = (failures.count if failures else 0) + 1
    return FailureCount(count=count, last_at=now, next_at=now + limit.delay_after(count))


def forget_failures(connection: sa.Connection, *, now: dt.datetime) -> None:
    """
    Delete the failures that no longer count.
    """
    delete_old_failures(connection, before=now - FORGOTTEN_AFTER)

"""
The nouns of the people side: frozen dataclasses and the states they can be in.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class OptIn(enum.StrEnum):
    """
    Whether a new subscription waits for the person's confirmation.
    """

    DOUBLE = "double"
    SINGLE = "single"


class Visibility(enum.StrEnum):
    """
    Whether a list is offered on public pages.
    """

    PUBLIC = "public"
    PRIVATE = "private"


class SubscriptionState(enum.StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class SuppressionReason(enum.StrEnum):
    """
    Why an address is never mailed. UNKNOWN came with an import that did not say.
    """

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    ERASED = "erased"
    MANUAL = "manual"
    UNKNOWN = "unknown"


ALL_LISTS = ""
"""
The scope of a suppression that holds for every list; any other scope is a list's slug.
"""


@dataclass(frozen=True, kw_only=True)
class MailingList:
    """
    A named thing one subscribes to.
    """

    id: int
    slug: str
    name: str
    description: str = ""
    opt_in: OptIn = OptIn.DOUBLE
    visibility: Visibility = Visibility.PUBLIC
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class ListCounts:
    """
    A list with the number of its subscriptions in each state.
    """

    mailing_list: MailingList
    pending: int = 0
    active: int = 0
    ended: int = 0


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """
    A subscriber on a list. `since` is when the present state began, `created_at` the first
    sign-up. `note` says why a call left the state as it was; it is empty otherwise.
    """

    id: int
    subscriber_id: int
    list_id: int
    list_slug: str
    state: SubscriptionState
    since: dt.datetime
    created_at: dt.datetime
    ended_reason: str | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """
    An address that is never mailed. `address` is its key, or a keyed hash (beginning with `@`)
    once the person was erased; `scope` is a list's slug, or empty for all lists.
    """

    address: str
    reason: SuppressionReason
    scope: str
    since: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Consent:
    """
    The proof behind a subscription. `given_at` is None where nobody knows when; `evidence` holds
    the row of an import as it came.
    """

    subscription_id: int
    text: str
    source: str
    given_at: dt.datetime | None
    recorded_at: dt.datetime
    evidence: str | None = None


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """
    A person with an address. `email` is None once they were erased, `timezone` (a name in the
    IANA database) where nobody said it.
    """

    id: int
    email: str | None
    name: str
    language: str | None
    timezone: str | None = None
    created_at: dt.datetime
    erased_at: dt.datetime | None = None
    last_active_at: dt.datetime | None = None
    subscriptions: tuple[Subscription, ...] = ()
    suppressions: tuple[Suppression, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """
    What became of a file's rows: every row is counted once, from `created` to `duplicate`.
    `by_status` counts the rows by what they say of themselves, `unknown_timezones` those that were
    taken in without the time zone they name.
    """

    product: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    kept_suppressed: int = 0
    refused: int = 0
    invalid: int = 0
    duplicate: int = 0
    by_status: Mapping[str, int] = field(default_factory=dict)
    unknown_timezones: int = 0
    errors_file: Path | None = None

    @property
    def rows(self) -> int:
        """
        How many rows the file has.
        """
        done = self.created + self.updated + self.unchanged + self.kept_suppressed
        return done + self.refused + self.invalid + self.duplicate

    def as_json(self) -> dict[str, Any]:
        """
        The report as plain JSON values, in the order of the contract.
        """
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        values["by_status"] = dict(self.by_status)
        values["errors_file"] = str(self.errors_file) if self.errors_file else None
        return values

"""
The types of this package: frozen dataclasses and the states they can be in.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from subscribers.suppression.model import ALL_LISTS, Suppression


class OptIn(enum.StrEnum):
    """
    How a subscription begins: DOUBLE waits for the person's confirmation, SINGLE does not.
    """

    DOUBLE = "double"
    SINGLE = "single"


class Visibility(enum.StrEnum):
    """
    PUBLIC lists are offered on public pages. UNLISTED ones can be joined by who knows their URL.
    PRIVATE ones have no page.
    """

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"


class Cadence(enum.StrEnum):
    """
    How often a subscriber wants a list: EACH issue, or what is sent WEEKLY or MONTHLY.
    """

    EACH = "each"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class SubscriptionState(enum.StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class EndCause(enum.StrEnum):
    """
    Who ended a subscription: the kinds of `OriginKind`, an erasure, or nobody: it was never
    confirmed, or there was no answer when they were asked again. Only what the reader ended on a
    page can be undone.
    """

    READER = "reader"
    STAFF = "staff"
    PROVIDER = "provider"
    IMPORT = "import"
    SYSTEM = "system"
    ERASURE = "erasure"
    UNCONFIRMED = "unconfirmed"
    NO_ANSWER = "no_answer"


@dataclass(frozen=True, kw_only=True)
class MailingList:
    """
    A list that people subscribe to.
    """

    id: int
    slug: str
    name: str
    description: str = ""
    opt_in: OptIn = OptIn.DOUBLE
    visibility: Visibility = Visibility.PRIVATE
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class ListCounts:
    """
    A list with the number of its subscriptions in each state; `suppressed` are the pending and
    active ones of suppressed addresses, which count in no other state.
    """

    mailing_list: MailingList
    pending: int = 0
    active: int = 0
    suppressed: int = 0
    ended: int = 0


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """
    A subscriber on a list. `since` is when its current state began, `created_at` the time of the
    first sign-up. `ended_cause` says what ended it, `ended_reason` why, in words. `note` says why a
    call did not change the state; otherwise it is empty.
    """

    id: int
    subscriber_id: int
    list_id: int
    list_slug: str
    state: SubscriptionState
    since: dt.datetime
    created_at: dt.datetime
    ended_reason: str | None = None
    ended_cause: EndCause | None = None
    cadence: Cadence = Cadence.EACH
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Consent:
    """
    The proof behind a subscription. `given_at` is None if the time is unknown; `evidence` is the
    row of an import as it was in the file.
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
    A person with an address. `email` is None after erasure; `timezone`, a name in the IANA
    database, is None if it is unknown.
    """

    id: int
    email: str | None
    name: str
    language: str | None
    timezone: str | None = None
    created_at: dt.datetime
    erased_at: dt.datetime | None = None
    last_active_at: dt.datetime | None = None
    paused_until: dt.datetime | None = None
    subscriptions: tuple[Subscription, ...] = ()
    suppressions: tuple[Suppression, ...] = ()

    def suppression_of(self, subscription: Subscription) -> Suppression | None:
        """
        Return what holds back a subscription that has not ended; None if nothing does.
        """
        if subscription.state is SubscriptionState.ENDED:
            return None
        scopes = (ALL_LISTS, subscription.list_slug)
        return next((each for each in self.suppressions if each.scope in scopes), None)


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """
    What an import did with the rows of its files; `number` is None for a dry run. Every row is
    counted once, in one of `created` to `duplicate`. `by_status` counts the people of the files by
    the status that is stored after it, `unknown_timezones` those imported without their time zone
    because it is not known, `unreadable_names` those imported without their name because it could
    not be decoded, `unknown_consent_times` those whose time of consent cannot be right, and
    `kept_active` and `kept_pending` those who stay so although the file does not say that they
    agreed. `guessed_encoding` is the name of the encoding if it had to be guessed.
    `columns` says what each column was read as; `first_errors` has a line for each of the first few
    rows with an error. `words` counts people by what the product calls their status and what that
    is here; `hints` say what the files are missing; `keys_left_out` counts people by the names of
    values in attributes that no field has.
    """

    number: int | None = field(default=None, compare=False)
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
    unreadable_names: int = 0
    unknown_consent_times: int = 0
    kept_active: int = 0
    kept_pending: int = 0
    guessed_encoding: str | None = None
    errors_file: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    ignored_columns: Sequence[str] = ()
    first_errors: Sequence[str] = ()
    words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    hints: Sequence[str] = ()
    keys_left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """
        Return the number of rows in the file.
        """
        done = self.created + self.updated + self.unchanged + self.kept_suppressed
        return done + self.refused + self.invalid + self.duplicate

    def as_json(self) -> dict[str, Any]:
        """
        Return the report as JSON values, in the documented order.
        """
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        values["ignored_columns"] = list(self.ignored_columns)
        values["first_errors"] = list(self.first_errors)
        values["hints"] = list(self.hints)
        values["errors_file"] = str(self.errors_file) if self.errors_file else None
        return {"import": values.pop("number"), **values}

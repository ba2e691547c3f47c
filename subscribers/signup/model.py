"""
The types of sign-up: what was typed into a form, and what became of it.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from subscribers.model import MailingList
from subscribers.validation.address import Address


@dataclass(frozen=True, kw_only=True)
class SignUp:
    """
    What somebody typed into a sign-up form. Nobody knows yet whether the address is theirs.

    `answers` holds JSON values: `name`, `fields` with the values of declared fields, and `warnings`
    about the address. `consent` is the sentence above the button; its version is None if the pages
    worded it. `network` is the address that the form was sent from.
    """

    address: Address
    lists: Sequence[MailingList]
    form: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    language: str | None = None
    consent: str = ""
    consent_version: int | None = None
    network: str | None = None


class JoinAnswer(enum.StrEnum):
    """
    The email that answers a sign-up: to CONFIRM it, a WELCOME if no confirmation is needed, or the
    link to their SETTINGS for somebody who already has all the newsletters.
    """

    CONFIRM = "confirm"
    WELCOME = "welcome"
    SETTINGS = "settings"


@dataclass(frozen=True, kw_only=True)
class JoinOutcome:
    """
    What a sign-up led to. `address` is the one that is stored, which is mailed; `subscription_id`
    is that of the first list that waits for the confirmation, or else of the first.
    """

    request_id: int
    subscriber_id: int
    subscription_id: int
    address: Address
    answer: JoinAnswer


class ConfirmState(enum.StrEnum):
    """
    What the button in the email did. CONFIRMED: the person is on the lists. AGAIN: it was pressed
    before; nothing changed. EXPIRED: it came too late. LOST: the request or the person is gone.
    LEFT: the person unsubscribed after they had asked. HELD: the address bounced, complained or was
    suppressed by staff.
    """

    CONFIRMED = "confirmed"
    AGAIN = "again"
    EXPIRED = "expired"
    LOST = "lost"
    LEFT = "left"
    HELD = "held"


@dataclass(frozen=True, kw_only=True)
class ConfirmOutcome:
    """
    What a confirmation led to. `lists` are those that the person is on now; `joined` has the number
    of each subscription that became active by it, by the id of its list.
    """

    state: ConfirmState
    subscriber_id: int | None = None
    address: Address | None = None
    lists: tuple[MailingList, ...] = ()
    joined: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PendingPerson:
    """
    Somebody who is on a list but never confirmed it. `requests` is how often they were asked,
    `requested_at` when last; both are empty for people who were imported or added by staff.
    """

    subscriber_id: int
    subscription_id: int
    address: str
    name: str
    list_slug: str
    since: dt.datetime
    form: str = ""
    requests: int = 0
    requested_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    reminded_at: dt.datetime | None = None
    warnings: tuple[str, ...] = ()

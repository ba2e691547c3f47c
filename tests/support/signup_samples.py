"""
Sign up and confirm as the pages do, for tests of people.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.history.model import Origin, OriginKind
from subscribers.model import MailingList
from subscribers.signup.confirm import confirm_join
from subscribers.signup.join import join
from subscribers.signup.model import ConfirmOutcome, JoinOutcome, SignUp
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

KEYS = KeyRing(b"a secret of at least sixteen bytes")
READER = Origin(kind=OriginKind.READER, through="join page")
ADA = "ada@example.org"


def ask_to_join(
    connection: sa.Connection,
    *lists: MailingList,
    address: str = ADA,
    at: dt.datetime,
    **typed: Any,
) -> JoinOutcome:
    values: dict[str, Any] = {"form": "join page", "consent": "Yes, send it to me."}
    sign_up = SignUp(address=parse_address(address), lists=lists, **values | typed)
    return join(connection, sign_up, keyring=KEYS, by=READER, now=at)


def press(connection: sa.Connection, request_id: int, *, at: dt.datetime) -> ConfirmOutcome:
    return confirm_join(connection, request_id, keyring=KEYS, by=READER, now=at)


def slugs(lists: Sequence[MailingList]) -> list[str]:
    return [each.slug for each in lists]

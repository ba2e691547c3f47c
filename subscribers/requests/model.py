"""
The types of readers' requests: what was asked for, by whom, and how long its link works.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class RequestKind(enum.StrEnum):
    """
    What a person asked for: to JOIN lists, to FIND the link to their settings, another ADDRESS, or
    the ERASURE of what is known about them. ASKED: they were asked whether they want a list.
    """

    JOIN = "join"
    FIND = "find"
    ADDRESS = "address"
    ERASURE = "erasure"
    ASKED = "asked"


LIVES: Mapping[RequestKind, dt.timedelta] = {
    RequestKind.JOIN: dt.timedelta(days=7),
    RequestKind.FIND: dt.timedelta(days=3),
    RequestKind.ADDRESS: dt.timedelta(days=3),
    RequestKind.ERASURE: dt.timedelta(days=3),
    RequestKind.ASKED: dt.timedelta(days=60),
}
"""
How long the link in the email works. That of ASKED works longer if people have longer to
answer.
"""

CONFIRMING = (RequestKind.JOIN, RequestKind.ASKED)
"""
The requests that are answered by confirming lists.
"""


@dataclass(frozen=True, kw_only=True)
class ReaderRequest:
    """
    A request that waits for its confirmation, or has it since `done_at`.

    `lists` are the ids of the lists that it is about. `answers` holds what was typed, as JSON
    values; it changes nothing before the confirmation. `network` is where the request came from.
    """

    id: int
    kind: RequestKind
    subscriber_id: int
    requested_at: dt.datetime
    expires_at: dt.datetime
    done_at: dt.datetime | None
    reminded_at: dt.datetime | None
    lists: tuple[int, ...]
    form: str
    language: str | None
    consent: str | None
    consent_version: int | None
    network: str | None
    answers: Mapping[str, Any]

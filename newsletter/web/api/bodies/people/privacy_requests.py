"""
The bodies of the requests and responses about requests under data protection law.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.web.api.bodies.subscribers import Address
from newsletter.web.api.body import RequestBody, Resource
from newsletter.web.api.times import Moment
from subscribers.requests.privacy import PrivacyKind, PrivacyRequest

RequestNumber = Annotated[
    int, Path(ge=1, lt=2**63, description="The number of the request", examples=[1])
]


class PrivacyRequestToAdd(RequestBody):
    """
    What somebody asked for, who need not be a subscriber.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "kind": "access", "address": "ada@example.org", "received": "2026-03-04",
    }  # fmt: skip
    kind: PrivacyKind
    address: Address
    received: dt.date | None = Field(default=None, description="The day; without it, today")


class PrivacyRequestOutcome(RequestBody):
    """
    What was done about a request.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"outcome": "sent a copy of the data on 5 March"}
    outcome: Annotated[str, Field(min_length=1, max_length=1_000)]


class PrivacyRequestBody(Resource):
    """
    A request, and until when it must be answered. `address` is null once the person is erased, and
    `done_at` and `in_time` while it is open.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 12,
        "kind": "access",
        "address": "ada@example.org",
        "received_at": "2026-03-04T00:00:00Z",
        "due_at": "2026-04-04T00:00:00Z",
        "done_at": None,
        "in_time": None,
        "through": "API",
        "outcome": "",
        "by": "",
    }
    id: int
    kind: PrivacyKind
    address: str | None
    received_at: Moment
    due_at: Moment
    done_at: Moment | None
    in_time: bool | None = Field(description="Whether it was done by the end of the day it was due")
    through: str
    outcome: str
    by: str = Field(description="Who closed it")

    @classmethod
    def of(cls, request: PrivacyRequest) -> PrivacyRequestBody:
        """
        Return the body of a request.
        """
        return cls(
            id=request.id,
            kind=request.kind,
            address=request.email_key,
            received_at=request.received_at,
            due_at=request.due_at,
            done_at=request.done_at,
            in_time=request.is_in_time,
            through=request.through,
            outcome=request.outcome,
            by=request.by_name,
        )

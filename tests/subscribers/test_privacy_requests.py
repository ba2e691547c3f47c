"""
Requests under data protection law: their deadline, and what is left of them after an erasure.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from subscribers.errors import InvalidText, UnknownRequest
from subscribers.history.model import Origin, OriginKind
from subscribers.requests.privacy import (
    PrivacyKind,
    blank_requests,
    close_request,
    due_date,
    open_request,
    privacy_requests,
)
from subscribers.validation.address import parse_address

ADA = parse_address("Ada@example.org")
STAFF = Origin(kind=OriginKind.STAFF, name="grace@example.org", through="web")


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-04", "2026-04-04"),
        ("2026-01-31", "2026-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2026-08-31", "2026-09-30"),
        ("2026-12-15", "2027-01-15"),
    ],
)
def test_a_request_is_due_one_month_after_it_was_received(received: str, due: str) -> None:
    at = dt.datetime.fromisoformat(f"{received}T10:00:00+00:00")
    assert due_date(at) == dt.datetime.fromisoformat(f"{due}T10:00:00+00:00")


def test_a_request_is_closed_once_with_what_was_done(
    connection: sa.Connection, now: dt.datetime
) -> None:
    made = open_request(connection, PrivacyKind.ACCESS, ADA, received_at=now, through="web")
    assert privacy_requests(connection, address=ADA, is_open=True) == [made]
    done = close_request(connection, made.id, outcome="sent a file", by=STAFF, now=now)
    assert (done.done_at, done.outcome, done.by_name) == (now, "sent a file", "grace@example.org")
    assert privacy_requests(connection, is_open=True) == []
    with pytest.raises(UnknownRequest, match=f"there is no open request {made.id}: see"):
        close_request(connection, made.id, outcome="again", by=STAFF, now=now)


def test_a_request_is_not_closed_without_saying_what_was_done(
    connection: sa.Connection, now: dt.datetime
) -> None:
    made = open_request(connection, PrivacyKind.ERASURE, ADA, received_at=now, through="web")
    with pytest.raises(InvalidText, match="the outcome is empty"):
        close_request(connection, made.id, outcome="  ", by=STAFF, now=now)
    assert privacy_requests(connection) == [made]


def test_only_open_requests_past_their_deadline_are_overdue(
    connection: sa.Connection, now: dt.datetime
) -> None:
    late = open_request(
        connection, PrivacyKind.ACCESS, ADA, received_at=now - dt.timedelta(days=40), through=""
    )
    open_request(connection, PrivacyKind.CORRECTION, ADA, received_at=now, through="")
    assert privacy_requests(connection, is_open=True, due_before=now) == [late]


def test_a_request_outlives_the_address(connection: sa.Connection, now: dt.datetime) -> None:
    open_request(connection, PrivacyKind.ERASURE, ADA, received_at=now, through="web")
    assert blank_requests(connection, ADA, by=STAFF, now=now) == 1
    (left,) = privacy_requests(connection)
    assert (left.email_key, left.kind) == (None, PrivacyKind.ERASURE)
    assert (left.done_at, left.outcome, left.by_name) == (now, "erased", "grace@example.org")

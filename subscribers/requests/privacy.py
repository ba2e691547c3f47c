"""
Requests under data protection law: what somebody asked for, until when it must be answered, and
what was done. They are kept when the person is erased, without the address.
"""

from __future__ import annotations

import calendar
import datetime as dt
import enum
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from subscribers.database.request_tables import privacy_request
from subscribers.errors import InvalidText, UnknownRequest
from subscribers.history.model import Origin
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address
from subscribers.validation.text_fields import one_line

_r = privacy_request


class PrivacyKind(enum.StrEnum):
    """
    What somebody may ask for: to see, to correct or to erase what is known about them (articles 15,
    16 and 17 of the GDPR).
    """

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"


@dataclass(frozen=True, kw_only=True)
class PrivacyRequest:
    """
    One request. `email_key` is None once the person is erased; `done_at` is None while it is open.
    `through` is how it came in, `by_name` who closed it.
    """

    id: int
    kind: PrivacyKind
    email_key: str | None
    received_at: dt.datetime
    due_at: dt.datetime
    done_at: dt.datetime | None
    through: str
    outcome: str
    by_name: str

    @property
    def is_in_time(self) -> bool | None:
        """
        Return True if it was done by the end of the day on which it was due, and None while it is
        open.
        """
        return None if self.done_at is None else self.done_at.date() <= self.due_at.date()

    def is_overdue(self, now: dt.datetime) -> bool:
        """
        Return True if it is open, and the day on which it was due is over.
        """
        return self.done_at is None and self.due_at.date() < now.date()


def due_date(received_at: dt.datetime) -> dt.datetime:
    """
    Return when a request must be answered: one month after it was received (GDPR, article 12(3)).
    That is the same day of the next month, or its last day if it has no such day (Regulation
    1182/71, article 3(2)(c)).
    """
    year, month = divmod(received_at.year * 12 + received_at.month, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return received_at.replace(year=year, month=month + 1, day=min(received_at.day, last))


def open_request(
    connection: sa.Connection,
    kind: PrivacyKind,
    address: Address,
    *,
    received_at: dt.datetime,
    through: str,
) -> PrivacyRequest:
    """
    Record that the person with *address*, who need not be a subscriber, asked for something. A
    request for erasure is closed when the address is erased.
    """
    row = connection.execute(
        _r.insert()
        .values(
            kind=kind.value,
            email_key=address.key,
            received_at=received_at,
            due_at=due_date(received_at),
            through=through,
        )
        .returning(*_r.c)
    ).one()
    return _read(row)


def close_request(
    connection: sa.Connection, request_id: int, *, outcome: str, by: Origin, now: dt.datetime
) -> PrivacyRequest:
    """
    Record what was done about a request, and by whom.

    Raises:
        UnknownRequest: there is no open request with that number.
        InvalidText: *outcome* is empty, or not one line.
    """
    words = one_line(outcome, phrase("outcome"))
    if not words:
        raise InvalidText(phrase("the outcome is empty: say what was done"))
    still_open = _r.update().where(_r.c.id == request_id, _r.c.done_at.is_(None))
    values = {"done_at": now, "outcome": words, "by_name": by.name}
    row = connection.execute(still_open.values(values).returning(*_r.c)).one_or_none()
    if row is None:
        raise UnknownRequest(
            phrase(
                "there is no open request {request}: see `newsletter privacy list`",
                request=request_id,
            )
        )
    return _read(row)


def privacy_requests(
    connection: sa.Connection,
    *,
    address: Address | None = None,
    is_open: bool = False,
    due_before: dt.datetime | None = None,
) -> list[PrivacyRequest]:
    """
    Return the requests by deadline: those of one address, only those that are open, only those due
    before a time.
    """
    query = sa.select(_r).order_by(_r.c.due_at, _r.c.id)
    if address is not None:
        query = query.where(_r.c.email_key == address.key)
    if is_open:
        query = query.where(_r.c.done_at.is_(None))
    if due_before is not None:
        query = query.where(_r.c.due_at < due_before)
    return [_read(row) for row in connection.execute(query)]


def requests_after(
    connection: sa.Connection, number: int, *, limit: int, is_open: bool = False
) -> list[PrivacyRequest]:
    """
    Return at most *limit* requests with higher numbers than that, or only those that are open.
    """
    query = sa.select(_r).where(_r.c.id > number).order_by(_r.c.id).limit(limit)
    if is_open:
        query = query.where(_r.c.done_at.is_(None))
    return [_read(row) for row in connection.execute(query)]


def find_request(connection: sa.Connection, number: int) -> PrivacyRequest:
    """
    Return the request of that number.

    Raises:
        UnknownRequest: there is none.
    """
    row = connection.execute(sa.select(_r).where(_r.c.id == number)).one_or_none()
    if row is None:
        raise UnknownRequest(
            phrase("there is no request {number}: see `newsletter privacy list`", number=number)
        )
    return _read(row)


def blank_requests(
    connection: sa.Connection, address: Address, *, by: Origin, now: dt.datetime
) -> int:
    """
    Close the address's open requests for erasure, because it is erased, and delete it from all its
    requests. Return how many had it.
    """
    theirs = _r.c.email_key == address.key
    asked = _r.update().where(theirs, _r.c.kind == PrivacyKind.ERASURE, _r.c.done_at.is_(None))
    connection.execute(asked.values(done_at=now, outcome="erased", by_name=by.name))
    return int(connection.execute(_r.update().where(theirs).values(email_key=None)).rowcount)


def _read(row: sa.Row[Any]) -> PrivacyRequest:
    return PrivacyRequest(**{**row._mapping, "kind": PrivacyKind(row.kind)})

"""
Actions on requests under data protection law: record one, list them, close one, and collect what is
stored about an address.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from newsletter.actions.guard.objects import the_person, unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import InvalidValue
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.emails_to import emails_to
from newsletter.store.delivery.trace import Who
from subscribers.database.tables import subscriber
from subscribers.errors import UnknownSubscriber
from subscribers.history.model import Origin, OriginKind
from subscribers.requests import privacy
from subscribers.requests.personal_data import personal_data
from subscribers.requests.privacy import PrivacyKind, PrivacyRequest
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address, parse_address


@requires(Permission.PEOPLE_WRITE, "request.add", about=unlimited(ObjectKind.REQUEST))
def add(
    app: App, address: str, kind: str, *, by: Actor, received: dt.date | None = None
) -> PrivacyRequest:
    """
    Record a request that was received on that day, by default today.

    Raises:
        InvalidValue: there is no such kind of request, or the day is to come.
        InvalidAddress: the address is not valid.
    """
    now = app.clock()
    if kind not in list(PrivacyKind):
        raise InvalidValue(
            phrase(
                "{kind!r} is not a kind of request: write access, correction, erasure", kind=kind
            )
        )
    received_at = now
    if received is not None:
        received_at = dt.datetime.combine(received, dt.time(), tzinfo=dt.UTC)
    if received_at > now:
        raise InvalidValue(
            phrase(
                "{received} is to come: give the day on which the request arrived",
                received=received,
            )
        )
    with app.database.write() as connection:
        return privacy.open_request(
            connection,
            PrivacyKind(kind),
            parse_address(address),
            received_at=received_at,
            through=by.channel.value,
        )


@requires(Permission.PEOPLE_READ, "request.list", about=unlimited(ObjectKind.REQUEST))
def all_of(app: App, *, is_open: bool = False, by: Actor) -> list[PrivacyRequest]:
    """
    Return the requests by deadline, or only the open ones.
    """
    with app.database.read() as connection:
        return privacy.privacy_requests(connection, is_open=is_open)


@requires(
    Permission.PEOPLE_WRITE,
    "request.done",
    about=unlimited(ObjectKind.REQUEST, "request_id"),
)
def done(app: App, request_id: int, *, outcome: str, by: Actor) -> PrivacyRequest:
    """
    Close a request, with what was done.

    Raises:
        UnknownRequest: there is no open request with that number.
        InvalidText: the outcome is not one line.
    """
    origin = Origin(kind=OriginKind.STAFF, name=by.name, through=by.channel.value)
    with app.database.write() as connection:
        return privacy.close_request(
            connection, request_id, outcome=outcome, by=origin, now=app.clock()
        )


@requires(Permission.PEOPLE_EXPORT, "subscriber.data", about=the_person(), in_steps=True)
def data_about(app: App, address: str, *, by: Actor) -> dict[str, Any]:
    """
    Return everything that is stored about an address, as JSON values.

    Raises:
        UnknownSubscriber: nothing is stored about it.
        InvalidAddress: the address is not valid.
    """
    parsed = parse_address(address)
    with app.database.read() as connection:
        data = all_about(connection, parsed)
    if not any(value for name, value in data.items() if name != "address"):
        raise UnknownSubscriber(
            phrase("nothing is stored about {address}: check the address", address=address)
        )
    return data


def all_about(connection: sa.Connection, address: Address) -> dict[str, Any]:
    """
    Return what is stored about an address, the emails sent to it included.
    """
    number = connection.scalar(
        sa.select(subscriber.c.id).where(subscriber.c.email_key == address.key)
    )
    who = Who(email_key=address.key, subscriber_id=number)
    return {**personal_data(connection, address), "emails": emails_to(connection, who)}

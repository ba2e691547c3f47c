"""
People in every state, to whom notices are sent in tests.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from installation import Installation

from newsletter.issues.standing.notices import standing_notice
from newsletter.model.notice import NoticeKind, NoticeRecipient, StandingNotice
from newsletter.store.delivery.appending import append_notices
from subscribers.database import tables
from subscribers.requests.model import RequestKind
from subscribers.requests.records import add_request
from subscribers.validation.address import parse_address


def add_person(
    installation: Installation,
    email: str,
    state: str | None = "pending",
    *,
    list_id: int = 1,
    request: RequestKind | None = RequestKind.JOIN,
) -> NoticeRecipient:
    """
    Add a person whose subscription is in *state*, and what they ask for.
    """
    address, now = parse_address(email), installation.now
    with installation.app.database.write() as connection:
        person = connection.execute(
            sa.insert(tables.subscriber)
            .values(email=address.email, email_key=address.key, name="Mallory", created_at=now)
            .returning(tables.subscriber.c.id)
        ).scalar_one()
        subscription = None
        if state is not None:
            values = {"state": state, "since": now, "created_at": now}
            subscription = connection.execute(
                sa.insert(tables.subscription)
                .values(subscriber_id=person, list_id=list_id, **values)
                .returning(tables.subscription.c.id)
            ).scalar_one()
        number = None
        if request is not None:
            number = add_request(
                connection, request, subscriber_id=person, lists=[list_id], now=now
            )
    return NoticeRecipient(
        subscriber_id=person, email=address, subscription_id=subscription, request_id=number
    )


def notice_of(
    installation: Installation,
    kind: NoticeKind = NoticeKind.CONFIRM,
    list_id: int | None = 1,
    language: str | None = "en",
) -> StandingNotice:
    return standing_notice(installation.app.publishing, kind, list_id, language)


def append(
    installation: Installation,
    recipients: Sequence[NoticeRecipient],
    kind: NoticeKind = NoticeKind.CONFIRM,
    *,
    list_id: int | None = 1,
    notice: StandingNotice | None = None,
) -> StandingNotice:
    """
    Append *recipients* to the notice that stands, and return it.
    """
    found = notice or notice_of(installation, kind, list_id)
    with installation.app.database.write() as connection:
        append_notices(connection, found, recipients, now=installation.now)
    return found

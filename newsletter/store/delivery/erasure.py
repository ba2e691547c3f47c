"""
Delete the addresses, names and merge values of erased people from their deliveries, and from what
waits for webhooks. The deliveries are kept, so that they are still counted.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.model.delivery import DeliveryState
from newsletter.model.issue import AudienceRule, IssueKind
from newsletter.model.notice import TypedNotice
from newsletter.store.access.api_responses import forget_responses
from newsletter.store.access.audit import forget_people
from newsletter.store.delivery.status.shown import SHOWN_STATE
from newsletter.store.outgoing.people import forget_events
from newsletter.store.tables import batch, delivery, issue, mail
from subscribers.database.tables import subscriber

# No call takes this long. Open and uncertain deliveries keep their address, because the provider is
# asked about it.
LOOK_BACK = dt.timedelta(days=40)
_OPEN = (DeliveryState.PENDING, DeliveryState.UNCERTAIN)


def forget_person(connection: sa.Connection, *, number: int, email_key: str) -> int:
    """
    Delete the address of subscriber *number* from the ended deliveries, test mails and notices to
    *email_key* included, and what the audit trail says about them. Return how many deliveries were
    changed.
    """
    forget_events(connection, number=number, email_key=email_key)
    forget_people(connection, [number])
    forget_responses(connection, email_key)
    return _forget(
        connection, (delivery.c.subscriber_id == number) | (delivery.c.email_key == email_key)
    )


def forget_address(connection: sa.Connection, *, email_key: str) -> int:
    """
    Delete an address that is no subscriber's from the ended test mails and notices to it. Return
    how many were changed.
    """
    forget_events(connection, number=None, email_key=email_key)
    forget_responses(connection, email_key)
    return _forget(connection, delivery.c.email_key == email_key)


def mailed_among(connection: sa.Connection, keys: Sequence[str]) -> set[str]:
    """
    Return those keys of addresses that are no subscriber's and to which test mails or notices went.
    """
    to_them = sa.select(delivery.c.email_key).where(
        delivery.c.email_key.in_(keys), delivery.c.subscriber_id.is_(None)
    )
    return {*connection.scalars(to_them)}


def forget_erased(connection: sa.Connection, *, now: dt.datetime) -> int:
    """
    Delete the address from deliveries that were still open when their person was erased, and that
    have ended since. Return how many lost it.
    """
    erased = sa.select(subscriber.c.id).where(subscriber.c.erased_at > now - LOOK_BACK)
    return _forget(connection, delivery.c.subscriber_id.in_(erased))


def _forget(connection: sa.Connection, whose: sa.ColumnElement[bool]) -> int:
    in_batch = (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
    ended = (
        sa.select(delivery.c.id)
        .outerjoin(batch, in_batch)
        .where(whose, delivery.c.email.is_not(None), SHOWN_STATE.not_in(_OPEN))
    )
    _forget_messages(connection, ended)
    forgotten = sa.update(delivery).where(delivery.c.id.in_(ended))
    blank = {"email": None, "email_key": None, "name": "", "merge_values": None}
    return int(connection.execute(forgotten.values(blank)).rowcount)


def _forget_messages(connection: sa.Connection, deliveries: sa.Select[tuple[int]]) -> None:
    """
    Delete the text and the address of the messages that these are the deliveries of: each was
    written to one person.
    """
    of_them = sa.select(delivery.c.issue_id).where(delivery.c.id.in_(deliveries))
    messages = sa.select(issue.c.id).where(
        issue.c.id.in_(of_them),
        issue.c.kind == IssueKind.NOTICE,
        issue.c.template == TypedNotice.MESSAGE.value,
    )
    numbers = connection.scalars(messages).all()
    if not numbers:
        return
    connection.execute(mail.delete().where(mail.c.issue_id.in_(numbers)))
    nobody = dataclasses.asdict(AudienceRule(lists=()))
    connection.execute(issue.update().where(issue.c.id.in_(numbers)).values(audience=nobody))

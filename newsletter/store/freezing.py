"""
The freeze: who gets an issue, written down once, in a constant few statements.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.model.delivery import BatchState
from newsletter.model.mail import Mail
from newsletter.store.schema import batch, delivery, exclusion, mail
from subscribers.address import Address
from subscribers.audience import select_audience, select_excluded
from subscribers.model import MailingList


def store_mail(connection: sa.Connection, issue_id: int, rendered: Mail, sha256: str) -> None:
    """
    Keeps the rendered mail, so that a resumed send is the same to the byte.
    """
    connection.execute(
        sa.insert(mail).values(issue_id=issue_id, mail=rendered.as_json(), sha256=sha256)
    )


def load_mail(connection: sa.Connection, issue_id: int) -> tuple[Mail, str] | None:
    """
    The mail frozen for an issue and its hash, or None before the freeze.
    """
    row = connection.execute(sa.select(mail).where(mail.c.issue_id == issue_id)).one_or_none()
    return None if row is None else (Mail.from_json(row.mail), row.sha256)


def freeze_audience(
    connection: sa.Connection,
    issue_id: int,
    *,
    lists: Sequence[MailingList],
    minus: Sequence[MailingList],
    batch_size: int,
) -> int:
    """
    How many deliveries were written: one for each reader of the audience, numbered into batches
    of *batch_size*; those left out are written as exclusions with their reason.
    """
    people = select_audience(lists, minus).subquery()
    place = sa.func.row_number().over(order_by=people.c.subscriber_id) - 1
    number = place // batch_size + 1
    columns = ["subscriber_id", "subscription_id", "list_id", "email", "email_key", "name"]
    connection.execute(
        sa.insert(delivery).from_select(
            ["issue_id", *columns, "batch_no"],
            sa.select(sa.literal(issue_id), *(people.c[name] for name in columns), number),
        )
    )
    left_out = select_excluded(lists, minus).subquery()
    connection.execute(
        sa.insert(exclusion).from_select(
            ["issue_id", "subscriber_id", "reason"],
            sa.select(sa.literal(issue_id), left_out.c.subscriber_id, left_out.c.reason),
        )
    )
    return _count(connection, issue_id)


def freeze_addresses(
    connection: sa.Connection, issue_id: int, addresses: Sequence[Address], *, batch_size: int
) -> int:
    """
    How many deliveries were written for typed *addresses* (a test mail), one for each person.
    """
    by_key = {address.key: address for address in addresses}
    rows = [
        {
            "issue_id": issue_id,
            "email": address.email,
            "email_key": address.key,
            "batch_no": place // batch_size + 1,
        }
        for place, address in enumerate(by_key.values())
    ]
    connection.execute(sa.insert(delivery), rows)
    return len(rows)


def write_batches(connection: sa.Connection, issue_id: int, *, size: int, batch_size: int) -> None:
    """
    The batches of *size* deliveries, all pending.
    """
    rows = [
        {"issue_id": issue_id, "no": number, "state": BatchState.PENDING}
        for number in range(1, math.ceil(size / batch_size) + 1)
    ]
    if rows:
        connection.execute(sa.insert(batch), rows)


def count_audience(
    connection: sa.Connection, lists: Sequence[MailingList], minus: Sequence[MailingList]
) -> int:
    """
    How many readers a freeze would write now.
    """
    people = select_audience(lists, minus).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(people)).scalar_one())


def _count(connection: sa.Connection, issue_id: int) -> int:
    counted = sa.select(sa.func.count()).where(delivery.c.issue_id == issue_id)
    return int(connection.execute(counted).scalar_one())

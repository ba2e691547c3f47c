"""
What publishing adds to a mailing list: who sends to it, and whether a person must approve.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.mail import Sender
from newsletter.store.tables import list_publishing
from subscribers.database.columns import insert_into


@dataclass(frozen=True, kw_only=True)
class ListSettings:
    """
    A list's own sender and reply-to (None: the site's), and whether its issues need approval.
    """

    sender: Sender | None = None
    reply_to: str | None = None
    needs_approval: bool = False


def list_settings(connection: sa.Connection, list_id: int) -> ListSettings:
    """
    What was set for the list, or nothing.
    """
    row = connection.execute(
        sa.select(list_publishing).where(list_publishing.c.list_id == list_id)
    ).one_or_none()
    if row is None:
        return ListSettings()
    sender = Sender(row.sender_name, row.sender_address) if row.sender_address else None
    return ListSettings(sender=sender, reply_to=row.reply_to, needs_approval=row.needs_approval)


def set_list_settings(connection: sa.Connection, list_id: int, own: ListSettings) -> None:
    """
    Sets what the list has of its own.
    """
    values = {
        "sender_name": own.sender.name if own.sender else "",
        "sender_address": own.sender.address if own.sender else None,
        "reply_to": own.reply_to,
        "needs_approval": own.needs_approval,
    }
    connection.execute(
        insert_into(connection, list_publishing)
        .values(list_id=list_id, **values)
        .on_conflict_do_update(index_elements=["list_id"], set_=values)
    )

"""
The settings that publishing adds to a mailing list: its sender, whether it needs
approval, and its quiet hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.mail import Sender
from newsletter.model.timing import QuietHours, quiet_from
from newsletter.store.tables import list_settings
from subscribers.database.columns import insert_into
from subscribers.database.tables import mailing_list


@dataclass(frozen=True, kw_only=True)
class ListSettings:
    """
    The list's own sender and reply-to (None means the site's), whether its issues need approval,
    and the hours in which none is submitted, in its time zone.
    """

    sender: Sender | None = None
    reply_to: str | None = None
    needs_approval: bool = False
    quiet: QuietHours | None = None
    timezone: str = "UTC"


def load_list_settings(connection: sa.Connection, list_id: int) -> ListSettings:
    """
    Load the settings of the list, or the defaults.
    """
    row = connection.execute(
        sa.select(list_settings).where(list_settings.c.list_id == list_id)
    ).one_or_none()
    if row is None:
        return ListSettings()
    sender = Sender(row.sender_name, row.sender_address) if row.sender_address else None
    return ListSettings(
        sender=sender,
        reply_to=row.reply_to,
        needs_approval=row.needs_approval,
        quiet=quiet_from(row.quiet) if row.quiet else None,
        timezone=row.timezone,
    )


def requiring_approval(connection: sa.Connection, slugs: Sequence[str]) -> list[str]:
    """
    Return those of the lists *slugs* whose issues need approval, in the order of their slugs.
    """
    found = connection.execute(
        sa.select(mailing_list.c.slug)
        .join(list_settings, list_settings.c.list_id == mailing_list.c.id)
        .where(mailing_list.c.slug.in_(list(slugs)), list_settings.c.needs_approval)
        .order_by(mailing_list.c.slug)
    )
    return list(found.scalars())


def quiet_hours_of(connection: sa.Connection, slugs: Sequence[str]) -> list[QuietHours]:
    """
    Return the quiet hours of the lists *slugs*, each in the time zone of its list.
    """
    found = connection.execute(
        sa.select(list_settings.c.quiet, list_settings.c.timezone)
        .join(mailing_list, mailing_list.c.id == list_settings.c.list_id)
        .where(mailing_list.c.slug.in_(list(slugs)), list_settings.c.quiet.is_not(None))
        .order_by(mailing_list.c.slug)
    )
    return [quiet_from(row.quiet, row.timezone) for row in found]


def set_list_settings(connection: sa.Connection, list_id: int, own: ListSettings) -> None:
    """
    Store the settings of the list.
    """
    values = {
        "sender_name": own.sender.name if own.sender else "",
        "sender_address": own.sender.address if own.sender else None,
        "reply_to": own.reply_to,
        "needs_approval": own.needs_approval,
        "quiet": str(own.quiet) if own.quiet else None,
        "timezone": own.timezone,
    }
    connection.execute(
        insert_into(connection, list_settings)
        .values(list_id=list_id, **values)
        .on_conflict_do_update(index_elements=["list_id"], set_=values)
    )

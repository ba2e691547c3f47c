"""
Hold a list: nothing is frozen for it or sent to it until a person releases it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.issue import IssueState
from newsletter.store.issues.list_references import issues_naming
from newsletter.store.issues.pauses import try_pause
from newsletter.store.tables import list_settings
from subscribers.database.columns import insert_into
from subscribers.database.tables import mailing_list
from subscribers.model import MailingList
from subscribers.text.phrases import phrase


class ListHeld(Refused):
    """
    Raised if something is to be sent to a list that is held.
    """


def hold_list(
    connection: sa.Connection, held: MailingList, *, reason: str, now: dt.datetime
) -> list[int]:
    """
    Hold a list for *reason*, pause what is being sent to it, and return the numbers of what was
    paused.
    """
    connection.execute(
        insert_into(connection, list_settings)
        .values(list_id=held.id, needs_approval=False, held_reason=reason)
        .on_conflict_do_update(index_elements=["list_id"], set_={"held_reason": reason})
    )
    why = _why(held.slug, reason)
    from_sending = IssueState.SENDING
    sending = issues_naming(connection, held.slug, states={from_sending})
    return [
        number
        for number in sending
        if try_pause(connection, number, why, now=now, only_from=from_sending)
    ]


def release_list(connection: sa.Connection, held: MailingList) -> bool:
    """
    Let issues be sent to the list again, and return whether it was held. What was paused stays
    paused.
    """
    released = connection.execute(
        list_settings.update()
        .where(list_settings.c.list_id == held.id, list_settings.c.held_reason.is_not(None))
        .values(held_reason=None)
    )
    return released.rowcount == 1


def held_lists(connection: sa.Connection) -> frozenset[str]:
    """
    Return the slugs of the lists that are held.
    """
    found = (
        sa.select(mailing_list.c.slug)
        .join(list_settings, list_settings.c.list_id == mailing_list.c.id)
        .where(list_settings.c.held_reason.is_not(None))
    )
    return frozenset(connection.scalars(found))


def require_not_held(connection: sa.Connection, slugs: Sequence[str]) -> None:
    """
    Require that none of the lists *slugs* is held.

    Raises:
        ListHeld: one is; the line says why, and what ends it.
    """
    row = connection.execute(
        sa.select(mailing_list.c.slug, list_settings.c.held_reason)
        .join(list_settings, list_settings.c.list_id == mailing_list.c.id)
        .where(mailing_list.c.slug.in_(list(slugs)), list_settings.c.held_reason.is_not(None))
        .order_by(mailing_list.c.slug)
        .limit(1)
    ).one_or_none()
    if row is not None:
        raise ListHeld(_why(row.slug, row.held_reason))


def _why(slug: str, reason: str) -> str:
    return phrase(
        "list {list} is held ({reason}); to end that: `newsletter list edit {list} --release`",
        list=slug,
        reason=reason,
    )

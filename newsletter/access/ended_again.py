"""
End again, after a restore, the access that was ended after the backup.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.access import members
from newsletter.errors import Refused
from newsletter.model.staff import MemberState
from newsletter.store.access import api_tokens
from newsletter.store.access.ended_access import EndedAccess
from newsletter.store.access.members import member_by_key


@dataclass(frozen=True, kw_only=True)
class EndedAgain:
    """
    How many tokens were revoked again, and how many members of staff removed again.
    """

    tokens: int = 0
    members: int = 0


def end_again(connection: sa.Connection, ended: EndedAccess, *, now: dt.datetime) -> EndedAgain:
    """
    Revoke the tokens and remove the members of *ended* that are valid in this database. The last
    owner stays.
    """
    return EndedAgain(
        tokens=sum(_revoke(connection, *each, now=now) for each in sorted(ended.tokens)),
        members=sum(_remove(connection, each, now=now) for each in sorted(ended.members)),
    )


def _revoke(
    connection: sa.Connection, number: int, created_at: dt.datetime, *, now: dt.datetime
) -> bool:
    found = api_tokens.load_token(connection, number)
    # After an earlier restore, another token may have the number.
    if found is None or found[0].created_at != created_at or found[0].revoked_at is not None:
        return False
    api_tokens.revoke(connection, number, now=now)
    return True


def _remove(connection: sa.Connection, email_key: str, *, now: dt.datetime) -> bool:
    member = member_by_key(connection, email_key)
    if member is None or member.state is MemberState.REMOVED:
        return False
    try:
        members.remove(connection, member, now=now)
    except Refused:
        return False
    return True

"""
Record in the audit trail what members of staff do with their own accounts.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.actions.guard.audit import record_entry
from newsletter.app import App
from newsletter.model.access import ObjectKind, Target
from newsletter.model.staff import Member


def record_own(
    app: App, connection: sa.Connection, member: Member, action: str, *, from_address: str
) -> None:
    """
    Append the entry of a log-in, or of a change of password, factors or sessions, in the
    transaction that makes it.
    """
    target = Target(kind=ObjectKind.STAFF, id=member.email)
    record_entry(app, connection, member.actor(from_address), action, target, changes={})

"""
Read how far a new installation has come, and the number of the newest audit entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.issue import IssueKind
from newsletter.store.tables import audit_entry, brief, issue, source
from subscribers.database.tables import mailing_list, subscription


@dataclass(frozen=True, kw_only=True)
class Beginnings:
    """
    What there is already. `was_sent`: an issue, or a test of one. `newest_entry` is the number of
    the last entry of the audit trail, 0 without any.
    """

    has_source: bool
    has_brief: bool
    has_list: bool
    has_draft: bool
    has_reader: bool
    was_sent: bool
    newest_entry: int

    @property
    def are_complete(self) -> bool:
        """
        Return True if nothing is missing for an email.
        """
        return self.has_brief and self.has_list and self.was_sent


def read_beginnings(connection: sa.Connection) -> Beginnings:
    """
    Read what there is, in one statement.
    """
    is_mail = issue.c.kind.in_([IssueKind.ISSUE, IssueKind.TEST])
    newest = sa.select(sa.func.max(audit_entry.c.id)).scalar_subquery()
    row = connection.execute(
        sa.select(
            _any(source.c.id).label("has_source"),
            _any(brief.c.id).label("has_brief"),
            _any(mailing_list.c.id).label("has_list"),
            _any(issue.c.id, issue.c.kind == IssueKind.ISSUE).label("has_draft"),
            _any(subscription.c.id).label("has_reader"),
            _any(issue.c.id, is_mail, issue.c.frozen_at.is_not(None)).label("was_sent"),
            newest.label("newest_entry"),
        )
    ).one()
    known = {name: bool(value) for name, value in row._mapping.items() if name != "newest_entry"}
    return Beginnings(**known, newest_entry=row.newest_entry or 0)


def _any(column: sa.Column[Any], *where: sa.ColumnElement[bool]) -> sa.Exists:
    return sa.exists(sa.select(column).where(*where))

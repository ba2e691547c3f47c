"""
Whom an export is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.model import MailingList

_p, _s = tables.subscriber, tables.subscription


@dataclass(frozen=True, kw_only=True)
class ExportedPeople:
    """
    Everybody who is on `mailing_list`, was on it, or has not confirmed yet; None is any list.
    `among` selects the numbers of the only people who are meant. Erased people never are. `reach`
    are the lists to which those are limited who get the file; it has no more than they see.
    """

    mailing_list: MailingList | None = None
    among: sa.Select[Any] | None = None
    reach: frozenset[str] | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """
        Return the conditions on a subscription and its subscriber.
        """
        conditions: list[sa.ColumnElement[bool]] = [_p.c.erased_at.is_(None)]
        if self.mailing_list is not None:
            conditions.append(_s.c.list_id == self.mailing_list.id)
        if self.among is not None:
            conditions.append(_s.c.subscriber_id.in_(self.among))
        return conditions

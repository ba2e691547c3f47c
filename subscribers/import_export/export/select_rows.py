"""
Select the rows of a CSV: each subscription with its subscriber, last consent and suppressions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.import_export.export.times import as_stored
from subscribers.import_export.export.who import ExportedPeople
from subscribers.reach import is_known_on
from subscribers.suppression.model import ALL_LISTS


def select_rows(who: ExportedPeople) -> sa.Select[Any]:
    """
    Select the subscriptions of these people, those of one person one after another.
    """
    p, s, c, x = tables.subscriber, tables.subscription, tables.consent, tables.suppression
    lists = tables.mailing_list
    everywhere, here = x.alias("everywhere"), x.alias("here")
    later = c.alias("later")
    latest = (
        sa.select(sa.func.max(later.c.id)).where(later.c.subscription_id == s.c.id)
    ).scalar_subquery()
    slug: Any = lists.c.slug if who.mailing_list is None else sa.literal(who.mailing_list.slug)

    def suppresses(table: Any, scope: Any) -> sa.ColumnElement[bool]:
        return sa.and_(table.c.email_key == p.c.email_key, table.c.scope == scope)

    columns = (
        p.c.id,
        p.c.email,
        *_shared_columns(p, who),
        s.c.state,
        as_stored(s.c.since).label("since"),
        as_stored(s.c.created_at).label("created_at"),
        s.c.ended_reason,
        c.c.text,
        c.c.source,
        as_stored(c.c.given_at).label("given_at"),
        everywhere.c.reason.label("everywhere_reason"),
        as_stored(everywhere.c.since).label("everywhere_since"),
        here.c.reason.label("here_reason"),
        as_stored(here.c.since).label("here_since"),
        slug.label("slug"),
    )
    found: sa.Select[Any] = sa.select(*columns).join_from(s, p, p.c.id == s.c.subscriber_id)
    if who.mailing_list is None:
        found = found.join(lists, lists.c.id == s.c.list_id)
    found = (
        found.outerjoin(c, c.c.id == latest)
        .outerjoin(everywhere, suppresses(everywhere, ALL_LISTS))
        .outerjoin(here, suppresses(here, slug))
        .where(*who.conditions())
    )
    if who.mailing_list is None:
        return found.order_by(s.c.subscriber_id, s.c.list_id)
    # The order of the index, which avoids sorting.
    return found.order_by(s.c.state, s.c.subscriber_id)


def _shared_columns(p: Any, who: ExportedPeople) -> Sequence[sa.ColumnElement[Any]]:
    if who.reach is None:
        return (p.c.name, p.c.language, p.c.timezone)
    is_known = is_known_on(p.c.id, who.reach)
    return (
        sa.case((is_known, p.c.name), else_="").label("name"),
        sa.case((is_known, p.c.language)).label("language"),
        sa.case((is_known, p.c.timezone)).label("timezone"),
    )

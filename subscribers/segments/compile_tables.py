"""
Select the people by what other tables say of them, for `compile`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.segment_tables import subscriber_tag, tag
from subscribers.segments.compile_values import compare_folded
from subscribers.segments.model import Operator

_s = tables.subscription


def select_on_list(subscription: Any, slug: str) -> sa.Select[Any]:
    """
    Select the people with a subscription to a list; *subscription* is an alias of its table, for
    more conditions.
    """
    wanted = tables.mailing_list.alias()
    its_id = sa.select(wanted.c.id).where(wanted.c.slug == slug).scalar_subquery()
    return sa.select(subscription.c.subscriber_id).where(subscription.c.list_id == its_id)


def select_with_tag(operator: Operator, values: Sequence[str]) -> sa.Select[Any]:
    """
    Select the people with one of the tags, or with any.
    """
    given, known = subscriber_tag.alias(), tag.alias()
    found = sa.select(given.c.subscriber_id)
    if operator is Operator.IS_SET:
        return found
    if len(values) == 1:
        its_id = sa.select(known.c.id).where(known.c.name == values[0]).scalar_subquery()
        return found.where(given.c.tag_id == its_id)
    return found.where(given.c.tag_id.in_(sa.select(known.c.id).where(known.c.name.in_(values))))


def select_with_consent(operator: Operator, values: Sequence[str]) -> sa.Select[Any]:
    """
    Select the people with a consent whose source fits.
    """
    s, consent = _s.alias(), tables.consent.alias()
    found = sa.select(s.c.subscriber_id).join(consent, consent.c.subscription_id == s.c.id)
    return found.where(compare_folded(consent.c.source, operator, values))

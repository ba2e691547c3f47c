"""
Select the people by what other tables say of them, for `compile`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.database.index_hints import Unindexed
from subscribers.database.segment_tables import subscriber_tag, tag
from subscribers.model import SubscriptionState
from subscribers.segments.compile_values import compare_folded
from subscribers.segments.model import Operator
from subscribers.suppression.model import ALL_LISTS

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


def select_with_consent(
    operator: Operator, values: Sequence[str], slug: str | None
) -> sa.Select[Any]:
    """
    Select the people with a consent, for a list if *slug* names it, whose source fits.
    """
    s, consent = _s.alias(), tables.consent.alias()
    found = sa.select(s.c.subscriber_id) if slug is None else select_on_list(s, slug)
    found = found.join(consent, consent.c.subscription_id == s.c.id)
    return found.where(compare_folded(consent.c.source, operator, values))


def is_suppressed(person: Any, *slugs: Any) -> sa.ColumnElement[bool]:
    """
    Return the condition that the address of *person*, a table of subscribers, is suppressed for all
    lists or for one of *slugs*.
    """
    x = tables.suppression.alias()
    # Or SQLite would search its index once per scope.
    scope = Unindexed(x.c.scope)
    found = sa.select(x.c.id).where(
        x.c.email_key == person.c.email_key,
        sa.or_(*(scope == each for each in (ALL_LISTS, *slugs))),
    )
    return found.correlate_except(x).exists()


def is_not_held_back(person: Any, subscription: Any) -> sa.ColumnElement[bool]:
    """
    Return the condition that no suppression holds back the subscription of *person*.
    """
    its = tables.mailing_list.alias()
    slug = sa.select(its.c.slug).where(its.c.id == subscription.c.list_id).correlate_except(its)
    has_ended = subscription.c.state == SubscriptionState.ENDED.value
    return sa.or_(has_ended, sa.not_(is_suppressed(person, slug.scalar_subquery())))

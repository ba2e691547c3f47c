"""
Says whom an issue goes to, who is left out, and who of a batch may no longer be mailed.

These are statements, not lists of people: publishing puts them into its INSERT ... SELECT.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.database import tables as schema
from subscribers.database.columns import AsciiKey, BigId
from subscribers.model import ALL_LISTS, MailingList, SubscriptionState

_p = schema.subscriber
_s = schema.subscription
_x = schema.suppression
_ACTIVE = SubscriptionState.ACTIVE.value
_PENDING = SubscriptionState.PENDING.value
_ENDED = SubscriptionState.ENDED.value


def select_audience(
    lists: Sequence[MailingList],
    minus: Sequence[MailingList] = (),
    *,
    among: sa.Select[Any] | None = None,
) -> sa.Select[Any]:
    """
    Everybody an issue to *lists* goes to, each once, through the first list that may mail them;
    nobody but the subscriber numbers that *among* selects, where it is given.

    Columns: subscriber_id, subscription_id, list_id, email, email_key, name, timezone. In no
    order.
    """
    parts = [_through(one, lists[:place], minus, among) for place, one in enumerate(lists)]
    if len(parts) == 1:
        return parts[0]
    return sa.select(sa.union_all(*parts).subquery("audience"))


def select_excluded(
    lists: Sequence[MailingList],
    minus: Sequence[MailingList] = (),
    *,
    among: sa.Select[Any] | None = None,
) -> sa.Select[Any]:
    """
    Everybody who is on one of *lists*, or waits to be, and is left out of the audience. With
    *among*, everybody it selects who is left out, those who left the lists as well.

    Columns: subscriber_id, reason; one row a person. Reasons are `suppressed: REASON`,
    `minus list SLUG` and `pending`, with *among* also `erased` and `ended: REASON`; the first of
    these that holds is given.
    """
    parts = [_suppressed_on(lists), *(_on_minus(lists, one) for one in minus), _waiting(lists)]
    if among is not None:
        parts += _gone(lists, among)
    # A digit in front orders the reasons; min() then picks one a person on either database.
    left_out = sa.union_all(*parts).subquery("left_out")
    person = left_out.c.subscriber_id
    reason = sa.func.substr(sa.func.min(left_out.c.reason), 2).label("reason")
    elsewhere = sa.or_(*(_mailable(one, person) for one in lists))
    on_minus = sa.or_(sa.false(), *(_is_active(one, person) for one in minus))
    excluded = sa.select(person, reason).where(sa.or_(sa.not_(elsewhere), on_minus))
    if among is not None:
        excluded = excluded.where(person.in_(among))
    return excluded.group_by(person)


def select_unmailable(batch: sa.FromClause) -> sa.Select[Any]:
    """
    Those rows of *batch* whose people may not be mailed any more, as `select_with_reason`.
    """
    judged = select_with_reason(batch)
    return judged.where(judged.selected_columns["reason"].is_not(None))


def select_with_reason(batch: sa.FromClause) -> sa.Select[Any]:
    """
    Every row of *batch* with all its columns, and `reason`: why its person may not be mailed any
    more (`erased`, `suppressed: REASON`, `ended: REASON`), or NULL.

    *batch* has columns subscription_id and email_key (NULL once erased), whatever else it has.
    A suppression counts by the address the batch would mail, not by the person's present one.
    """
    lists = schema.mailing_list
    everywhere, here = _x.alias("everywhere"), _x.alias("here")
    reason = sa.case(
        (sa.or_(batch.c.email_key.is_(None), _p.c.erased_at.is_not(None)), "erased"),
        (everywhere.c.reason.is_not(None), sa.literal("suppressed: ") + everywhere.c.reason),
        (here.c.reason.is_not(None), sa.literal("suppressed: ") + here.c.reason),
        (_s.c.state != _ACTIVE, sa.literal("ended: ") + sa.func.coalesce(_s.c.ended_reason, "")),
        (_s.c.id.is_(None), "ended: removed"),
    ).label("reason")
    joined = (
        batch.outerjoin(_s, _s.c.id == batch.c.subscription_id)
        .outerjoin(_p, _p.c.id == _s.c.subscriber_id)
        .outerjoin(lists, lists.c.id == _s.c.list_id)
        .outerjoin(everywhere, _suppresses(everywhere, batch.c.email_key, sa.literal(ALL_LISTS)))
        .outerjoin(here, _suppresses(here, batch.c.email_key, lists.c.slug))
    )
    return sa.select(*batch.c, reason).select_from(joined)


def find_unmailable(
    connection: sa.Connection, batch: Iterable[tuple[int, str | None]]
) -> Mapping[int, str]:
    """
    The same for subscription numbers with address keys held in memory: number to reason. Rows
    that are in the database already are faster through `select_unmailable`.
    """
    rows = list(batch)
    if not rows:
        return {}
    columns = (sa.column("subscription_id", BigId), sa.column("email_key", AsciiKey))
    held = sa.values(*columns, name="batch").data(rows).cte()
    found = connection.execute(select_unmailable(held))
    return {row.subscription_id: row.reason for row in found}


def zones_of(connection: sa.Connection, lists: Sequence[MailingList]) -> list[str]:
    """
    The time zones of those active on one of *lists*, as far as they are known, each once, by name.
    """
    zone = _known_zones()
    theirs = sa.select(_s.c.id).join_from(_p, _s, _s.c.subscriber_id == _p.c.id)
    theirs = theirs.where(
        _p.c.timezone == zone.c.name,
        _s.c.list_id.in_([one.id for one in lists]),
        _s.c.state == _ACTIVE,
    )
    found = connection.scalars(sa.select(zone.c.name).where(theirs.correlate(zone).exists()))
    return sorted(found)


def _known_zones() -> sa.CTE:
    """
    Every zone somebody has: one look into the index for each, where DISTINCT reads all of it.
    """
    zone = sa.select(sa.func.min(_p.c.timezone).label("name")).where(_p.c.timezone.is_not(None))
    known = zone.cte("zone", recursive=True)
    following = sa.select(sa.func.min(_p.c.timezone)).where(_p.c.timezone > known.c.name)
    more = sa.select(following.scalar_subquery()).where(known.c.name.is_not(None))
    return known.union_all(more)


def _through(
    one: MailingList,
    before: Sequence[MailingList],
    minus: Sequence[MailingList],
    among: sa.Select[Any] | None,
) -> sa.Select[Any]:
    """
    The part of the audience that gets the issue through *one*.
    """
    query = sa.select(
        _p.c.id.label("subscriber_id"),
        _s.c.id.label("subscription_id"),
        _s.c.list_id.label("list_id"),
        _p.c.email.label("email"),
        _p.c.email_key.label("email_key"),
        _p.c.name.label("name"),
        _p.c.timezone.label("timezone"),
    ).join_from(_s, _p, _p.c.id == _s.c.subscriber_id)
    if among is not None:
        query = query.where(_p.c.id.in_(among))
    return query.where(
        _s.c.list_id == one.id,
        _s.c.state == _ACTIVE,
        _p.c.erased_at.is_(None),
        sa.not_(_is_suppressed(_p.c.email_key, one.slug)),
        *(sa.not_(_is_active(other, _s.c.subscriber_id)) for other in minus),
        *(
            sa.not_(
                sa.and_(
                    _is_active(other, _s.c.subscriber_id),
                    sa.not_(_is_suppressed(_p.c.email_key, other.slug)),
                )
            )
            for other in before
        ),
    )


def _suppresses(
    table: Any, email_key: sa.ColumnElement[Any], scope: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.email_key == email_key, table.c.scope == scope)


def _is_suppressed(email_key: sa.ColumnElement[Any], slug: str) -> sa.ColumnElement[bool]:
    x = _x.alias()
    found = sa.select(x.c.id).where(x.c.email_key == email_key, _covers(x.c.scope, slug))
    return found.correlate(_p).exists()


def _covers(scope: sa.ColumnElement[str], slug: str) -> sa.ColumnElement[bool]:
    """
    Whether a suppression of that *scope* holds for the list. Hidden in a function from SQLite,
    which would search its index once for either scope; hardly anybody has an entry at all.
    """
    return sa.func.coalesce(scope, ALL_LISTS).in_([ALL_LISTS, slug])


def _is_active(one: MailingList, person: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    other = _s.alias()
    found = sa.select(other.c.id).where(
        other.c.subscriber_id == person, other.c.list_id == one.id, other.c.state == _ACTIVE
    )
    return found.correlate_except(other).exists()


def _mailable(one: MailingList, person: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """
    Whether the person is active on *one* and not suppressed for it.
    """
    other, owner, x = _s.alias(), _p.alias(), _x.alias()
    against = sa.select(x.c.id).where(
        x.c.email_key == owner.c.email_key, _covers(x.c.scope, one.slug)
    )
    found = (
        sa.select(other.c.id)
        .join(owner, owner.c.id == other.c.subscriber_id)
        .where(
            other.c.subscriber_id == person,
            other.c.list_id == one.id,
            other.c.state == _ACTIVE,
            sa.not_(against.correlate(owner).exists()),
        )
    )
    return found.correlate_except(other, owner).exists()


def _on_any(lists: Sequence[MailingList]) -> sa.ColumnElement[bool]:
    """
    Whether a subscription is on one of *lists*. Hidden in a function from SQLite, which would
    begin with everybody on the lists instead of the few who are suppressed or on a minus list.
    """
    return sa.and_(
        sa.func.coalesce(_s.c.list_id, 0).in_([one.id for one in lists]),
        _s.c.state.in_([_ACTIVE, _PENDING]),
    )


def _suppressed_on(lists: Sequence[MailingList]) -> sa.Select[Any]:
    # The key of the suppression is hidden for the same reason: SQLite begins with those few.
    within = [
        sa.and_(sa.func.coalesce(_s.c.list_id, 0) == one.id, _x.c.scope == one.slug)
        for one in lists
    ]
    return (
        sa.select(_s.c.subscriber_id, (sa.literal("1suppressed: ") + _x.c.reason).label("reason"))
        .join_from(_x, _p, _p.c.email_key == sa.func.coalesce(_x.c.email_key, ""))
        .join(_s, _s.c.subscriber_id == _p.c.id)
        .where(_on_any(lists), sa.or_(_x.c.scope == ALL_LISTS, *within))
    )


def _on_minus(lists: Sequence[MailingList], one: MailingList) -> sa.Select[Any]:
    other = _s.alias()
    return (
        sa.select(_s.c.subscriber_id, sa.literal(f"2minus list {one.slug}").label("reason"))
        .join_from(other, _s, _s.c.subscriber_id == other.c.subscriber_id)
        .where(other.c.list_id == one.id, other.c.state == _ACTIVE, _on_any(lists))
    )


def _waiting(lists: Sequence[MailingList]) -> sa.Select[Any]:
    return sa.select(_s.c.subscriber_id, sa.literal("3pending").label("reason")).where(
        _s.c.list_id.in_([one.id for one in lists]), _s.c.state == _PENDING
    )


def _gone(lists: Sequence[MailingList], among: sa.Select[Any]) -> list[sa.Select[Any]]:
    """
    Why people of *among* are on none of *lists* any more.
    """
    those = among.subquery("among")
    person = those.c.subscriber_id
    erased = (
        sa.select(person, sa.literal("0erased").label("reason"))
        .join_from(those, _p, _p.c.id == person)
        .where(_p.c.erased_at.is_not(None))
    )
    why = sa.literal("4ended: ") + sa.func.coalesce(_s.c.ended_reason, "")
    ended = (
        sa.select(person, why.label("reason"))
        .join_from(those, _s, _s.c.subscriber_id == person)
        .where(_s.c.list_id.in_([one.id for one in lists]), _s.c.state == _ENDED)
    )
    return [erased, ended, sa.select(person, sa.literal("5ended: removed").label("reason"))]

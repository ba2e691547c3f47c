"""
Record which addresses are never mailed, why, and for which lists. A suppression always takes
precedence over a subscription.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from subscribers.database import tables
from subscribers.database.columns import insert_into, is_among
from subscribers.history.model import HistoryEvent, Origin
from subscribers.suppression.end_other_lists import end_other_lists
from subscribers.suppression.history import record_suppressions
from subscribers.suppression.model import ALL_LISTS, Suppression, SuppressionReason
from subscribers.suppression.rule_keys import rule_keys
from subscribers.suppression.stricter import is_stricter, lasts_longer_than_stored, outweighs
from subscribers.tokens import FINGERPRINT_PREFIX, KeyRing
from subscribers.validation.address import Address

_x = tables.suppression
_has_scope = _x.c.scope.in_(sa.bindparam("scopes", expanding=True))
_wish = _x.c.reason == SuppressionReason.UNSUBSCRIBED.value
_LIFT_OWN = (
    _x.delete()
    .where(
        _has_scope,
        sa.or_(
            sa.and_(_x.c.email_key == sa.bindparam("key"), _wish),
            sa.and_(
                _x.c.email_key.in_(sa.bindparam("hashes", expanding=True)),
                sa.or_(_wish, _x.c.reason == SuppressionReason.ERASED.value),
            ),
        ),
        _x.c.since < sa.bindparam("consent_at"),
    )
    .returning(_x.c.scope, _x.c.reason, _x.c.since)
)
# The scope of all lists is empty, so it comes last and its reason replaces the list's.
_IN_SCOPES = sa.select(_x.c.email_key, _x.c.reason).where(_has_scope).order_by(_x.c.scope.desc())
_FEW = 50
_FEW_IN_SCOPES = _IN_SCOPES.where(_x.c.email_key.in_(sa.bindparam("keys", expanding=True)))


def suppress(
    connection: sa.Connection,
    address: Address,
    *,
    reason: SuppressionReason,
    by: Origin,
    now: dt.datetime,
    scope: str = ALL_LISTS,
) -> None:
    """
    Suppress *address* within *scope*.

    If it is already suppressed, the reason is replaced only by a more serious one
    (`OUTWEIGHED_BY`).
    """
    row = {"email_key": address.key, "scope": scope, "reason": reason.value, "since": now}
    if connection.execute(insert_suppressions(connection).values(row).returning(_x.c.id)).first():
        record_suppressions(
            connection, HistoryEvent.SUPPRESSED, address.key, {scope: reason}, by=by, now=now
        )


def add_suppressions(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """
    Suppress many addresses, without a record in the history. *rows* have columns of the table:
    `email_key`, `reason` and `since`, and all of them also any of `scope`, `expires_at` and `note`.
    """
    if rows:
        connection.execute(insert_suppressions(connection), rows)


def insert_suppressions(connection: sa.Connection) -> sqlite.Insert | postgresql.Insert:
    """
    Return an INSERT that leaves the stricter of a stored suppression and a new one: the more
    serious reason, until the later end, and from no rule if one of them follows from none. A wish
    of the person themselves does not take the place of a rule that holds as long.
    """
    insert = insert_into(connection, _x)
    new = insert.excluded
    lasts_longer = lasts_longer_than_stored(new.expires_at)
    is_new_rule = sa.or_(lasts_longer, new.rule.is_(None))
    return insert.on_conflict_do_update(
        index_elements=[_x.c.email_key, _x.c.scope],
        set_={
            "reason": sa.case((outweighs(_x.c.reason, new.reason), _x.c.reason), else_=new.reason),
            "note": sa.case((new.note != "", new.note), else_=_x.c.note),
            "since": sa.case((new.since > _x.c.since, new.since), else_=_x.c.since),
            "expires_at": sa.case((lasts_longer, new.expires_at), else_=_x.c.expires_at),
            "rule": sa.case((_x.c.rule.is_(None), None), (is_new_rule, new.rule), else_=_x.c.rule),
        },
        where=is_stricter(new.reason, new.expires_at, new.rule),
    )


def lift_own_suppressions(
    connection: sa.Connection,
    address: Address,
    *,
    list_slug: str,
    consent_at: dt.datetime,
    keyring: KeyRing | None = None,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    Delete the suppressions for the list that the person asked for before *consent_at*; with
    *keyring*, also that of their erasure. If they had wanted no email at all, what they were on
    then beside the list ends. Bounces, complaints and suppressions by the operator stay.
    """
    own = {
        "key": address.key,
        "hashes": [] if keyring is None else keyring.fingerprints(address.key),
        "scopes": [ALL_LISTS, list_slug],
        "consent_at": consent_at,
    }
    rows = connection.execute(_LIFT_OWN, own).all()
    for row in rows:
        if row.scope == ALL_LISTS and row.reason == SuppressionReason.UNSUBSCRIBED:
            end_other_lists(
                connection, address.key, list_slug=list_slug, wished_at=row.since, by=by, now=now
            )
    lifted = {row.scope: SuppressionReason(row.reason) for row in rows}
    record_suppressions(connection, HistoryEvent.RELEASED, address.key, lifted, by=by, now=now)


def find_suppressed(
    connection: sa.Connection,
    keys: Iterable[str],
    *,
    list_slug: str,
    keyring: KeyRing | None = None,
) -> dict[str, SuppressionReason]:
    """
    Find the *keys* that must not be mailed for the list, in one statement. Return the reason by
    address key. With *keyring*, erased people and addresses to which a rule applies are found too,
    although nobody may be known there.
    """
    covered: dict[str, list[str]] = {key: [key] for key in keys}
    if keyring is not None:
        for key in list(covered):
            for stored in (*keyring.fingerprints(key), *rule_keys(key)):
                covered.setdefault(stored, []).append(key)
    scopes = [ALL_LISTS, list_slug]
    if len(covered) > _FEW:
        wanted = is_among(connection, _x.c.email_key, covered)
        found = connection.execute(_IN_SCOPES.where(wanted), {"scopes": scopes})
    else:
        found = connection.execute(_FEW_IN_SCOPES, {"keys": list(covered), "scopes": scopes})
    return {key: SuppressionReason(reason) for stored, reason in found for key in covered[stored]}


def has_erased(connection: sa.Connection) -> bool:
    """
    Return True if anybody was erased, or there is a rule, so that an import has to look for them.
    """
    past = chr(ord(FINGERPRINT_PREFIX) + 1)
    erased = sa.select(_x.c.id).where(_x.c.email_key >= FINGERPRINT_PREFIX, _x.c.email_key < past)
    return connection.scalar(erased.limit(1)) is not None


def list_suppressions(
    connection: sa.Connection, *, after: str = "", limit: int | None = None
) -> list[Suppression]:
    """
    Return the suppressions of addresses after *after*, ordered by address.
    """
    rows = connection.execute(
        sa.select(_x)
        .where(_x.c.email_key > after)
        .order_by(_x.c.email_key, _x.c.scope)
        .limit(limit)
    )
    return [read_suppression(row) for row in rows]


def suppressions_of(connection: sa.Connection, address: Address) -> list[Suppression]:
    """
    Return the suppressions of one address, the one for all lists first.
    """
    return suppressions_under(connection, address.key)


def suppressions_under(connection: sa.Connection, key: str) -> list[Suppression]:
    """
    Return the suppressions under a key, which may be that of a rule, the one for all lists first.
    """
    rows = connection.execute(sa.select(_x).where(_x.c.email_key == key).order_by(_x.c.scope))
    return [read_suppression(row) for row in rows]


def read_suppression(row: sa.Row[Any]) -> Suppression:
    """
    Convert a row of the table into a Suppression.
    """
    return Suppression(
        address=row.email_key,
        reason=SuppressionReason(row.reason),
        scope=row.scope,
        since=row.since,
        expires_at=row.expires_at,
        note=row.note,
        rule=row.rule,
    )

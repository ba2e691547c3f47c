"""
Load an object's row, before and after a change, for the audit trail. Secrets are left out.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.access import ObjectKind
from newsletter.store.list_limits import limit_slugs
from newsletter.store.tables import brief, issue, list_settings, schedule, source
from newsletter.store.tables.access import staff_list, staff_member
from newsletter.store.tables.outgoing import outgoing_webhook, outgoing_webhook_list
from subscribers.database.field_tables import field
from subscribers.database.segment_tables import segment
from subscribers.database.tables import mailing_list, subscriber, subscription

# A longer text is recorded by its length and hash.
MAX_TEXT = 300
_HASH_DIGITS = 16
_STATES = (
    sa.select(mailing_list.c.slug, subscription.c.state)
    .join(mailing_list, mailing_list.c.id == subscription.c.list_id)
    .where(subscription.c.subscriber_id == sa.bindparam("person"))
)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """
    An object's row as it was at one moment. `row_id` is its number or name in the database.
    """

    row_id: int | str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class _Objects:
    """
    Where the objects of one kind are: their table, the column of the names that people use, and the
    columns that are not recorded.
    """

    table: sa.Table
    name: sa.Column[Any]
    left_out: frozenset[str] = frozenset()

    @property
    def key(self) -> sa.Column[Any]:
        """
        Return the column that never changes.
        """
        return self.table.c.id if "id" in self.table.c else self.name


_OBJECTS: dict[ObjectKind, _Objects] = {
    ObjectKind.LIST: _Objects(mailing_list, mailing_list.c.slug),
    ObjectKind.ISSUE: _Objects(issue, issue.c.id),
    ObjectKind.SCHEDULE: _Objects(schedule, schedule.c.name),
    ObjectKind.SOURCE: _Objects(source, source.c.name),
    ObjectKind.BRIEF: _Objects(brief, brief.c.id),
    ObjectKind.SEGMENT: _Objects(segment, segment.c.name),
    ObjectKind.FIELD: _Objects(field, field.c.name),
    ObjectKind.STAFF: _Objects(
        staff_member,
        staff_member.c.email_key,
        frozenset({"email_key", "password_hash", "totp_secret", "totp_step", "last_seen_at"}),
    ),
    ObjectKind.WEBHOOK: _Objects(outgoing_webhook, outgoing_webhook.c.name, frozenset({"salt"})),
    ObjectKind.PERSON: _Objects(subscriber, subscriber.c.email_key),
}


def load_snapshot(
    connection: sa.Connection,
    kind: ObjectKind,
    *,
    name: str | None = None,
    row_id: int | str | None = None,
) -> Snapshot | None:
    """
    Load the object by the name that people use, or by its row. Return None if there is none, or if
    this kind of object is not recorded.
    """
    objects = _OBJECTS.get(kind)
    if objects is None:
        return None
    column, value = (objects.key, row_id) if row_id is not None else (objects.name, name)
    if isinstance(column.type, sa.Integer):
        if not str(value).isdecimal():
            return None
        value = int(str(value))
    found = connection.execute(_row_with(column), {"value": value}).one_or_none()
    if found is None:
        return None
    values = dict(found._mapping)
    more = _MORE.get(kind)
    if more is not None:
        values |= more(connection, values["id"])
    shown = {k: _shown(v) for k, v in values.items() if k not in objects.left_out}
    return Snapshot(row_id=values[objects.key.name], values=shown)


@functools.cache
def _row_with(column: sa.Column[Any]) -> sa.Select[Any]:
    return sa.select(column.table).where(column == sa.bindparam("value"))


def _list_settings(connection: sa.Connection, list_id: int) -> dict[str, Any]:
    found = connection.execute(
        sa.select(list_settings).where(list_settings.c.list_id == list_id)
    ).one_or_none()
    return {} if found is None else dict(found._mapping)


def _subscriptions(connection: sa.Connection, subscriber_id: int) -> dict[str, Any]:
    rows = connection.execute(_STATES, {"person": subscriber_id})
    return {f"list {slug}": state for slug, state in rows}


def _staff_lists(connection: sa.Connection, staff_id: int) -> dict[str, Any]:
    slugs = limit_slugs(connection, staff_list.c.staff_id, [staff_id])
    return {"lists": sorted(slugs[staff_id])}


def _webhook_lists(connection: sa.Connection, webhook_id: int) -> dict[str, Any]:
    slugs = limit_slugs(connection, outgoing_webhook_list.c.webhook_id, [webhook_id])
    return {"lists": sorted(slugs[webhook_id])}


_MORE = {
    ObjectKind.LIST: _list_settings,
    ObjectKind.PERSON: _subscriptions,
    ObjectKind.STAFF: _staff_lists,
    ObjectKind.WEBHOOK: _webhook_lists,
}


def _shown(value: Any) -> Any:
    """
    Return *value* as JSON holds it; a long text as its length and hash.
    """
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return _as_hash(value)
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return _as_hash(value.encode(errors="surrogatepass"))
    if isinstance(value, Mapping):
        return {str(name): _shown(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _as_hash(value: bytes) -> dict[str, Any]:
    return {"length": len(value), "sha256": hashlib.sha256(value).hexdigest()[:_HASH_DIGITS]}


def changes_between(before: Snapshot | None, after: Snapshot | None) -> dict[str, Any]:
    """
    Return each value that differs, as it was and as it is.
    """
    old = {} if before is None else before.values
    new = {} if after is None else after.values
    names = sorted({*old, *new})
    return {
        name: {"before": old.get(name), "after": new.get(name)}
        for name in names
        if old.get(name) != new.get(name)
    }

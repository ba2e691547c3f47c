"""
The SQL of the audit trail. Entries are appended; only old ones are removed.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from newsletter.model.audit import (
    AuditEntry,
    AuditHead,
    AuditProblem,
    entry_hash,
    head_seal,
    personal_digest,
    problems_of,
)
from newsletter.store.tables import audit_entry, audit_head
from subscribers.database.tables import subscriber

_READ_AT_ONCE = 1000
_SALT_BYTES = 16
_LOCKED_HEAD = sa.select(audit_head).where(audit_head.c.id == 1).with_for_update()
_INSERT = audit_entry.insert()
_SAVE_HEAD = audit_head.update().where(audit_head.c.id == 1)


def append_entry(
    connection: sa.Connection, entry: AuditEntry, *, key: str, personal: Mapping[str, Any] | None
) -> int:
    """
    Append *entry* to the chain, and return its number. Its number and hashes are set here, the
    hashes with *key*. *personal* is what it says about its person.
    """
    head = _lock_head(connection)
    number = head.last_number + 1
    if personal is not None:
        personal = {"salt": secrets.token_hex(_SALT_BYTES), **personal}
        entry = replace(entry, personal=personal, personal_hash=personal_digest(personal))
    entry = replace(entry, number=number)
    entry = replace(entry, hash=entry_hash(key, head.last_hash, entry))
    connection.execute(_INSERT, _row(entry))
    _save_head(connection, replace(head, last_number=number, last_hash=entry.hash), key=key)
    return number


def _lock_head(connection: sa.Connection) -> AuditHead:
    """
    Return the head, locked until the end of the transaction, so that entries form one chain.
    """
    row = connection.execute(_LOCKED_HEAD).one_or_none()
    if row is None:
        first = _head_row(AuditHead())
        if connection.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert

            connection.execute(insert(audit_head).values(first).on_conflict_do_nothing())
        else:
            connection.execute(audit_head.insert().values(first))
        row = connection.execute(_LOCKED_HEAD).one()
    return _head(row)


def _save_head(connection: sa.Connection, head: AuditHead, *, key: str) -> None:
    sealed = replace(head, seal=head_seal(key, head))
    connection.execute(_SAVE_HEAD, _head_row(sealed))


def check_trail(connection: sa.Connection, *, keys: Sequence[str]) -> list[AuditProblem]:
    """
    Return what is wrong with the trail, in the order of its entries.
    """
    row = connection.execute(sa.select(audit_head).where(audit_head.c.id == 1)).one_or_none()
    head = None if row is None else _head(row)
    found = list(problems_of(keys, head, _all_entries(connection)))
    return sorted([*found, *_removed_without_erasure(connection)], key=lambda each: each.number)


def _removed_without_erasure(connection: sa.Connection) -> Iterator[AuditProblem]:
    removed = sa.select(audit_entry.c.id).where(
        audit_entry.c.personal.is_(None),
        audit_entry.c.personal_hash.is_not(None),
        audit_entry.c.person_id.in_(
            sa.select(subscriber.c.id).where(subscriber.c.erased_at.is_(None))
        ),
    )
    for number in connection.execute(removed).scalars():
        yield AuditProblem(
            number=number,
            problem="what the entry says about a person was removed, and they were not erased",
        )


def _all_entries(connection: sa.Connection) -> Iterator[AuditEntry]:
    after = None
    while True:
        query = sa.select(audit_entry).order_by(audit_entry.c.id).limit(_READ_AT_ONCE)
        if after is not None:
            query = query.where(audit_entry.c.id > after)
        rows = connection.execute(query).all()
        if not rows:
            return
        yield from map(_entry, rows)
        after = rows[-1].id


def list_entries(
    connection: sa.Connection, wanted: Mapping[str, Any], *, before: int | None, limit: int
) -> list[AuditEntry]:
    """
    Return the newest entries whose columns have the *wanted* values, older than entry *before*. Of
    a tuple, any value will do. `since` and `until` limit their time.
    """
    query = sa.select(audit_entry).order_by(audit_entry.c.id.desc()).limit(limit)
    for name, value in wanted.items():
        if name == "since":
            query = query.where(audit_entry.c.at >= value)
        elif name == "until":
            query = query.where(audit_entry.c.at < value)
        elif isinstance(value, tuple):
            query = query.where(audit_entry.c[name].in_(value))
        else:
            query = query.where(audit_entry.c[name] == value)
    if before is not None:
        query = query.where(audit_entry.c.id < before)
    return [_entry(row) for row in connection.execute(query)]


def load_head(connection: sa.Connection) -> AuditHead:
    """
    Return where the trail begins and ends.
    """
    row = connection.execute(sa.select(audit_head).where(audit_head.c.id == 1)).one_or_none()
    return AuditHead() if row is None else _head(row)


def purge_entries(connection: sa.Connection, *, older_than: dt.datetime, key: str) -> int:
    """
    Remove the oldest entries from before that time, and return their number. The chain begins with
    the next one from then on.
    """
    head = _lock_head(connection)
    kept = sa.select(sa.func.min(audit_entry.c.id)).where(audit_entry.c.at >= older_than)
    first = connection.execute(kept).scalar() or head.last_number + 1
    if first <= head.first_number:
        return 0
    last = sa.select(audit_entry.c.hash).where(audit_entry.c.id == first - 1)
    before_first = connection.execute(last).scalar_one_or_none()
    if before_first is None:
        return 0
    gone = connection.execute(audit_entry.delete().where(audit_entry.c.id < first)).rowcount
    _save_head(connection, replace(head, first_number=first, before_first=before_first), key=key)
    return gone


def forget_people(connection: sa.Connection, person_ids: Sequence[int]) -> None:
    """
    Remove what the trail says about people, whose erasure is in the same transaction.
    """
    connection.execute(
        audit_entry.update().where(audit_entry.c.person_id.in_(person_ids)).values(personal=None)
    )


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {"id" if name == "number" else name: value for name, value in vars(entry).items()}


def _entry(row: sa.Row[Any]) -> AuditEntry:
    values = dict(row._mapping)
    return AuditEntry(number=values.pop("id"), **values)


def _head(row: sa.Row[Any]) -> AuditHead:
    return AuditHead(
        first_number=row.first_id,
        before_first=row.before_first,
        last_number=row.last_id,
        last_hash=row.last_hash,
        seal=row.seal,
    )


def _head_row(head: AuditHead) -> dict[str, Any]:
    return {
        "id": 1,
        "first_id": head.first_number,
        "before_first": head.before_first,
        "last_id": head.last_number,
        "last_hash": head.last_hash,
        "seal": head.seal,
    }

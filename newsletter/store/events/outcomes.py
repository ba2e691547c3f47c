"""
Store the outcomes of deliveries: find the delivery that an event is about, record when each kind of
event first happened, and settle uncertain deliveries that an event confirms.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState, SettledBy
from newsletter.model.event import DeliveryRef, EventKind, Outcome
from newsletter.store.tables import batch, delivery, issue, outcome
from subscribers.database.columns import insert_into
from subscribers.database.tables import subscriber

_TIMES = {kind: outcome.c[f"{kind}_at"] for kind in EventKind}
_IN_BATCH = (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)


@dataclass(frozen=True, kw_only=True)
class DeliveryRecord:
    """
    A delivery in the ledger, the epoch of its issue's freeze, and the providers that it may have
    gone through: that of the issue, and the one its batch was submitted to. If `is_erased`,
    nothing about the person may be stored again.
    """

    id: int
    issue_id: int
    epoch: str
    email: str | None
    email_key: str | None
    occasion: int
    provider_id: str | None
    subscriber_id: int | None
    subscription_id: int | None
    providers: frozenset[str | None]
    is_erased: bool


def find_deliveries(
    connection: sa.Connection, refs: Iterable[DeliveryRef]
) -> dict[DeliveryRef, DeliveryRecord]:
    """
    Find the deliveries that *refs* are about; those that do not exist are omitted.
    """
    wanted = set(refs)
    numbers = [ref.delivery_id for ref in wanted if ref.delivery_id is not None]
    in_issues = [
        (ref.issue_id, ref.email_key, ref.occasion)
        for ref in wanted
        if ref.issue_id is not None and ref.delivery_id is None
    ]
    by_provider = [(ref.email_key, ref.provider_id) for ref in wanted if ref.issue_id is None]
    found: list[DeliveryRecord] = []
    if numbers:
        found += _load_records(connection, delivery.c.id.in_(numbers))
    if in_issues:
        named = sa.tuple_(delivery.c.issue_id, delivery.c.email_key, delivery.c.occasion)
        is_wanted = named.in_(in_issues)
        found += _load_records(connection, is_wanted)
    if by_provider:
        # The address key has an index and matches few rows; the provider's id has no index.
        has_address = delivery.c.email_key.in_([key for key, _ in by_provider])
        is_wanted = sa.tuple_(delivery.c.email_key, delivery.c.provider_id).in_(by_provider)
        found += _load_records(connection, has_address & is_wanted)
    by_ref = {ref: record for record in found for ref in _refs_of(record)}
    return {ref: by_ref[ref] for ref in wanted if ref in by_ref}


def _refs_of(record: DeliveryRecord) -> Iterator[DeliveryRef]:
    yield DeliveryRef(issue_id=record.issue_id, delivery_id=record.id)
    if record.email_key:
        yield DeliveryRef(
            issue_id=record.issue_id, email_key=record.email_key, occasion=record.occasion
        )
    if record.email_key and record.provider_id:
        yield DeliveryRef(email_key=record.email_key, provider_id=record.provider_id)


def _load_records(
    connection: sa.Connection, condition: sa.ColumnElement[bool]
) -> list[DeliveryRecord]:
    rows = connection.execute(
        sa.select(
            delivery.c.id,
            delivery.c.issue_id,
            delivery.c.email,
            delivery.c.email_key,
            delivery.c.occasion,
            delivery.c.provider_id,
            delivery.c.subscriber_id,
            delivery.c.subscription_id,
            issue.c.frozen_epoch.label("epoch"),
            issue.c.provider,
            batch.c.provider.label("batch_provider"),
            subscriber.c.erased_at.is_not(None).label("is_erased"),
        )
        .join(issue, issue.c.id == delivery.c.issue_id)
        .outerjoin(batch, _IN_BATCH)
        .outerjoin(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(condition)
    )
    return [_to_record(dict(row._mapping)) for row in rows]


def _to_record(values: dict[str, Any]) -> DeliveryRecord:
    providers = frozenset({values.pop("provider"), values.pop("batch_provider")})
    return DeliveryRecord(providers=providers, **values)


def lock_outcomes(
    connection: sa.Connection, records: Sequence[DeliveryRecord]
) -> dict[int, Outcome]:
    """
    Lock the outcomes of the deliveries until the transaction ends, and return them by delivery id.
    Rows are locked in order, so that two processes cannot deadlock.
    """
    rows = {
        record.id: {"delivery_id": record.id, "issue_id": record.issue_id} for record in records
    }
    new = insert_into(connection, outcome).on_conflict_do_nothing()
    connection.execute(new, [rows[number] for number in sorted(rows)])
    locked = connection.execute(
        sa.select(outcome)
        .where(outcome.c.delivery_id.in_(rows))
        .order_by(outcome.c.delivery_id)
        .with_for_update()
    )
    return {row.delivery_id: _read(row) for row in locked}


def _read(row: sa.Row[Any]) -> Outcome:
    values = row._mapping
    times = {kind: values[column.name] for kind, column in _TIMES.items()}
    return Outcome(
        first_seen={kind: at for kind, at in times.items() if at is not None},
        bounce=EventKind(row.bounce) if row.bounce else None,
        bounced_at=row.bounced_at,
        detail=row.detail,
    )


def kinds_seen(
    connection: sa.Connection, delivery_ids: Sequence[int]
) -> dict[int, frozenset[EventKind]]:
    """
    Return the kinds of events of each delivery that has any, by delivery id.
    """
    rows = connection.execute(sa.select(outcome).where(outcome.c.delivery_id.in_(delivery_ids)))
    return {row.delivery_id: frozenset(_read(row).first_seen) for row in rows}


def save_outcomes(connection: sa.Connection, outcomes: Mapping[int, Outcome]) -> None:
    """
    Store outcomes that `lock_outcomes` returned, by delivery id.
    """
    if not outcomes:
        return
    connection.execute(
        sa.update(outcome)
        .where(outcome.c.delivery_id == sa.bindparam("locked_id"))
        .values({name: sa.bindparam(name) for name in _row(Outcome())}),
        [{"locked_id": number, **_row(outcome)} for number, outcome in outcomes.items()],
    )


def _row(found: Outcome) -> dict[str, Any]:
    times = {column.name: found.first_seen.get(kind) for kind, column in _TIMES.items()}
    bounce = {"bounce": found.bounce, "bounced_at": found.bounced_at, "detail": found.detail}
    return {**times, **bounce}


def confirmed_by_event(connection: sa.Connection, delivery_ids: Sequence[int]) -> set[int]:
    """
    Return the deliveries that have an event, which proves that they were accepted.
    """
    found = sa.select(outcome.c.delivery_id).where(outcome.c.delivery_id.in_(delivery_ids))
    return set(connection.scalars(found))


def lock_batch(connection: sa.Connection, batch_id: int) -> None:
    """
    Lock a batch against `settle_confirmed` until the transaction ends. Otherwise, on PostgreSQL, an
    uncertain outcome and the event that settles it could be written without seeing each other.
    """
    locked = sa.select(batch.c.id).where(batch.c.id == batch_id)
    connection.execute(locked.with_for_update(key_share=True))


def settle_confirmed(
    connection: sa.Connection, delivery_ids: Sequence[int], *, now: dt.datetime
) -> int:
    """
    Accept uncertain deliveries that have an event, and return how many. An uncertain batch becomes
    due for reconciliation now, because its provider may be asked first.
    """
    # The same lock as in `lock_batch`, because the results of these batches may be recorded right
    # now.
    connection.execute(
        sa.select(batch.c.id)
        .join(delivery, _IN_BATCH)
        .where(delivery.c.id.in_(delivery_ids), batch.c.state != BatchState.SETTLED)
        .order_by(batch.c.id)
        .with_for_update(key_share=True, of=batch)
    )
    settled = connection.execute(
        sa.update(delivery)
        .where(delivery.c.id.in_(delivery_ids), delivery.c.state == DeliveryState.UNCERTAIN)
        .values(state=DeliveryState.ACCEPTED, reason="", settled_by=SettledBy.EVENT)
    )
    is_theirs = sa.exists().where(_IN_BATCH, delivery.c.id.in_(delivery_ids))
    connection.execute(
        sa.update(batch)
        .where(batch.c.state == BatchState.UNCERTAIN, batch.c.not_before > now, is_theirs)
        .values(not_before=now)
    )
    return int(settled.rowcount)


def soft_bounces(connection: sa.Connection, email_key: str) -> list[dt.datetime]:
    """
    Return the time of the first soft bounce of each mail to the address, earliest first.
    """
    at = _TIMES[EventKind.BOUNCED_SOFT]
    found = (
        sa.select(at)
        .join(delivery, delivery.c.id == outcome.c.delivery_id)
        .where(delivery.c.email_key == email_key, at.is_not(None))
        .order_by(at)
    )
    return list(connection.scalars(found))


def count_outcomes(connection: sa.Connection, issue_id: int) -> dict[str, int]:
    """
    Count the deliveries of an issue by kind of event, in the shape of `outcomes` in
    `issue status --json`.
    """
    counted = [sa.func.count(column).label(kind.value) for kind, column in _TIMES.items()]
    row = connection.execute(sa.select(*counted).where(outcome.c.issue_id == issue_id)).one()
    return dict(row._mapping)


def outcome_of(connection: sa.Connection, delivery_id: int) -> Outcome:
    """
    Return the outcome of one delivery, which is empty without events.
    """
    query = sa.select(outcome).where(outcome.c.delivery_id == delivery_id)
    row = connection.execute(query).one_or_none()
    return _read(row) if row is not None else Outcome()

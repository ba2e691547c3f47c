"""
What became of deliveries after the hand-over, as events told it: which deliveries they name, the
first time of each kind, and who is proved to have been accepted.
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
    A delivery as the ledger has it, and the names of the providers that may have carried it: the
    issue's, and the one its batch was handed to. `is_erased`: nothing of the person may be written
    down again.
    """

    id: int
    issue_id: int
    email: str | None
    email_key: str | None
    provider_id: str | None
    subscriber_id: int | None
    subscription_id: int | None
    providers: frozenset[str | None]
    is_erased: bool


def find_deliveries(
    connection: sa.Connection, names: Iterable[DeliveryRef]
) -> dict[DeliveryRef, DeliveryRecord]:
    """
    Those of *names* that are there.
    """
    asked = set(names)
    numbers = [name.delivery_id for name in asked if name.delivery_id is not None]
    in_issues = [(n.issue_id, n.email_key) for n in asked if n.issue_id and n.delivery_id is None]
    by_provider = [(name.email_key, name.provider_id) for name in asked if name.issue_id is None]
    found: list[DeliveryRecord] = []
    if numbers:
        found += _known(connection, delivery.c.id.in_(numbers))
    if in_issues:
        is_one = sa.tuple_(delivery.c.issue_id, delivery.c.email_key).in_(in_issues)
        found += _known(connection, is_one)
    if by_provider:
        # The address's key has an index and leads to few rows; the provider's names have none.
        is_theirs = delivery.c.email_key.in_([key for key, _ in by_provider])
        is_one = sa.tuple_(delivery.c.email_key, delivery.c.provider_id).in_(by_provider)
        found += _known(connection, is_theirs & is_one)
    by_name = {name: one for one in found for name in _names_of(one)}
    return {name: by_name[name] for name in asked if name in by_name}


def _names_of(one: DeliveryRecord) -> Iterator[DeliveryRef]:
    yield DeliveryRef(issue_id=one.issue_id, delivery_id=one.id)
    if one.email_key:
        yield DeliveryRef(issue_id=one.issue_id, email_key=one.email_key)
    if one.email_key and one.provider_id:
        yield DeliveryRef(email_key=one.email_key, provider_id=one.provider_id)


def _known(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[DeliveryRecord]:
    rows = connection.execute(
        sa.select(
            delivery.c.id,
            delivery.c.issue_id,
            delivery.c.email,
            delivery.c.email_key,
            delivery.c.provider_id,
            delivery.c.subscriber_id,
            delivery.c.subscription_id,
            issue.c.provider,
            batch.c.provider.label("carrier"),
            subscriber.c.erased_at.is_not(None).label("is_erased"),
        )
        .join(issue, issue.c.id == delivery.c.issue_id)
        .outerjoin(batch, _IN_BATCH)
        .outerjoin(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(which)
    )
    return [_known_of(dict(row._mapping)) for row in rows]


def _known_of(told: dict[str, Any]) -> DeliveryRecord:
    return DeliveryRecord(providers=frozenset({told.pop("provider"), told.pop("carrier")}), **told)


def lock_outcomes(connection: sa.Connection, known: Sequence[DeliveryRecord]) -> dict[int, Outcome]:
    """
    The outcome of each delivery so far, by its number, held until the transaction ends. Rows are
    taken in one order, so that two processes wait for each other and never both.
    """
    rows = {one.id: {"delivery_id": one.id, "issue_id": one.issue_id} for one in known}
    new = insert_into(connection, outcome).on_conflict_do_nothing()
    connection.execute(new, [rows[number] for number in sorted(rows)])
    held = connection.execute(
        sa.select(outcome)
        .where(outcome.c.delivery_id.in_(rows))
        .order_by(outcome.c.delivery_id)
        .with_for_update()
    )
    return {row.delivery_id: _read(row) for row in held}


def _read(row: sa.Row[Any]) -> Outcome:
    told = row._mapping
    times = {kind: told[column.name] for kind, column in _TIMES.items()}
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
    The kinds of events that were seen of each delivery, by its number, where there were any.
    """
    rows = connection.execute(sa.select(outcome).where(outcome.c.delivery_id.in_(delivery_ids)))
    return {row.delivery_id: frozenset(_read(row).first_seen) for row in rows}


def save_outcomes(connection: sa.Connection, outcomes: Mapping[int, Outcome]) -> None:
    """
    Keeps the outcome of each delivery of `hold_outcomes`, by its number.
    """
    if not outcomes:
        return
    connection.execute(
        sa.update(outcome)
        .where(outcome.c.delivery_id == sa.bindparam("held_id"))
        .values({name: sa.bindparam(name) for name in _row(Outcome())}),
        [{"held_id": number, **_row(one)} for number, one in outcomes.items()],
    )


def _row(one: Outcome) -> dict[str, Any]:
    times = {column.name: one.first_seen.get(kind) for kind, column in _TIMES.items()}
    told = {"bounce": one.bounce, "bounced_at": one.bounced_at, "detail": one.detail}
    return {**times, **told}


def confirmed_by_event(connection: sa.Connection, delivery_ids: Sequence[int]) -> set[int]:
    """
    Those of the deliveries that the provider has spoken of, and so has accepted.
    """
    found = sa.select(outcome.c.delivery_id).where(outcome.c.delivery_id.in_(delivery_ids))
    return set(connection.scalars(found))


def lock_batch(connection: sa.Connection, batch_id: int) -> None:
    """
    Has `end_doubt` wait for the end of this transaction, or this one for what it knows: on
    PostgreSQL a doubt and the event that ends it could else be written down unseen by each other.
    """
    one = sa.select(batch.c.id).where(batch.c.id == batch_id)
    connection.execute(one.with_for_update(key_share=True))


def settle_confirmed(
    connection: sa.Connection, delivery_ids: Sequence[int], *, now: dt.datetime
) -> int:
    """
    How many uncertain deliveries are accepted now, since an event names them. A whole batch in
    doubt is looked at now: its provider may be asked first.
    """
    # As `hold_batch`, of those whose answer may be written down just now.
    connection.execute(
        sa.select(batch.c.id)
        .join(delivery, _IN_BATCH)
        .where(delivery.c.id.in_(delivery_ids), batch.c.state != BatchState.SETTLED)
        .order_by(batch.c.id)
        .with_for_update(key_share=True, of=batch)
    )
    ended = connection.execute(
        sa.update(delivery)
        .where(delivery.c.id.in_(delivery_ids), delivery.c.state == DeliveryState.UNCERTAIN)
        .values(state=DeliveryState.ACCEPTED, reason="", settled_by=SettledBy.EVENT)
    )
    theirs = sa.exists().where(_IN_BATCH, delivery.c.id.in_(delivery_ids))
    connection.execute(
        sa.update(batch)
        .where(batch.c.state == BatchState.UNCERTAIN, batch.c.not_before > now, theirs)
        .values(not_before=now)
    )
    return int(ended.rowcount)


def soft_bounces(connection: sa.Connection, email_key: str) -> list[dt.datetime]:
    """
    When mails to the address bounced for now, the first time of each mail, earliest first.
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
    How many deliveries of an issue each kind of event was seen of: the shape of `outcomes` in
    `issue status --json`.
    """
    counted = [sa.func.count(column).label(kind.value) for kind, column in _TIMES.items()]
    row = connection.execute(sa.select(*counted).where(outcome.c.issue_id == issue_id)).one()
    return dict(row._mapping)


def outcome_of(connection: sa.Connection, delivery_id: int) -> Outcome:
    """
    What became of one delivery; nothing while no event named it.
    """
    asked = sa.select(outcome).where(outcome.c.delivery_id == delivery_id)
    row = connection.execute(asked).one_or_none()
    return _read(row) if row is not None else Outcome()

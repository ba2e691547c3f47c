"""
Store the receivers of outgoing webhooks, and whether they work.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.errors import NotFound, Refused
from newsletter.model.outgoing import (
    OutgoingKind,
    OutgoingWebhook,
    PauseCause,
    SendState,
    WebhookState,
)
from newsletter.store.list_limits import limit_slugs
from newsletter.store.outgoing.narrowing import drop_other_kinds, drop_other_lists
from newsletter.store.tables import outgoing_delivery, outgoing_webhook, outgoing_webhook_list
from subscribers.database.columns import insert_into
from subscribers.text.phrases import phrase

_w = outgoing_webhook
_l = outgoing_webhook_list


@dataclass(frozen=True, kw_only=True)
class WebhookValues:
    """
    What a person sets of a webhook; what is None stays. Empty `list_ids`: everything is sent. With
    `previous_until`, the secret that is replaced signs until then, too.
    """

    url: str | None = None
    kinds: frozenset[OutgoingKind] | None = None
    list_ids: frozenset[int] | None = None
    salt: str | None = None
    secret_key: str | None = None
    previous_until: dt.datetime | None = None

    def as_columns(self) -> dict[str, Any]:
        """
        Return the columns to set, by name.
        """
        values: dict[str, Any] = {
            "url": self.url,
            "kinds": None if self.kinds is None else sorted(self.kinds),
            "is_limited": None if self.list_ids is None else bool(self.list_ids),
            "salt": self.salt,
            "secret_key": self.secret_key,
            "previous_until": self.previous_until,
            "previous_salt": self.previous_until and _w.c.salt,
            "previous_secret_key": self.previous_until and _w.c.secret_key,
        }
        return {name: value for name, value in values.items() if value is not None}


def all_webhooks(connection: sa.Connection) -> list[OutgoingWebhook]:
    """
    Return every webhook, by name.
    """
    return _load(connection, sa.true())


def find_webhook(connection: sa.Connection, name: str) -> OutgoingWebhook:
    """
    Return the webhook called *name*.

    Raises:
        NotFound: there is none.
    """
    found = _load(connection, _w.c.name == name)
    if not found:
        raise NotFound(
            phrase("there is no webhook {name}: `newsletter webhook list` shows them", name=name)
        )
    return found[0]


def add_webhook(
    connection: sa.Connection, name: str, values: WebhookValues, *, now: dt.datetime
) -> None:
    """
    Store an active webhook.

    Raises:
        Refused: there is one of that name.
    """
    columns = {"name": name, "state": WebhookState.ACTIVE, "created_at": now, **values.as_columns()}
    insert = insert_into(connection, _w).values(columns).on_conflict_do_nothing()
    number = connection.scalar(insert.returning(_w.c.id))
    if number is None:
        raise Refused(phrase("there is a webhook {name} already: choose another name", name=name))
    _limit(connection, number, values.list_ids or frozenset())


def edit_webhook(connection: sa.Connection, number: int, values: WebhookValues) -> None:
    """
    Change what a person set of a webhook. What it does not want any more is dropped.
    """
    if columns := values.as_columns():
        connection.execute(_w.update().where(_w.c.id == number).values(columns))
    if values.kinds is not None:
        drop_other_kinds(connection, number, values.kinds)
    if values.list_ids is not None:
        connection.execute(_l.delete().where(_l.c.webhook_id == number))
        _limit(connection, number, values.list_ids)
    if values.list_ids:
        drop_other_lists(connection, number, values.list_ids)


def pause_webhook(
    connection: sa.Connection, number: int, cause: PauseCause, *, now: dt.datetime
) -> bool:
    """
    Pause a webhook, and return whether it was active.
    """
    paused = connection.execute(
        _w.update()
        .where(_w.c.id == number, _w.c.state == WebhookState.ACTIVE)
        .values(state=WebhookState.PAUSED, pause_cause=cause, paused_at=now)
    )
    return paused.rowcount == 1


def resume_webhook(connection: sa.Connection, number: int, *, now: dt.datetime) -> bool:
    """
    Send to a webhook again, what waits for it first, and return whether it was paused.
    """
    resumed = connection.execute(
        _w.update()
        .where(_w.c.id == number, _w.c.state == WebhookState.PAUSED)
        .values(
            state=WebhookState.ACTIVE,
            pause_cause=None,
            paused_at=None,
            failing_since=None,
            failures=0,
            next_at=None,
        )
    )
    _make_due(connection, number, now=now)
    return resumed.rowcount == 1


def remove_webhook(connection: sa.Connection, number: int) -> None:
    """
    Delete a webhook with all that waits for it.
    """
    connection.execute(_w.delete().where(_w.c.id == number))


def count_events(connection: sa.Connection, number: int) -> dict[SendState, int]:
    """
    Return how many events are in each state on their way to a webhook.
    """
    d = outgoing_delivery
    rows = connection.execute(
        sa.select(d.c.state, sa.func.count()).where(d.c.webhook_id == number).group_by(d.c.state)
    )
    counted = {SendState(state): int(count) for state, count in rows}
    return {state: counted.get(state, 0) for state in SendState}


def count_all_events(connection: sa.Connection) -> dict[int, dict[SendState, int]]:
    """
    Return how many events are in each state, by the number of the webhook; none if it has none.
    """
    d = outgoing_delivery
    rows = connection.execute(
        sa.select(d.c.webhook_id, d.c.state, sa.func.count()).group_by(d.c.webhook_id, d.c.state)
    )
    found: dict[int, dict[SendState, int]] = {}
    for number, state, count in rows:
        counted = found.setdefault(number, dict.fromkeys(SendState, 0))
        counted[SendState(state)] = int(count)
    return found


def paused_by_failure(connection: sa.Connection) -> list[OutgoingWebhook]:
    """
    Return the webhooks that no person paused, by name.
    """
    causes = (PauseCause.FAILING, PauseCause.GONE)
    return _load(connection, _w.c.pause_cause.in_(causes))


def due_webhooks(connection: sa.Connection, *, now: dt.datetime) -> list[OutgoingWebhook]:
    """
    Return the webhooks to which something is to be sent now, by name.
    """
    d = outgoing_delivery
    is_open = sa.or_(_w.c.next_at.is_(None), _w.c.next_at <= now)
    # Not EXISTS: PostgreSQL may read the whole table for it.
    earliest = (
        sa.select(d.c.next_at)
        .where(d.c.webhook_id == _w.c.id, d.c.next_at.is_not(None))
        .order_by(d.c.next_at)
        .limit(1)
        .scalar_subquery()
    )
    return _load(connection, sa.and_(_w.c.state == WebhookState.ACTIVE, is_open, earliest <= now))


def lock_webhook(connection: sa.Connection, number: int) -> OutgoingWebhook | None:
    """
    Lock a webhook until the transaction ends, so that two processes do not claim its events at
    once, and return it; None if it was removed. Events can be added meanwhile.
    """
    locked = sa.select(_w.c.id).where(_w.c.id == number).with_for_update(key_share=True)
    connection.execute(locked)
    found = _load(connection, _w.c.id == number)
    return found[0] if found else None


def store_health(connection: sa.Connection, webhook: OutgoingWebhook) -> None:
    """
    Store whether a webhook works.
    """
    connection.execute(
        _w.update()
        .where(_w.c.id == webhook.id)
        .values(
            state=webhook.state,
            pause_cause=webhook.pause_cause,
            paused_at=webhook.paused_at,
            failing_since=webhook.failing_since,
            failures=webhook.failures,
            next_at=webhook.next_at,
            last_success_at=webhook.last_success_at,
        )
    )


def _limit(connection: sa.Connection, number: int, list_ids: Iterable[int]) -> None:
    rows = [{"webhook_id": number, "list_id": list_id} for list_id in sorted(list_ids)]
    if rows:
        connection.execute(_l.insert(), rows)


def _make_due(connection: sa.Connection, number: int, *, now: dt.datetime) -> None:
    """
    Send what waits for a later attempt now, as if it had not been tried before.
    """
    d = outgoing_delivery
    tried = sa.or_(d.c.next_at > now, d.c.attempts > 0)
    waits = sa.and_(d.c.webhook_id == number, d.c.next_at.is_not(None), tried)
    connection.execute(
        d.update().where(waits).values(next_at=now, attempts=0, first_attempt_at=None)
    )


def _load(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[OutgoingWebhook]:
    rows = connection.execute(sa.select(_w).where(which).order_by(_w.c.name)).all()
    limited = [row.id for row in rows if row.is_limited]
    slugs = limit_slugs(connection, _l.c.webhook_id, limited)
    return [_webhook(row, slugs) for row in rows]


def _webhook(row: sa.Row[Any], slugs: Mapping[int, frozenset[str]]) -> OutgoingWebhook:
    return OutgoingWebhook(
        id=row.id,
        name=row.name,
        url=row.url,
        kinds=frozenset(map(OutgoingKind, row.kinds)),
        lists=slugs[row.id] if row.is_limited else None,
        state=WebhookState(row.state),
        salt=row.salt,
        secret_key=row.secret_key,
        created_at=row.created_at,
        previous_salt=row.previous_salt,
        previous_secret_key=row.previous_secret_key,
        previous_until=row.previous_until,
        pause_cause=PauseCause(row.pause_cause) if row.pause_cause else None,
        paused_at=row.paused_at,
        failing_since=row.failing_since,
        failures=row.failures,
        next_at=row.next_at,
        last_success_at=row.last_success_at,
    )

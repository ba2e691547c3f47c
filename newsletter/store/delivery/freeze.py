"""
Write the deliveries and batches of an issue, once and in a constant number of statements.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from newsletter.model.canary import CANARY_SIZE
from newsletter.model.delivery import BatchState, HoldReason
from newsletter.model.issue import AudienceRule
from newsletter.model.mail import Mail
from newsletter.model.timing import Wave
from newsletter.store.delivery.segments.rules import segment_of
from newsletter.store.delivery.status.shown import any_issue, readers_of
from newsletter.store.issues.corrections import HASHES
from newsletter.store.queue.jobs import enqueue
from newsletter.store.tables import batch, delivery, exclusion, issue, mail
from subscribers.audience.count import count_readers
from subscribers.audience.exclusions import select_excluded
from subscribers.audience.outside_segment import segment_reason, select_active
from subscribers.audience.selection import select_audience
from subscribers.database.columns import insert_into
from subscribers.fields.merge_values import select_as_json
from subscribers.fields.model import Field
from subscribers.model import MailingList
from subscribers.validation.address import Address

_REASONS = ["issue_id", "subscriber_id", "reason"]
# More batches than any part can have. A part is a wave; with a canary, it is the canary of a wave
# or the rest.
WAVE_STEP = 1_000_000


def store_mail(
    connection: sa.Connection,
    issue_id: int,
    rendered: Mail,
    sha256: str,
    briefs: Mapping[str, str],
) -> None:
    """
    Store the rendered mail, so that a resumed send is byte-for-byte identical, and the hashes of
    its briefs, so that later changes are noticed.
    """
    kept = {**rendered.as_json(), HASHES: dict(briefs)}
    connection.execute(sa.insert(mail).values(issue_id=issue_id, mail=kept, sha256=sha256))


def load_mail(connection: sa.Connection, issue_id: int) -> tuple[Mail, str] | None:
    """
    Return the frozen mail of an issue and its hash, or None before the freeze.
    """
    row = connection.execute(sa.select(mail).where(mail.c.issue_id == issue_id)).one_or_none()
    if row is None:
        return None
    fields = {name: value for name, value in row.mail.items() if name != HASHES}
    return Mail.from_json(fields), row.sha256


def freeze_audience(
    connection: sa.Connection,
    issue_id: int,
    *,
    rule: AudienceRule,
    lists: Sequence[MailingList],
    minus: Sequence[MailingList],
    waves: Sequence[Wave],
    batch_size: int,
    has_canary: bool = False,
    fields: Sequence[Field] = (),
    now: dt.datetime,
) -> int:
    """
    Write a delivery for each reader of the audience, and an exclusion with its reason for everybody
    else on the lists who chose a cadence of the *rule*. Return the number of deliveries. They are
    numbered into batches of *batch_size*, separately for each wave and for the canary. *lists* and
    *minus* are those that the rule names. The readers' values of *fields* are kept with the
    deliveries.
    """
    conditions = conditions_of(connection, rule, now)
    people = select_audience(lists, minus, **conditions).subquery()
    columns = ["subscriber_id", "subscription_id", "list_id", "email", "email_key", "name"]
    chosen: dict[str, Any] = {
        "issue_id": sa.literal(issue_id),
        **{name: people.c[name] for name in columns},
        "batch_no": _batch_number(people, waves, batch_size, has_canary=has_canary),
    }
    if fields:
        chosen["merge_values"] = select_as_json(connection, fields, people.c.subscriber_id)
    connection.execute(sa.insert(delivery).from_select(list(chosen), sa.select(*chosen.values())))
    segment = conditions.pop("segment")
    left_out = select_excluded(lists, minus, **conditions).subquery()
    wanted = sa.insert(exclusion).from_select(
        _REASONS, _exclusions(issue_id, left_out, left_out.c.reason)
    )
    connection.execute(wanted)
    if segment is not None:
        # Everybody else is outside it, and need not be looked at again.
        rest = select_active(lists, rule.counted_cadences, since=now).subquery()
        outside = _exclusions(issue_id, rest, segment_reason(segment))
        connection.execute(
            insert_into(connection, exclusion)
            .from_select(_REASONS, outside)
            .on_conflict_do_nothing()
        )
    return _count(connection, issue_id)


def _exclusions(
    issue_id: int, left_out: sa.Subquery, reason: sa.ColumnElement[str]
) -> sa.Select[Any]:
    """
    Select those *left_out* who have no delivery: on PostgreSQL some may have been suppressed since
    the deliveries were written, and will be skipped.
    """
    has_delivery = sa.exists().where(
        delivery.c.issue_id == any_issue(issue_id),
        delivery.c.subscriber_id == left_out.c.subscriber_id,
    )
    return sa.select(sa.literal(issue_id), left_out.c.subscriber_id, reason).where(~has_delivery)


def _batch_number(
    people: sa.Subquery, waves: Sequence[Wave], batch_size: int, *, has_canary: bool
) -> sa.ColumnElement[int]:
    """
    Number the batches from 1 within their part; each part begins WAVE_STEP higher.
    """
    by_number = people.c.subscriber_id
    wave_no = _wave_number(people, waves)
    place = sa.func.row_number().over(partition_by=wave_no, order_by=by_number) - 1
    part: sa.ColumnElement[int] | int = 0 if wave_no is None else wave_no
    if has_canary:
        order = [by_number] if wave_no is None else [wave_no, by_number]
        in_all = sa.func.row_number().over(order_by=order)
        part = part * 2 + sa.case((in_all > CANARY_SIZE, 1), else_=0)
    return part * WAVE_STEP + place // batch_size + 1


def _wave_number(people: sa.Subquery, waves: Sequence[Wave]) -> sa.ColumnElement[int] | None:
    """
    Return the SQL expression for a reader's wave, or None if there is only one.
    """
    if len(waves) == 1:
        return None
    unknown = next(n for n, wave in enumerate(waves) if wave.takes_unknown)
    return sa.case(
        *((people.c.timezone.in_(wave.zones), n) for n, wave in enumerate(waves)), else_=unknown
    )


def freeze_addresses(
    connection: sa.Connection,
    issue_id: int,
    addresses: Sequence[Address],
    *,
    batch_size: int,
    values: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """
    Write a delivery for each of the typed *addresses* (a test mail), with the *values* of its merge
    fields, and return how many.
    """
    merge_values = json.dumps(dict(values)) if values else None
    by_key = {address.key: address for address in addresses}
    rows = [
        {
            "issue_id": issue_id,
            "email": address.email,
            "email_key": address.key,
            "merge_values": merge_values,
            "batch_no": place // batch_size + 1,
        }
        for place, address in enumerate(by_key.values())
    ]
    connection.execute(sa.insert(delivery), rows)
    return len(rows)


def write_batches(
    connection: sa.Connection,
    issue_id: int,
    waves: Sequence[Wave] = (),
    *,
    canary_until: dt.datetime | None = None,
) -> None:
    """
    Write the batches of the deliveries, with their jobs: pending, or waiting for the time of their
    wave. With a canary all others are held at least until *canary_until*.
    """
    sizes = connection.execute(
        sa.select(delivery.c.batch_no, sa.func.count())
        .where(delivery.c.issue_id == issue_id)
        .group_by(delivery.c.batch_no)
        .order_by(delivery.c.batch_no)
    )
    rows = [
        {
            "issue_id": issue_id,
            "no": number,
            "size": size,
            **_initial_state(number // WAVE_STEP, waves, canary_until),
        }
        for number, size in sizes
    ]
    if rows:
        made = connection.execute(sa.insert(batch).returning(batch.c.id), rows)
        enqueue(made.scalars().all(), connection)


def _initial_state(
    part: int, waves: Sequence[Wave], canary_until: dt.datetime | None
) -> dict[str, Any]:
    """
    Return the initial state of a batch of this part.
    """
    wave_no = part // 2 if canary_until else part
    wave = waves[wave_no] if len(waves) > 1 else (*waves, Wave())[0]
    times = [wave.not_before] if wave.not_before else []
    is_held = canary_until is not None and part > wave_no * 2
    hold = HoldReason.TIME_OF_DAY if times else None
    if canary_until is not None and is_held:
        times.append(canary_until)
        hold = HoldReason.CANARY
    return {
        "state": BatchState.WAITING if times else BatchState.PENDING,
        "hold": hold,
        "not_before": max(times, default=None),
        "not_after": wave.not_after,
        "timezone": wave.timezone,
    }


def conditions_of(
    connection: sa.Connection, rule: AudienceRule, now: dt.datetime
) -> dict[str, Any]:
    """
    Return what narrows the readers of a rule's lists, as `select_audience` takes it.
    """
    among = None if rule.sent_to_issue is None else readers_of(rule.sent_to_issue)
    segment = segment_of(connection, rule, now=now)
    return {"now": now, "cadences": rule.counted_cadences, "among": among, "segment": segment}


def count_audience(
    connection: sa.Connection,
    rule: AudienceRule,
    lists: Sequence[MailingList],
    minus: Sequence[MailingList],
    *,
    now: dt.datetime,
) -> int:
    """
    Count the readers that a freeze would write now; *lists* and *minus* are those of the *rule*.
    """
    conditions = conditions_of(connection, rule, now)
    if len(lists) == 1 and not minus and conditions["among"] is conditions["segment"] is None:
        return count_readers(connection, lists[0], now=now, cadences=conditions["cadences"])
    people = select_audience(lists, minus, **conditions).subquery()
    return int(connection.execute(sa.select(sa.func.count()).select_from(people)).scalar_one())


def has_more_readers(
    connection: sa.Connection,
    rule: AudienceRule,
    lists: Sequence[MailingList],
    minus: Sequence[MailingList],
    *,
    than: int,
    now: dt.datetime,
) -> bool:
    """
    Return whether a freeze would write more readers *than* that, without counting all of them.
    """
    people = select_audience(lists, minus, **conditions_of(connection, rule, now))
    first = people.limit(than + 1).subquery()
    found = connection.execute(sa.select(sa.func.count()).select_from(first)).scalar_one()
    return int(found) > than


def update_statistics(connection: sa.Connection) -> None:
    """
    Let PostgreSQL count the rows of the ledger again; SQLite plans without.
    """
    if connection.dialect.name == "postgresql":
        tables = ", ".join(table.name for table in (issue, batch, delivery, exclusion))
        connection.exec_driver_sql(f"ANALYZE {tables}")


def _count(connection: sa.Connection, issue_id: int) -> int:
    counted = sa.select(sa.func.count()).where(delivery.c.issue_id == issue_id)
    return int(connection.execute(counted).scalar_one())

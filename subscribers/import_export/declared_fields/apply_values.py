"""
Store the values of declared fields that the rows of a batch give, in a constant number of
statements.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Mapping, Sequence

import sqlalchemy as sa

from subscribers.database.columns import insert_into
from subscribers.database.field_tables import field as _fields
from subscribers.database.field_tables import field_value
from subscribers.fields.model import Field
from subscribers.fields.values import values_of_all
from subscribers.history.model import HistoryEvent, HistoryRecord, Origin
from subscribers.history.records import record_all
from subscribers.import_export.import_policy import RowDecision, RowOutcome
from subscribers.model import SubscriptionState

Changes = dict[str, dict[str, str]]


def values_changed(
    connection: sa.Connection, decisions: Sequence[RowDecision], *, repeated: frozenset[str]
) -> dict[str, Changes]:
    """
    Return which values the rows change, before and after, by address key and name of the field. The
    rows of the *repeated* keys only fill in what is missing.
    """
    given = [each for each in decisions if each.row.values and may_change(each)]
    known = [each.known.subscriber_id for each in given if each.known.subscriber_id is not None]
    stored = values_of_all(connection, known) if known else {}
    changed: dict[str, Changes] = {}
    for each in given:
        before = stored.get(each.known.subscriber_id or 0, {})
        key = each.row.address.key
        changes = {
            name: {"before": before.get(name, ""), "after": value}
            for name, value in each.row.values.items()
            if before.get(name, "") != value and not (key in repeated and before.get(name))
        }
        if changes:
            changed[key] = changes
    return changed


def may_change(decision: RowDecision) -> bool:
    """
    Return whether the row may change what is known about the person beside their subscription.
    """
    if decision.outcome is RowOutcome.CREATED:
        return True
    is_kept = decision.outcome not in (RowOutcome.UPDATED, RowOutcome.UNCHANGED)
    return not (is_kept or decision.end or decision.known.state is not SubscriptionState.ACTIVE)


def store_changes(
    connection: sa.Connection,
    changed: Mapping[str, Changes],
    decisions: Sequence[RowDecision],
    begun: Mapping[str, int],
    declared: Sequence[Field],
    *,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    Store the changed values and record them. *begun* has the numbers of those who are new, by
    address key. Values of a field that was removed since it was *declared* are left out.
    """
    if not changed:
        return
    numbers = {**begun, **_known_numbers(decisions)}
    ids = _still_there(connection, declared)
    stored = {
        key: {name: change for name, change in changes.items() if name in ids}
        for key, changes in changed.items()
        if changes.keys() & ids.keys()
    }
    if not stored:
        return
    rows = [
        {"subscriber_id": numbers[key], "field_id": ids[name], "value": change["after"]}
        for key, changes in stored.items()
        for name, change in changes.items()
    ]
    insert = insert_into(connection, field_value)
    keep = insert.on_conflict_do_update(
        index_elements=["subscriber_id", "field_id"], set_={"value": insert.excluded.value}
    )
    connection.execute(keep, rows)
    records = [
        HistoryRecord(
            what=HistoryEvent.CHANGED,
            subscriber_id=numbers[key],
            detail={"fields": changes},
        )
        for key, changes in stored.items()
    ]
    record_all(connection, records, by=by, at=now)


def _still_there(connection: sa.Connection, declared: Sequence[Field]) -> dict[str, int]:
    """
    Return the numbers of the fields by name; nobody can remove them until the transaction ends.
    """
    ids = {field.id: field.name for field in declared}
    there = sa.select(_fields.c.id).where(_fields.c.id.in_(ids))
    locked = there.order_by(_fields.c.id).with_for_update(read=True, key_share=True)
    return {ids[number]: number for number in connection.scalars(locked)}


def _known_numbers(decisions: Sequence[RowDecision]) -> dict[str, int]:
    return {
        each.row.address.key: each.known.subscriber_id
        for each in decisions
        if each.known.subscriber_id is not None
    }


def with_new_values(decision: RowDecision, changed: Container[str]) -> RowDecision:
    """
    Count a row whose only news are values of fields, tags or a note as an update; *changed* has the
    address keys of such rows.
    """
    if decision.outcome is RowOutcome.UNCHANGED and decision.row.address.key in changed:
        return decision._replace(outcome=RowOutcome.UPDATED)
    return decision

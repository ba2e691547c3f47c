"""
Plan what undoing a part of an import changes. Only reads; `undo_changes` applies the plan.

The history is the witness: what the import began is taken back if nothing else happened to the
person since, and a value if it is still the one that the import set. Nobody whom the import
suppressed or unsubscribed comes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from subscribers.database.history_tables import history
from subscribers.errors import InvalidText
from subscribers.fields.declare import all_fields
from subscribers.fields.model import Field
from subscribers.fields.parse import parse_value
from subscribers.fields.values import values_of_all
from subscribers.history.model import OriginKind
from subscribers.import_export.jobs.model import FileJob
from subscribers.import_export.jobs.undo_others import find_other_imports, find_touched
from subscribers.import_export.jobs.undo_people import (
    find_added_elsewhere,
    find_present,
    find_subscriptions,
)
from subscribers.model import SubscriptionState
from subscribers.tags.records import tags_of

# Returns those of the people, by number, who were sent something.
Mailed = Callable[[sa.Connection, Collection[int]], set[int]]
ROWS = 1_000
_h = history


@dataclass(frozen=True, kw_only=True)
class ValueChange:
    """
    A value of a person that goes back from *after* to *before*: their name, time zone or tags, or a
    field in `field_name`.
    """

    subscriber_id: int
    what: str
    before: Any
    after: Any
    field_name: str = ""


@dataclass(kw_only=True)
class UndoPlan:
    """
    What one part of an undo changes: `people` are forgotten, `subscribers` only lose their
    subscription, of that state, and `counts` also says what is kept and why. `last` is the number
    of the last row of the history that it is about; None if there was none left.
    """

    last: int | None = None
    people: list[int] = field(default_factory=list)
    subscribers: dict[int, str] = field(default_factory=dict)
    values: list[ValueChange] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def plan_undo(
    connection: sa.Connection, job: FileJob, *, after: int, removed: set[int], mailed: Mailed
) -> UndoPlan:
    """
    Plan the undo of what the import recorded after the row *after* of the history. Those who are
    forgotten are added to *removed*, because later rows may be about them too.
    """
    rows = _recorded(connection, job, after)
    plan = UndoPlan(last=rows[-1].id if rows else None)
    about = {row.subscriber_id for row in rows} - {None} - removed
    people = find_present(connection, about)
    others = find_other_imports(connection, job)
    states, on_others = find_subscriptions(connection, job, people)
    began = (row for row in rows if _began(row) and row.subscriber_id in people)
    begun = {row.subscriber_id: row for row in began}
    touched = find_touched(connection, job, begun, others)
    sent = mailed(connection, list(begun))
    for number, row in begun.items():
        if number in touched:
            plan.counts["kept_changed"] += 1
        elif number in sent:
            plan.counts["kept_mailed"] += 1
        elif states.get(number) == SubscriptionState.ENDED:
            # A later row of the import ended it, and is counted itself.
            continue
        elif number > others.people_before and number not in on_others:
            plan.people.append(number)
        else:
            plan.subscribers[number] = _state(row)["after"]
    removed.update(plan.people)
    plan.counts["kept_unsubscribed"] = sum(_ended(row) for row in rows)
    # Those whom the import made and who stay keep all that it said about them.
    elsewhere = find_added_elsewhere(connection, job, people)
    known = [r for r in rows if r.subscriber_id in people and not _is_made(job, r, elsewhere)]
    _plan_values(connection, plan, known, people)
    plan.counts["people"] = len(plan.people)
    plan.counts["subscriptions"] = len(plan.subscribers)
    plan.counts["values"] = len(plan.values)
    return plan


def _recorded(connection: sa.Connection, job: FileJob, after: int) -> Sequence[sa.Row[Any]]:
    is_its = sa.and_(_h.c.by == OriginKind.IMPORT.value, _h.c.by_name == str(job.id))
    columns = (_h.c.id, _h.c.subscriber_id, _h.c.detail)
    rows: sa.Select[Any] = sa.select(*columns).where(is_its, _h.c.id > after)
    return connection.execute(rows.order_by(_h.c.id).limit(ROWS)).all()


def _is_made(job: FileJob, row: sa.Row[Any], elsewhere: Collection[int]) -> bool:
    """
    Return whether the import made the person of that row. While it ran, others may have added
    people too.
    """
    number = row.subscriber_id
    return bool(number > (job.people_before or 0)) and number not in elsewhere


def _state(row: sa.Row[Any]) -> Mapping[str, Any]:
    return (row.detail or {}).get("state") or {}


def _began(row: sa.Row[Any]) -> bool:
    """
    Return whether the import began an active or pending subscription.
    """
    state = _state(row)
    return bool(state) and state["before"] is None and state["after"] != SubscriptionState.ENDED


def _ended(row: sa.Row[Any]) -> bool:
    is_ended = _state(row).get("after") == SubscriptionState.ENDED
    return is_ended or "suppressed" in (row.detail or {})


def _plan_values(
    connection: sa.Connection,
    plan: UndoPlan,
    rows: Sequence[sa.Row[Any]],
    people: Mapping[int, sa.Row[Any]],
) -> None:
    """
    Add the values that the import set and that are still the same.
    """
    details = [(row.subscriber_id, row.detail or {}) for row in rows]
    with_fields = {number for number, detail in details if "fields" in detail}
    with_tags = {number for number, detail in details if "tags" in detail}
    fields = values_of_all(connection, with_fields) if with_fields else {}
    declared = {each.name: each for each in all_fields(connection)} if with_fields else {}
    tags = tags_of(connection, with_tags) if with_tags else {}
    for number, detail in details:
        for what in ("name", "timezone"):
            if what in detail:
                _add_value(plan, number, what, detail[what], getattr(people[number], what))
        for name, change in detail.get("fields", {}).items():
            current = fields.get(number, {}).get(name, "")
            if not _is_value(declared.get(name), change["before"]):
                plan.counts["kept_values"] += 1
                continue
            _add_value(plan, number, "field", change, current, field_name=name)
        if "tags" in detail:
            given = set(detail["tags"]["after"]) - set(detail["tags"]["before"])
            if left := sorted(given & set(tags.get(number, ()))):
                change = ValueChange(subscriber_id=number, what="tags", before=[], after=left)
                plan.values.append(change)


def _is_value(declared: Field | None, value: str) -> bool:
    """
    Return whether the value is still one of its field; its options may have changed.
    """
    if declared is None:
        return False
    try:
        return parse_value(declared, value) == value
    except InvalidText:
        return False


def _add_value(
    plan: UndoPlan,
    number: int,
    what: str,
    change: Mapping[str, Any],
    current: Any,
    *,
    field_name: str = "",
) -> None:
    if current != change["after"]:
        plan.counts["kept_values"] += 1
        return
    plan.values.append(
        ValueChange(
            subscriber_id=number,
            what=what,
            before=change["before"],
            after=change["after"],
            field_name=field_name,
        )
    )

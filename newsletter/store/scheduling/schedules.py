"""
Store schedules and their slots, with the outcome of each.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import sqlalchemy as sa

from newsletter.errors import NotFound, Refused
from newsletter.model.schedule import Schedule, Slot, SlotOutcome
from newsletter.store.scheduling.schedule_rows import columns_of, schedule_of
from newsletter.store.tables import schedule, slot
from subscribers.database.columns import insert_into
from subscribers.model import Cadence
from subscribers.text.phrases import phrase
from subscribers.text.stored_phrases import stored_reason, with_phrases
from subscribers.validation.address import parse_address

# How long after the claim of an unfinished slot another process may resume it.
SLOT_PATIENCE = dt.timedelta(minutes=2)


class ScheduleExists(Refused):
    """
    Raised if there is a schedule of that name.
    """


def add_schedule(connection: sa.Connection, rule: Schedule, *, now: dt.datetime) -> int:
    """
    Store a new schedule and return its number; its own id is ignored. Its slots count from *now*.

    Raises:
        ScheduleExists: there already is one with that name.
    """
    require_free_name(connection, rule.name)
    values = {**columns_of(rule), "created_at": now, "last_due": now}
    added = connection.execute(sa.insert(schedule).values(values).returning(schedule.c.id))
    return int(added.scalar_one())


def require_free_name(connection: sa.Connection, name: str) -> None:
    """
    Require that there is no schedule called *name*.

    Raises:
        ScheduleExists: there is one.
    """
    taken = connection.execute(sa.select(schedule.c.id).where(schedule.c.name == name))
    if taken.first() is not None:
        raise ScheduleExists(
            phrase("a schedule named {name} already exists: edit or remove it", name=name)
        )


def all_schedules(connection: sa.Connection) -> list[Schedule]:
    """
    Load every schedule, by name.
    """
    rows = connection.execute(sa.select(schedule).order_by(schedule.c.name))
    return [schedule_of(row) for row in rows]


def offered_cadences(connection: sa.Connection) -> dict[str, set[Cadence]]:
    """
    Return how often readers can get each list, by its slug: each issue, and the cadences that a
    schedule which is not paused has. Lists without a schedule are left out.
    """
    found: dict[str, set[Cadence]] = {}
    active = sa.select(schedule.c.audience, schedule.c.cadence).where(~schedule.c.is_paused)
    for row in connection.execute(active):
        for slug in row.audience["lists"]:
            found.setdefault(slug, {Cadence.EACH}).add(Cadence(row.cadence))
    return found


def find_schedule(connection: sa.Connection, name: str) -> Schedule:
    """
    Load the schedule called *name*.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(sa.select(schedule).where(schedule.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(
            phrase("no schedule {name}: `newsletter schedule list` shows them", name=name)
        )
    return schedule_of(row)


def load_schedule(connection: sa.Connection, schedule_id: int) -> Schedule | None:
    """
    Return the schedule numbered *schedule_id*, or None if it was removed.
    """
    row = connection.execute(sa.select(schedule).where(schedule.c.id == schedule_id)).one_or_none()
    return None if row is None else schedule_of(row)


def store_schedule(connection: sa.Connection, rule: Schedule) -> None:
    """
    Replace the stored schedule with the same number by *rule*.
    """
    change_schedule(connection, rule.id, **columns_of(rule))


def change_schedule(connection: sa.Connection, schedule_id: int, **values: Any) -> None:
    """
    Set columns of a schedule.
    """
    connection.execute(sa.update(schedule).where(schedule.c.id == schedule_id).values(**values))


def take_out_editor(connection: sa.Connection, email_key: str) -> list[tuple[Schedule, Schedule]]:
    """
    Take the editor with that address out of every schedule. Return each schedule that named them,
    as it was and as it is.
    """
    changed = []
    for rule in all_schedules(connection):
        kept = tuple(each for each in rule.editors if parse_address(each).key != email_key)
        if kept != rule.editors:
            change_schedule(connection, rule.id, editors=list(kept))
            changed.append((rule, dataclasses.replace(rule, editors=kept)))
    return changed


def remove_schedule(connection: sa.Connection, schedule_id: int) -> None:
    """
    Remove a schedule; its issues stay.
    """
    connection.execute(sa.delete(schedule).where(schedule.c.id == schedule_id))


def lock_slots(connection: sa.Connection) -> None:
    """
    Lock every schedule until the transaction ends, so that two processes on PostgreSQL do not put
    one brief into two issues.
    """
    every = sa.select(schedule.c.id).order_by(schedule.c.id).with_for_update(key_share=True)
    connection.execute(every).all()


def take_slot(
    connection: sa.Connection,
    schedule_id: int,
    due: Slot,
    *,
    part: str = "",
    outcome: SlotOutcome = SlotOutcome.DUE,
    reason: str = "",
    issue_id: int | None = None,
    now: dt.datetime,
) -> SlotRow | None:
    """
    Claim the slot for this caller. Return None if it was already claimed: a slot, and each part of
    it, runs once. Return None too if the schedule was removed since it was read.
    """
    own = sa.select(schedule.c.id).where(schedule.c.id == schedule_id)
    if connection.scalar(own.with_for_update(key_share=True, read=True)) is None:
        return None
    taken = connection.execute(
        insert_into(connection, slot)
        .values(
            schedule_id=schedule_id,
            slot=due.wall,
            part=part,
            due=due.due,
            outcome=outcome,
            **with_phrases({"reason": reason}),
            issue_id=issue_id,
            fired_at=now,
            held_until=now + SLOT_PATIENCE if outcome is SlotOutcome.DUE else None,
        )
        .on_conflict_do_nothing()
        .returning(slot)
    ).one_or_none()
    return None if taken is None else slot_from_row(taken)


def hold_slot(connection: sa.Connection, slot_id: int, *, until: dt.datetime, reason: str) -> None:
    """
    Keep the slot open, to be resumed at *until*.
    """
    connection.execute(
        sa.update(slot)
        .where(slot.c.id == slot_id, slot.c.outcome == SlotOutcome.DUE)
        .values(held_until=until, **with_phrases({"reason": reason}))
    )


def retake_slot(connection: sa.Connection, fired: SlotRow, *, now: dt.datetime) -> bool:
    """
    Claim an open slot for this caller. Return False if another claimed it since *fired* was read.
    """
    taken = connection.execute(
        sa.update(slot)
        .where(
            slot.c.id == fired.id,
            slot.c.outcome == SlotOutcome.DUE,
            slot.c.held_until == fired.held_until,
        )
        .values(held_until=now + SLOT_PATIENCE)
    )
    return taken.rowcount == 1


def advance(connection: sa.Connection, schedule_id: int, until: dt.datetime) -> None:
    """
    Record that every slot up to *until* was considered. That time never moves back.
    """
    connection.execute(
        sa.update(schedule)
        .where(schedule.c.id == schedule_id, schedule.c.last_due < until)
        .values(last_due=until)
    )


def end_slot(
    connection: sa.Connection,
    slot_id: int,
    outcome: SlotOutcome,
    *,
    reason: str = "",
    issue_id: int | None = None,
) -> bool:
    """
    End the slot with *outcome*. Return False if it was no longer DUE.
    """
    ended = connection.execute(
        sa.update(slot)
        .where(slot.c.id == slot_id, slot.c.outcome == SlotOutcome.DUE)
        .values(outcome=outcome, issue_id=issue_id, **with_phrases({"reason": reason}))
    )
    return ended.rowcount == 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class SlotRow:
    """
    A slot that was started. While it is DUE, nobody else resumes it before `held_until`.
    """

    id: int
    schedule_id: int
    slot: Slot
    part: str
    outcome: SlotOutcome
    reason: str
    issue_id: int | None
    fired_at: dt.datetime
    held_until: dt.datetime | None = None

    def is_resumable(self, now: dt.datetime) -> bool:
        """
        Return whether the slot may be resumed now. It may if no other process is working on it or
        holding it open.
        """
        return not self.part and (self.held_until is None or self.held_until <= now)

    def as_json(self) -> dict[str, Any]:
        """
        Return the shape of `schedule why --json`.
        """
        return {
            "slot": self.slot.wall,
            "part": self.part,
            "outcome": self.outcome,
            "reason": self.reason,
            "issue": self.issue_id,
        }


def unfinished_slots(connection: sa.Connection) -> list[SlotRow]:
    """
    Load the slots that were claimed and have not ended: in progress, held open, or abandoned by a
    process that died.
    """
    rows = connection.execute(
        sa.select(slot).where(slot.c.outcome == SlotOutcome.DUE).order_by(slot.c.id)
    )
    return [slot_from_row(row) for row in rows]


def last_slots(connection: sa.Connection, schedule_id: int, *, most: int) -> list[SlotRow]:
    """
    Load the newest *most* slots of a schedule with their outcomes.
    """
    rows = connection.execute(
        sa.select(slot)
        .where(slot.c.schedule_id == schedule_id)
        .order_by(slot.c.due.desc(), slot.c.id.desc())
        .limit(most)
    )
    return [slot_from_row(row) for row in rows]


def slot_from_row(row: Any) -> SlotRow:
    """
    Return the slot in a row that has all columns of the table.
    """
    return SlotRow(
        id=row.id,
        schedule_id=row.schedule_id,
        slot=Slot(wall=row.slot, due=row.due),
        part=row.part,
        outcome=SlotOutcome(row.outcome),
        reason=stored_reason(row, "reason"),
        issue_id=row.issue_id,
        fired_at=row.fired_at,
        held_until=row.held_until,
    )

"""
Schedules and their slots: what fires, and what became of it.
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

# A slot that another process took this long ago and has not ended is taken over.
SLOT_PATIENCE = dt.timedelta(minutes=2)


def add_schedule(connection: sa.Connection, rule: Schedule, *, now: dt.datetime) -> int:
    """
    The number of the new schedule (the `id` in *rule* is not used). Slots count from *now*.

    Raises:
        Refused: there is one of that name already.
    """
    taken = connection.execute(sa.select(schedule.c.id).where(schedule.c.name == rule.name))
    if taken.first() is not None:
        raise Refused(f"there is a schedule {rule.name} already: edit or remove it")
    values = {**columns_of(rule), "created_at": now, "last_due": now}
    added = connection.execute(sa.insert(schedule).values(values).returning(schedule.c.id))
    return int(added.scalar_one())


def all_schedules(connection: sa.Connection) -> list[Schedule]:
    """
    Every schedule, by name.
    """
    rows = connection.execute(sa.select(schedule).order_by(schedule.c.name))
    return [schedule_of(row) for row in rows]


def find_schedule(connection: sa.Connection, name: str) -> Schedule:
    """
    The schedule called *name*.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(sa.select(schedule).where(schedule.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"no schedule {name}: `newsletter schedule list` shows them")
    return schedule_of(row)


def load_schedule(connection: sa.Connection, schedule_id: int) -> Schedule | None:
    """
    The schedule numbered *schedule_id*, or None when it was removed.
    """
    row = connection.execute(sa.select(schedule).where(schedule.c.id == schedule_id)).one_or_none()
    return None if row is None else schedule_of(row)


def keep_schedule(connection: sa.Connection, rule: Schedule) -> None:
    """
    Makes the schedule numbered like *rule* what *rule* says.
    """
    change_schedule(connection, rule.id, **columns_of(rule))


def change_schedule(connection: sa.Connection, schedule_id: int, **values: Any) -> None:
    """
    Sets columns of a schedule.
    """
    connection.execute(sa.update(schedule).where(schedule.c.id == schedule_id).values(**values))


def remove_schedule(connection: sa.Connection, schedule_id: int) -> None:
    """
    Removes a schedule; its issues stay.
    """
    connection.execute(sa.delete(schedule).where(schedule.c.id == schedule_id))


def lock_slots(connection: sa.Connection) -> None:
    """
    Holds every schedule until the transaction ends, so that on PostgreSQL two processes do not
    give one brief to two issues.
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
    The slot, now taken by this caller; None when it was taken before: a slot (and each part of
    it) fires once, whoever asks.
    """
    taken = connection.execute(
        insert_into(connection, slot)
        .values(
            schedule_id=schedule_id,
            slot=due.wall,
            part=part,
            due=due.due,
            outcome=outcome,
            reason=reason,
            issue_id=issue_id,
            fired_at=now,
            held_until=now + SLOT_PATIENCE if outcome is SlotOutcome.DUE else None,
        )
        .on_conflict_do_nothing()
        .returning(slot)
    ).one_or_none()
    return None if taken is None else _slot(taken)


def hold_slot(connection: sa.Connection, slot_id: int, *, until: dt.datetime, reason: str) -> None:
    """
    Leaves the slot open, to be taken up again at *until*.
    """
    connection.execute(
        sa.update(slot)
        .where(slot.c.id == slot_id, slot.c.outcome == SlotOutcome.DUE)
        .values(held_until=until, reason=reason)
    )


def retake_slot(connection: sa.Connection, fired: SlotRow, *, now: dt.datetime) -> bool:
    """
    Whether this caller has the open slot now: nobody took it up since *fired* was read.
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
    Says that every slot up to *until* was looked at; never goes back.
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
    Whether this caller ended the slot: it was DUE until now.
    """
    ended = connection.execute(
        sa.update(slot)
        .where(slot.c.id == slot_id, slot.c.outcome == SlotOutcome.DUE)
        .values(outcome=outcome, reason=reason, issue_id=issue_id)
    )
    return ended.rowcount == 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class SlotRow:
    """
    A slot that fired. While it is DUE nobody else takes it up before `held_until`.
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
        Tell whether an open slot may be resumed: nobody has claimed it or holds it open for longer.
        """
        return not self.part and (self.held_until is None or self.held_until <= now)

    def as_json(self) -> dict[str, Any]:
        """
        The shape of `schedule why --json`.
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
    The slots somebody took and has not ended: being worked on, held open, or left by a process
    that died.
    """
    rows = connection.execute(
        sa.select(slot).where(slot.c.outcome == SlotOutcome.DUE).order_by(slot.c.id)
    )
    return [_slot(row) for row in rows]


def last_slots(connection: sa.Connection, schedule_id: int, *, most: int) -> list[SlotRow]:
    """
    What became of the newest *most* slots of a schedule.
    """
    rows = connection.execute(
        sa.select(slot)
        .where(slot.c.schedule_id == schedule_id)
        .order_by(slot.c.due.desc(), slot.c.id.desc())
        .limit(most)
    )
    return [_slot(row) for row in rows]


def _slot(row: Any) -> SlotRow:
    return SlotRow(
        id=row.id,
        schedule_id=row.schedule_id,
        slot=Slot(wall=row.slot, due=row.due),
        part=row.part,
        outcome=SlotOutcome(row.outcome),
        reason=row.reason,
        issue_id=row.issue_id,
        fired_at=row.fired_at,
        held_until=row.held_until,
    )

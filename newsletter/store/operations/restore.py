"""
Prepare a restored or copied database to send again: everything that the other copy may have done
since waits for a person, and slots count from now on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState
from newsletter.model.issue import IssueKind, IssueState
from newsletter.model.outgoing import OutgoingKind
from newsletter.model.schedule import SlotOutcome
from newsletter.store.delivery.finish import submit_finished_issues
from newsletter.store.issues.standing_notices import end_all_standing
from newsletter.store.outgoing.issue_events import add_issue_event, add_paused_event
from newsletter.store.tables import batch, issue, list_settings, schedule, slot, worker
from subscribers.database.columns import insert_into
from subscribers.database.tables import mailing_list

REASON = "the database is a copy: check the provider's log for who received it since"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """
    The numbers of the issues that now wait for a person, and how many batches are uncertain.
    """

    paused: Sequence[int]
    missed: Sequence[int]
    drafts: Sequence[int]
    uncertain_batches: int

    def as_json(self) -> dict[str, Any]:
        return {
            "paused": list(self.paused),
            "missed": list(self.missed),
            "drafts": list(self.drafts),
            "uncertain_batches": self.uncertain_batches,
        }


def hold_all_lists(connection: sa.Connection, reason: str) -> None:
    """
    Let nothing be sent to any list until a person releases it.
    """
    every = sa.select(mailing_list.c.id, sa.literal(reason)).where(sa.true())
    insert = insert_into(connection, list_settings).from_select(["list_id", "held_reason"], every)
    held = insert.on_conflict_do_update(
        index_elements=["list_id"], set_={"held_reason": insert.excluded.held_reason}
    )
    connection.execute(held)


def settle_copy(connection: sa.Connection, *, now: dt.datetime) -> Restored:
    """
    Pause what was sending, and mark what was being submitted as uncertain.
    """
    uncertain = _move_batches(
        connection, BatchState.SUBMITTING, BatchState.UNCERTAIN, not_before=now
    )
    _move_batches(connection, BatchState.CLAIMED, BatchState.PENDING, worker=None)
    connection.execute(sa.delete(worker))
    _skip_due_slots(connection, now)
    # New notices begin in the new epoch. Those that had nothing left to send need no decision.
    end_all_standing(connection)
    submit_finished_issues(connection, now=now)
    is_issue = issue.c.kind != IssueKind.NOTICE
    freezing = issue.c.state == IssueState.FREEZING
    _move_issues(connection, freezing & ~is_issue, IssueState.CANCELLED)
    overdue = (issue.c.state == IssueState.DRAFT) & (issue.c.deadline <= now)
    paused = _move_issues(connection, issue.c.state == IssueState.SENDING, IssueState.PAUSED)
    for number in paused:
        add_paused_event(connection, number, reason=REASON, now=now)
    missed = _move_issues(
        connection,
        (issue.c.state == IssueState.SCHEDULED) & (issue.c.send_at <= now),
        IssueState.MISSED,
    )
    drafts = [
        *_move_issues(connection, freezing & is_issue, IssueState.DRAFT),
        *_move_issues(connection, overdue, IssueState.DRAFT, deadline=None),
    ]
    for number in (*missed, *drafts):
        add_issue_event(connection, OutgoingKind.ISSUE_FAILED, number, now=now, reason=REASON)
    return Restored(
        paused=paused,
        missed=missed,
        drafts=drafts,
        uncertain_batches=uncertain,
    )


def _move_issues(
    connection: sa.Connection, where: sa.ColumnElement[bool], to: IssueState, **values: Any
) -> list[int]:
    moved = connection.execute(
        sa.update(issue)
        .where(where)
        .values(state=to, pause_reason=REASON, held_by=None, **values)
        .returning(issue.c.id)
    )
    return sorted(moved.scalars())


def _move_batches(
    connection: sa.Connection, start: BatchState, to: BatchState, **values: Any
) -> int:
    moved = connection.execute(
        sa.update(batch)
        .where(batch.c.state == start)
        .values(
            state=to, epoch=batch.c.epoch + 1, lease_until=None, reason=REASON, hold=None, **values
        )
    )
    return int(moved.rowcount)


def _skip_due_slots(connection: sa.Connection, now: dt.datetime) -> None:
    connection.execute(
        sa.update(slot)
        .where(slot.c.outcome == SlotOutcome.DUE)
        .values(outcome=SlotOutcome.SKIPPED, reason=REASON)
    )
    connection.execute(sa.update(schedule).where(schedule.c.last_due < now).values(last_due=now))

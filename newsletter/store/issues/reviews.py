"""
Drafts that wait for an editor: whose deadline has passed, and which link decides about which issue.

Each decision is one guarded UPDATE that names the state and the deadline it was based on, so that a
second one changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.issue import HeldBy, Issue, IssueKind, IssueState
from newsletter.store.issues.issues import load_issue
from newsletter.store.tables import delivery, issue, slot
from subscribers.text.phrases import joined
from subscribers.text.stored_phrases import stored_reason, with_phrases

NO_APPROVAL = {
    "approved_hash": None,
    "approved_count": None,
    "approved_at": None,
    "approved_by": None,
}


def past_deadline(connection: sa.Connection, now: dt.datetime) -> list[Issue]:
    """
    Load the drafts whose deadline has passed at *now*, oldest first.
    """
    found = connection.execute(
        sa.select(issue.c.id)
        .where(
            issue.c.kind == IssueKind.ISSUE,
            issue.c.state == IssueState.DRAFT,
            issue.c.deadline <= now,
        )
        .order_by(issue.c.id)
    )
    return [load_issue(connection, issue_id) for issue_id in found.scalars().all()]


def end_deadline(connection: sa.Connection, draft: Issue, to: IssueState, **values: Any) -> bool:
    """
    Move a draft to its next state at its deadline. Return False if the draft, its deadline or its
    approval changed since it was read. An approval stays only if the draft is sent.
    """
    approval = {} if to is IssueState.FREEZING else NO_APPROVAL
    ended = connection.execute(
        sa.update(issue)
        .where(
            issue.c.id == draft.id,
            issue.c.state == IssueState.DRAFT,
            issue.c.deadline == draft.deadline,
            issue.c.approved_hash.is_not_distinct_from(draft.approved_hash),
        )
        .values(state=to, deadline=None, **approval, **values)
    )
    return ended.rowcount == 1


def hold_issue(
    connection: sa.Connection, issue_id: int, states: Iterable[IssueState], *, reason: str
) -> bool:
    """
    Make the issue a draft that only a person may send. Return False if it is not in one of
    *states*.
    """
    moved = connection.execute(
        sa.update(issue)
        .where(
            issue.c.id == issue_id,
            issue.c.kind == IssueKind.ISSUE,
            issue.c.state.in_(list(states)),
        )
        .values(
            state=IssueState.DRAFT,
            deadline=None,
            send_at=None,
            **with_phrases({"pause_reason": reason}),
            held_by=HeldBy.PERSON,
            stuck_at=None,
            **NO_APPROVAL,
        )
    )
    return moved.rowcount == 1


def reschedule_issue(connection: sa.Connection, issue_id: int, at: dt.datetime) -> bool:
    """
    Let a scheduled issue be sent at another time; its approval stays. Return False if it is not
    scheduled.
    """
    moved = connection.execute(
        sa.update(issue)
        .where(issue.c.id == issue_id, issue.c.state == IssueState.SCHEDULED)
        .values(send_at=at)
    )
    return moved.rowcount == 1


def note_in_slot(connection: sa.Connection, made: Issue, note: str) -> None:
    """
    Append *note* to the reason of the slot that made the issue.
    """
    is_it = sa.and_(
        slot.c.schedule_id == made.schedule_id,
        slot.c.slot == made.slot,
        slot.c.part == made.part,
    )
    before = connection.execute(sa.select(slot).where(is_it)).one_or_none()
    if before is None:
        return
    notes = joined("; ", filter(None, [stored_reason(before, "reason"), note]))
    text = sa.case((slot.c.reason == "", note), else_=slot.c.reason + f"; {note}")
    values = {**with_phrases({"reason": notes}), "reason": text}
    connection.execute(sa.update(slot).where(is_it).values(values))


@dataclass(frozen=True, kw_only=True)
class EditorRow:
    """
    The editor a link belongs to, the issue it decides about, and the epoch of the link.
    """

    email: str
    email_key: str
    issue_id: int
    epoch: str


def editor_of(connection: sa.Connection, delivery_id: int, template: str) -> EditorRow | None:
    """
    Return the editor to whom the delivery sent a notice of *template*. Return None for any other
    delivery, or if the person was erased.
    """
    row = connection.execute(
        sa.select(delivery.c.email, delivery.c.email_key, issue.c.parent_id, issue.c.frozen_epoch)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .where(
            delivery.c.id == delivery_id,
            issue.c.kind == IssueKind.NOTICE,
            issue.c.template == template,
        )
    ).one_or_none()
    if row is None or row.email is None or row.parent_id is None:
        return None
    return EditorRow(
        email=row.email, email_key=row.email_key, issue_id=row.parent_id, epoch=row.frozen_epoch
    )

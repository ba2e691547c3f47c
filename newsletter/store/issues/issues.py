"""
Store issues and their briefs, read them, and move issues from state to state.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from newsletter.errors import NotFound, Refused
from newsletter.model import issue_refusals
from newsletter.model.brief import Brief
from newsletter.model.issue import (
    EDITABLE,
    ISSUE_MOVES,
    WAITS_FOR_STAFF,
    AudienceRule,
    ChosenBrief,
    DeadlineAction,
    HeldBy,
    Issue,
    IssueKind,
    IssueState,
    ShownAs,
)
from newsletter.model.mail import Sender
from newsletter.model.timing import Timing
from newsletter.store.epochs import current_epoch
from newsletter.store.issues.refused_moves import refused_move
from newsletter.store.outgoing.issue_events import add_approval_needed_event
from newsletter.store.queue.jobs import renew_jobs
from newsletter.store.tables import brief, issue, issue_brief
from subscribers.text.phrases import phrase
from subscribers.text.stored_phrases import stored_reason, with_phrases

NO_HEADINGS: Mapping[int, str] = {}


def add_issue(
    connection: sa.Connection,
    draft: Issue,
    briefs: Sequence[tuple[int, ShownAs]],
    *,
    headings: Mapping[int, str] = NO_HEADINGS,
    now: dt.datetime,
) -> int:
    """
    Store *draft* as a new issue with *briefs* in order under *headings*; return its new number.
    """
    values = {
        "kind": draft.kind,
        "state": draft.state,
        "audience": dataclasses.asdict(draft.audience),
        "template": draft.template,
        "sender_name": draft.sender.name,
        "sender_address": draft.sender.address,
        "reply_to": draft.reply_to,
        "provider": draft.provider,
        "fallback_provider": draft.fallback_provider,
        "subject": draft.subject,
        "preheader": draft.preheader,
        "intro": draft.intro,
        "schedule_id": draft.schedule_id,
        "slot": draft.slot,
        "part": draft.part,
        "parent_id": draft.parent_id,
        "send_at": draft.send_at,
        "timing": draft.timing.as_json() if draft.timing else None,
        "deadline": draft.deadline,
        "at_deadline": draft.at_deadline,
        "needs_approval": draft.needs_approval,
        "changed_by": draft.changed_by,
        "created_at": now,
        "created_epoch": current_epoch(connection),
    }
    issue_id = connection.execute(
        sa.insert(issue).values(values).returning(issue.c.id)
    ).scalar_one()
    set_briefs(connection, issue_id, briefs, headings=headings)
    add_approval_needed_event(connection, dataclasses.replace(draft, id=issue_id), now=now)
    return int(issue_id)


def set_briefs(
    connection: sa.Connection,
    issue_id: int,
    briefs: Sequence[tuple[int, ShownAs]],
    *,
    headings: Mapping[int, str | None] = NO_HEADINGS,
) -> None:
    """
    Replace the briefs of the issue with *briefs*, in that order, under their *headings*.
    """
    connection.execute(sa.delete(issue_brief).where(issue_brief.c.issue_id == issue_id))
    rows = [
        {
            "issue_id": issue_id,
            "brief_id": brief_id,
            "position": place,
            "shown_as": shown_as,
            "heading": headings.get(brief_id),
        }
        for place, (brief_id, shown_as) in enumerate(briefs)
    ]
    if rows:
        connection.execute(sa.insert(issue_brief), rows)


def load_issue(connection: sa.Connection, issue_id: int) -> Issue:
    """
    Load the issue numbered *issue_id*.

    Raises:
        NotFound: there is none.
    """
    return load_with_approved_text(connection, issue_id)[0]


def load_with_approved_text(connection: sa.Connection, issue_id: int) -> tuple[Issue, str | None]:
    """
    Load an issue as `load_issue` does, and the text that was last approved, even if that is void
    now; None if none ever was.
    """
    row = connection.execute(sa.select(issue).where(issue.c.id == issue_id)).one_or_none()
    if row is None:
        raise NotFound(
            phrase("no issue {issue}: `newsletter issue list` shows them", issue=issue_id)
        )
    return issue_from_row(row), row.approved_text


def issues_in(connection: sa.Connection, states: Iterable[IssueState]) -> list[Issue]:
    """
    Load all issues in one of *states*, oldest first.
    """
    found = connection.execute(
        sa.select(issue).where(issue.c.state.in_(list(states))).order_by(issue.c.id)
    )
    return [issue_from_row(row) for row in found]


def chosen_briefs(connection: sa.Connection, issue_id: int) -> tuple[ChosenBrief, ...]:
    """
    Load the briefs of the issue in order, as they are stored now.
    """
    found = connection.execute(
        sa.select(
            issue_brief.c.brief_id,
            issue_brief.c.shown_as,
            issue_brief.c.heading,
            brief.c.fields,
        )
        .join(brief, brief.c.id == issue_brief.c.brief_id)
        .where(issue_brief.c.issue_id == issue_id)
        .order_by(issue_brief.c.position)
    )
    return tuple(
        ChosenBrief(
            brief_id=row.brief_id,
            shown_as=ShownAs(row.shown_as),
            brief=Brief.from_json(row.fields),
            heading=row.heading,
        )
        for row in found
    )


def move_issue(connection: sa.Connection, issue_id: int, to: IssueState, **values: Any) -> None:
    """
    Move the issue to the state *to* and set *values* with it.

    Raises:
        NotFound: there is no such issue.
        Refused: its current state does not allow this move.
    """
    if try_move(connection, issue_id, to, **values):
        return
    raise Refused(refused_move(issue_id, load_issue(connection, issue_id).state, to))


def try_move(
    connection: sa.Connection,
    issue_id: int,
    to: IssueState,
    *,
    only_from: IssueState | None = None,
    **values: Any,
) -> bool:
    """
    Move the issue to the state *to* and set *values* with it. Return False if its state does not
    allow that, or is not *only_from*.
    """
    start = [state for state, ends in ISSUE_MOVES.items() if to in ends]
    if only_from is not None:
        start = [only_from]
    moved = connection.execute(
        sa.update(issue)
        .where(issue.c.id == issue_id, issue.c.state.in_(start))
        .values(state=to, **with_phrases(values))
    )
    if moved.rowcount == 1 and to is IssueState.SENDING:
        renew_jobs(connection, issue_id)
    return moved.rowcount == 1


def remove_issue(connection: sa.Connection, issue_id: int) -> bool:
    """
    Remove an issue that was never frozen, that no schedule made, and of which no test, notice or
    correction was made. Return False if it is not such an issue.
    """
    about_it = sa.select(issue.c.id).where(issue.c.parent_id == issue_id).limit(1)
    if connection.scalar(about_it) is not None:
        return False
    removed = connection.execute(
        sa.delete(issue).where(
            issue.c.id == issue_id,
            issue.c.kind == IssueKind.ISSUE,
            issue.c.frozen_at.is_(None),
            issue.c.schedule_id.is_(None),
            issue.c.state.in_([*WAITS_FOR_STAFF, IssueState.CANCELLED]),
        )
    )
    return removed.rowcount == 1


def edit_issue(connection: sa.Connection, issue_id: int, **values: Any) -> None:
    """
    Change what staff typed, and void any approval. An issue that was approved needs another
    approval from then on, even if none was required before.

    Raises:
        Refused: the issue is frozen already.
    """
    changed = connection.execute(
        sa.update(issue)
        .where(issue.c.id == issue_id, issue.c.state.in_(list(EDITABLE)))
        .values(
            {
                "needs_approval": issue.c.needs_approval | issue.c.approved_hash.is_not(None),
                "approved_hash": None,
                "approved_count": None,
                "approved_at": None,
                "approved_by": None,
                **with_phrases(values),
            }
        )
    )
    if changed.rowcount != 1:
        found = load_issue(connection, issue_id)
        raise Refused(issue_refusals.content_is_fixed(issue_id, found.state))
    connection.execute(
        sa.update(issue)
        .where(issue.c.id == issue_id, issue.c.state == IssueState.APPROVED)
        .values(state=IssueState.DRAFT)
    )


def note_brief_change(connection: sa.Connection, brief_id: int, *, by: str) -> None:
    """
    Note who changed a brief by hand: at the brief, for issues that are made of it later, and at the
    issues that show it and are not frozen.
    """
    connection.execute(sa.update(brief).where(brief.c.id == brief_id).values(changed_by=by))
    shown_in = sa.select(issue_brief.c.issue_id).where(issue_brief.c.brief_id == brief_id)
    is_open = issue.c.id.in_(shown_in) & issue.c.state.in_(list(EDITABLE))
    connection.execute(sa.update(issue).where(is_open).values(changed_by=by))


def brief_changers(connection: sa.Connection, issue_ids: Sequence[int]) -> list[sa.Row[Any]]:
    """
    Return the keys of the people who last changed the briefs of issues by hand, as `changed_by`.
    """
    found = (
        sa.select(issue_brief.c.issue_id, brief.c.changed_by)
        .join(brief, brief.c.id == issue_brief.c.brief_id)
        .where(issue_brief.c.issue_id.in_(issue_ids), brief.c.changed_by.is_not(None))
    )
    return list(connection.execute(found))


def issue_from_row(row: Any) -> Issue:
    return Issue(
        id=row.id,
        kind=IssueKind(row.kind),
        state=IssueState(row.state),
        audience=AudienceRule.from_json(row.audience),
        template=row.template,
        sender=Sender(row.sender_name, row.sender_address),
        provider=row.provider,
        fallback_provider=row.fallback_provider,
        failed_over_at=row.failed_over_at,
        failover_reason=row.failover_reason,
        reply_to=row.reply_to,
        subject=row.subject,
        preheader=row.preheader,
        intro=row.intro,
        schedule_id=row.schedule_id,
        slot=row.slot,
        part=row.part,
        parent_id=row.parent_id,
        number=row.number,
        send_at=row.send_at,
        timing=Timing.from_json(row.timing) if row.timing else None,
        deadline=row.deadline,
        at_deadline=DeadlineAction(row.at_deadline) if row.at_deadline else None,
        needs_approval=row.needs_approval,
        approved_hash=row.approved_hash,
        approved_count=row.approved_count,
        approved_number=row.approved_number,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
        changed_by=row.changed_by,
        pause_reason=stored_reason(row, "pause_reason"),
        held_by=HeldBy(row.held_by) if row.held_by else None,
        stuck_at=row.stuck_at,
        created_at=row.created_at,
        frozen_at=row.frozen_at,
        submitted_at=row.submitted_at,
        created_epoch=row.created_epoch,
        frozen_epoch=row.frozen_epoch,
    )

"""
Pause issues, with the event for webhooks in the same transaction.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.model.issue import IssueState
from newsletter.store.issues.issues import load_issue, try_move
from newsletter.store.issues.refused_moves import refused_move
from newsletter.store.outgoing.issue_events import add_paused_event


def pause_issue(connection: sa.Connection, issue_id: int, reason: str, *, now: dt.datetime) -> None:
    """
    Pause the issue.

    Raises:
        NotFound: there is no such issue.
        Refused: it is not being sent.
    """
    if not try_pause(connection, issue_id, reason, now=now):
        state = load_issue(connection, issue_id).state
        raise Refused(refused_move(issue_id, state, IssueState.PAUSED))


def try_pause(
    connection: sa.Connection,
    issue_id: int,
    reason: str,
    *,
    now: dt.datetime,
    only_from: IssueState | None = None,
    **values: Any,
) -> bool:
    """
    Pause the issue and set *values* with it. Return False if its state does not allow that, or is
    not *only_from*.
    """
    values["pause_reason"] = reason
    if not try_move(connection, issue_id, IssueState.PAUSED, only_from=only_from, **values):
        return False
    add_paused_event(connection, issue_id, reason=reason, now=now)
    return True

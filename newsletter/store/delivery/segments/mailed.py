"""
The queries of what was mailed to people, which the rules of segments know by their names.

Test mails and notices do not count. An email that may have been accepted counts as mailed, so that
nobody gets it again because of a segment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import DeliveryState
from newsletter.model.issue import IssueKind
from newsletter.store.delivery.segments.issues_to import issues_to
from newsletter.store.delivery.status.shown import SHOWN_STATE
from newsletter.store.tables import batch, delivery, issue, outcome
from subscribers.segments.model import MailedQuery, Window
from subscribers.text.phrases import phrase

WORDS: Mapping[str, str] = {
    "mailed": phrase("was sent"),
    "received": phrase("received"),
    "bounced": phrase("bounced for"),
}
"""
Each test of mail by its name, with the words that describe it.
"""

_GOT = (DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN)


def _mailed(window: Window) -> sa.Select[Any]:
    """
    Select the people to whom a provider accepted, or may have accepted, an issue.
    """
    found = (
        sa.select(delivery.c.subscriber_id)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .join(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        .where(
            delivery.c.subscriber_id.is_not(None),
            issue.c.kind == IssueKind.ISSUE,
            SHOWN_STATE.in_(_GOT),
        )
    )
    found = _in_window(found, window)
    return found if window.since is None else found.where(batch.c.call_started_at >= window.since)


def _in_window(found: sa.Select[Any], window: Window) -> sa.Select[Any]:
    """
    Narrow a query of deliveries to the issues of a window.
    """
    if window.issue_id is not None:
        found = found.where(delivery.c.issue_id == window.issue_id)
    if window.list_slug is not None:
        found = found.where(delivery.c.issue_id.in_(issues_to(window.list_slug)))
    return found


def _received(window: Window) -> sa.Select[Any]:
    """
    Select the people to whom it was mailed, except for those whose server refused it.
    """
    refused = sa.select(outcome.c.delivery_id).where(
        outcome.c.delivery_id == delivery.c.id,
        outcome.c.bounced_at.is_not(None),
        outcome.c.delivered_at.is_(None),
    )
    return _mailed(window).where(sa.not_(refused.correlate(delivery).exists()))


def _bounced(window: Window) -> sa.Select[Any]:
    """
    Select the people whose server refused it, for good or for now.
    """
    found = (
        sa.select(delivery.c.subscriber_id)
        .join(outcome, outcome.c.delivery_id == delivery.c.id)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .where(
            delivery.c.subscriber_id.is_not(None),
            issue.c.kind == IssueKind.ISSUE,
            outcome.c.bounced_at.is_not(None),
        )
    )
    found = _in_window(found, window)
    return found if window.since is None else found.where(outcome.c.bounced_at >= window.since)


QUERIES: Mapping[str, MailedQuery] = {
    "mailed": _mailed,
    "received": _received,
    "bounced": _bounced,
}

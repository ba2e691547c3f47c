"""
The tables of provider events: the webhook inbox, the backfill runs, and the outcome of each
delivery. `store.events` has their SQL.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.model.event import EventKind
from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

webhook_inbox = sa.Table(
    "webhook_inbox",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column(
        "key",
        sa.Text,
        nullable=False,
        unique=True,
        doc="A hash of provider and content, or the message's id, so that none is stored twice",
    ),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column(
        "next_at", UtcDateTime, doc="When it is processed or retried; empty once that is done"
    ),
    sa.Column(
        "disposition", sa.Text, doc="How it ended: matched, foreign, unmatched or unreadable"
    ),
    sa.Column(
        "raw",
        sa.LargeBinary,
        nullable=False,
        doc="The body of the request; emptied once it is processed",
    ),
    sa.Index(
        "ix_webhook_inbox_next_at",
        "next_at",
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    ),
    sa.Index("ix_webhook_inbox_received_at", "received_at"),
)
"""Webhooks as they were received, until they are processed and for 35 days after that."""

backfill_run = sa.Table(
    "backfill_run",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("asked_on", sa.Date, nullable=False, doc="The last night in which it was queried"),
    sa.Column(
        "answered_on", sa.Date, nullable=False, doc="The last night in which it answered completely"
    ),
)
"""When a provider's history was last queried for events that did not arrive by webhook."""

outcome = sa.Table(
    "outcome",
    metadata,
    sa.Column(
        "delivery_id",
        sa.ForeignKey("delivery.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), nullable=False),
    *(sa.Column(f"{kind}_at", UtcDateTime) for kind in EventKind),
    sa.Column("bounce", sa.Text, doc="The worst kind of bounce: hard, soft or blocked"),
    sa.Column("bounced_at", UtcDateTime),
    sa.Column(
        "detail", sa.Text, nullable=False, server_default="", doc="The receiving server's words"
    ),
    sa.Index("ix_outcome_issue", "issue_id"),
    # Few of many, counted again and again, and shown to staff in the order of the deliveries.
    *(
        sa.Index(
            f"ix_outcome_{kind}",
            "issue_id",
            "delivery_id",
            sqlite_where=sa.text(f"{kind}_at IS NOT NULL"),
            postgresql_where=sa.text(f"{kind}_at IS NOT NULL"),
        )
        for kind in (EventKind.BOUNCED_HARD, EventKind.COMPLAINED)
    ),
)
"""What the events of a delivery say: the first time of each kind, and the worst bounce."""

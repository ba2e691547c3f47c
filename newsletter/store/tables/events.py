"""
The tables of provider events: the webhook inbox, the backfill runs, and the outcome of each
delivery. `store.events` has their SQL.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.model.event import EventKind
from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

# One webhook as it came; `key` is the hash of provider and bytes, or of the name the message has,
# so that none is kept twice.
# `next_at` is when it is looked at (again), NULL once it is done; `raw` is emptied then.
webhook_inbox = sa.Table(
    "webhook_inbox",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("next_at", UtcDateTime),
    sa.Column("disposition", sa.Text),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Index(
        "ix_webhook_inbox_next_at",
        "next_at",
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    ),
    sa.Index("ix_webhook_inbox_received_at", "received_at"),
)

# The last night in which a provider was asked what it told that never came in, and the last in
# which it answered to the end.
backfill_run = sa.Table(
    "backfill_run",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("asked_on", sa.Date, nullable=False),
    sa.Column("answered_on", sa.Date, nullable=False),
)

# A delivery has a row once an event named it: the first time of each kind, and the words of its
# gravest bounce.
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
    sa.Column("bounce", sa.Text),
    sa.Column("bounced_at", UtcDateTime),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_outcome_issue", "issue_id"),
    # Few of many, counted again and again.
    *(
        sa.Index(
            f"ix_outcome_{kind}",
            "issue_id",
            sqlite_where=sa.text(f"{kind}_at IS NOT NULL"),
            postgresql_where=sa.text(f"{kind}_at IS NOT NULL"),
        )
        for kind in (EventKind.BOUNCED_HARD, EventKind.COMPLAINED)
    ),
)

"""
Let urgent events of outgoing webhooks overtake those of many people at once, and let a webhook's
old secret sign for a while beside the new one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import UtcDateTime

revision = "2026_12_urgent_events"
down_revision = "2026_12_outcome_order"
branch_labels = None
depends_on = None

_IS_WAITING = sa.text("next_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("outgoing_webhook", sa.Column("previous_salt", sa.Text))
    op.add_column("outgoing_webhook", sa.Column("previous_secret_key", sa.Text))
    op.add_column("outgoing_webhook", sa.Column("previous_until", UtcDateTime))
    op.add_column(
        "outgoing_delivery",
        sa.Column("is_bulk", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "ix_outgoing_delivery_urgent",
        "outgoing_delivery",
        ["webhook_id", "is_bulk", "next_at", "event_id"],
        sqlite_where=_IS_WAITING,
        postgresql_where=_IS_WAITING,
    )

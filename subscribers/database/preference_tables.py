"""
The table of why people left.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

leave_reason = sa.Table(
    "leave_reason",
    metadata,
    sa.Column(
        "subscription_id",
        BigId,
        sa.ForeignKey("subscription.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("reason", sa.String(20), nullable=False, doc="too_many, content, never or other"),
    sa.Column("comment", sa.Text, nullable=False, doc="The reader's own words"),
    sa.Column("given_at", UtcDateTime, nullable=False),
)
"""Why a reader left a list, if they said so. It is deleted when they are erased or come back."""

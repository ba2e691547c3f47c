"""
Find the subscriptions that ended by their cause and time: of a large list, few ended lately.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_ended_index"
down_revision = "2026_12_joined_briefs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    has_ended = sa.text("ended_cause IS NOT NULL")
    op.create_index(
        op.f("ix_subscription_ended_cause_list_id_since"),
        "subscription",
        ["ended_cause", "list_id", "since"],
        sqlite_where=has_ended,
        postgresql_where=has_ended,
    )

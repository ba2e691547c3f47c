"""
Put the cadence of subscriptions into the index that the audience is read from, and index the people
who paused their mail.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_cadence"
down_revision = "2026_12_signup_limits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_subscription_list_id_state_subscriber_id"), table_name="subscription")
    op.create_index(
        op.f("ix_subscription_list_id_state_subscriber_id_cadence"),
        "subscription",
        ["list_id", "state", "subscriber_id", "cadence"],
        unique=False,
    )
    op.create_index(
        op.f("ix_subscriber_paused_until"),
        "subscriber",
        ["paused_until"],
        unique=False,
        sqlite_where=sa.text("paused_until IS NOT NULL"),
        postgresql_where=sa.text("paused_until IS NOT NULL"),
    )

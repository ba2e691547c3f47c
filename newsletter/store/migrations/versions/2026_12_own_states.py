"""
Find the deliveries with a state of their own by an index.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_own_states"
down_revision = "2026_12_token_makers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_delivery_own_state",
        "delivery",
        ["issue_id", "batch_no", "state"],
        sqlite_where=sa.text("state IS NOT NULL"),
        postgresql_where=sa.text("state IS NOT NULL"),
    )

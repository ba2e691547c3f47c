"""
Let staff pause a source.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import UtcDateTime

revision = "2026_12_paused_sources"
down_revision = "2026_12_ended_index"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("paused_at", UtcDateTime(), nullable=True))
    op.add_column("source", sa.Column("pause_reason", sa.Text, nullable=True))

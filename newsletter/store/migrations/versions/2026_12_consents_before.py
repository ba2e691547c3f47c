"""
Let a run that asks a list again know the last consent before it, as it knows the history.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId

revision = "2026_12_consents_before"
down_revision = "2026_12_bulk_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "ask_run", sa.Column("consents_before", BigId, nullable=False, server_default="0")
    )
    op.execute(
        "UPDATE ask_run SET consents_before = coalesce("
        "(SELECT max(id) FROM consent WHERE recorded_at < ask_run.started_at), 0)"
    )

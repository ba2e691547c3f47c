"""
Let acts on many people go on in the server.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId, UtcDateTime

revision = "2026_12_bulk_jobs"
down_revision = "2026_12_stored_errors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulk_job",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column(
            "staff_id",
            BigId,
            sa.ForeignKey("staff_member.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("from_address", sa.String(45), nullable=False),
        sa.Column("given", sa.JSON, nullable=False),
        sa.Column("people", sa.JSON, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, server_default="0"),
        sa.Column("changed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("error_phrase", sa.JSON),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bulk_job_staff_id", "bulk_job", ["staff_id"])

"""
Let suppressions follow from a rule, such as a whole domain, and departures end.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import AsciiKey, UtcDateTime

revision = "2026_12_suppression_rules"
down_revision = "2026_12_leave_reasons"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("suppression", sa.Column("rule", AsciiKey))
    for column in ("rule", "expires_at"):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_suppression_{column}",
            "suppression",
            [column],
            sqlite_where=where,
            postgresql_where=where,
        )
    op.add_column("departure", sa.Column("expires_at", UtcDateTime))

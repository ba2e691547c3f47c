"""
Keep who has the page of a draft open.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId, UtcDateTime

revision = "2026_12_draft_visitors"
down_revision = "2026_12_brief_counts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft_visitor",
        sa.Column("issue_id", BigId, primary_key=True, autoincrement=False),
        sa.Column("staff_id", BigId, primary_key=True, autoincrement=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff_member.id"], ondelete="CASCADE"),
    )
    op.create_index("ix_draft_visitor_staff_id", "draft_visitor", ["staff_id"])

"""
Count the briefs of each source by state from an index: the newsroom does so on every page.
"""

from __future__ import annotations

from alembic import op

revision = "2026_12_brief_counts"
down_revision = "2026_12_staff_timezone"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_brief_source_status"), "brief", ["source_name", "status"])

"""
Let a list name the sites whose pages may sign people up, and the pages that readers land on.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_own_sites"
down_revision = "2026_12_urgent_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    origins = sa.Column("origins", sa.Text, nullable=False, server_default="")
    op.add_column("list_settings", origins)
    for name in ("joined_url", "confirmed_url", "left_url"):
        op.add_column("list_settings", sa.Column(name, sa.Text))

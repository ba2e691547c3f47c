"""
Remember what came last under each key of a joined brief, so that two items can update it in turn.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_joined_briefs"
down_revision = "2026_12_search_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item_key", sa.Column("seen_hash", sa.Text, nullable=True))

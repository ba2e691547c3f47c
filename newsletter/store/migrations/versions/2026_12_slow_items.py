"""
Remember the items of each source that took too long to read.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_slow_items"
down_revision = "2026_12_epoch"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("too_slow", sa.JSON(), server_default="{}", nullable=False))

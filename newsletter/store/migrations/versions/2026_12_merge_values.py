"""
Keep the values of declared fields that the email of a delivery shows.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_merge_values"
down_revision = "2026_12_segments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("merge_values", sa.Text(), nullable=True))

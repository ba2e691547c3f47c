"""
Remember who changed a brief by hand, for issues that need a second person.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_brief_changes"
down_revision = "2026_12_api"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("brief", sa.Column("changed_by", sa.Text(), nullable=True))

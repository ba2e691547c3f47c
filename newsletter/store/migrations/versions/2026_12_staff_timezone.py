"""
Keep the time zone in which a member of staff sees times.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_staff_timezone"
down_revision = "2026_12_own_states"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_member", sa.Column("timezone", sa.String(60), nullable=True))

"""
Let issues to many readers need a second person.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_second_person"
down_revision = "2026_12_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("list_settings", sa.Column("second_person_above", sa.Integer(), nullable=True))
    op.add_column("issue", sa.Column("approved_by", sa.Text(), nullable=True))
    op.add_column("issue", sa.Column("changed_by", sa.Text(), nullable=True))

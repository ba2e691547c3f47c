"""
Record which secret signs links, so that a machine without the newest one is noticed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_signing_key"
down_revision = "2026_12_person_numbers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("database_identity", sa.Column("signing_key", sa.Text))

"""
Remember where the provider knowing a key does not prove that a call was accepted.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_known_keys"
down_revision = "2026_12_issue_numbers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "batch",
        sa.Column("key_is_no_proof", sa.Boolean(), nullable=False, server_default=sa.false()),
    )

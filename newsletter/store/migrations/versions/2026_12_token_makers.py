"""
Record with which token a token was made, so that it is revoked with that one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId

revision = "2026_12_token_makers"
down_revision = "2026_12_brief_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_token", sa.Column("made_with", BigId, nullable=True))

"""
Store reasons with what is needed to translate them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_stored_phrases"
down_revision = "2026_12_paused_sources"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (
        ("brief", "status_phrase"),
        ("issue", "pause_phrase"),
        ("slot", "reason_phrase"),
    ):
        op.add_column(table, sa.Column(column, sa.JSON, nullable=True))

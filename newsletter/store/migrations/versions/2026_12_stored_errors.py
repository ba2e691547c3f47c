"""
Store errors of imports and why a source is held with what is needed to translate them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_stored_errors"
down_revision = "2026_12_stored_phrases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, column in (("file_job", "error_phrase"), ("source", "hold_phrase")):
        op.add_column(table, sa.Column(column, sa.JSON, nullable=True))

"""
Find the values of a field without indexing them: PostgreSQL has no room for a long one in an index.
"""

from __future__ import annotations

from alembic import op

revision = "2026_12_field_index"
down_revision = "2026_12_end_causes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_field_value_field_id_value"), "field_value")
    op.create_index(
        op.f("ix_field_value_field_id_subscriber_id"), "field_value", ["field_id", "subscriber_id"]
    )

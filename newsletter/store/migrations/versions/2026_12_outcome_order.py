"""
Find those whose email bounced in the order of the deliveries. Without the number in the index,
PostgreSQL looked at every delivery before the first of a late issue.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_outcome_order"
down_revision = "2026_12_consents_before"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for kind in ("bounced_hard", "complained"):
        op.drop_index(f"ix_outcome_{kind}", "outcome")
        is_kind = sa.text(f"{kind}_at IS NOT NULL")
        op.create_index(
            f"ix_outcome_{kind}",
            "outcome",
            ["issue_id", "delivery_id"],
            sqlite_where=is_kind,
            postgresql_where=is_kind,
        )

"""
Remember the proofs of work that were used, and which sign-ups had none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import AsciiKey, UtcDateTime

revision = "2026_12_signup_proofs"
down_revision = "2026_12_cadence"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "used_proof",
        sa.Column("nonce", AsciiKey, nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_used_proof")),
    )
    op.add_column(
        "signup_attempt",
        sa.Column("lacks_proof", sa.Boolean(), server_default=sa.false(), nullable=False),
    )

"""
Count sign-ups, so that all processes share their limits.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId, UtcDateTime

revision = "2026_12_signup_limits"
down_revision = "2026_12_signing_key"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signup_attempt",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("person", sa.String(length=22), nullable=False),
        sa.Column("address", sa.String(length=22), nullable=False),
        sa.Column("network", sa.String(length=22), nullable=False),
        sa.Column("domain", sa.String(length=22), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup_attempt")),
    )
    for columns in (["at"], ["person", "at"], ["network", "at"], ["domain", "at"]):
        name = op.f("ix_signup_attempt_" + "_".join(columns))
        op.create_index(name, "signup_attempt", columns, unique=False)
    op.create_table(
        "signup_refusal",
        sa.Column("limit", sa.String(length=20), nullable=False),
        sa.Column("hour", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("limit", "hour", name=op.f("pk_signup_refusal")),
    )

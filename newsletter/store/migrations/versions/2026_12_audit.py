"""
Keep an audit trail.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId, UtcDateTime

revision = "2026_12_audit"
down_revision = "2026_12_outgoing_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", BigId, autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("staff_id", BigId, nullable=True),
        sa.Column("token_id", BigId, nullable=True),
        sa.Column("from_address", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_kind", sa.String(length=20), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("person_id", BigId, nullable=True),
        sa.Column("personal", sa.JSON(), nullable=True),
        sa.Column("personal_hash", sa.String(length=64), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_entry_object", "audit_entry", ["object_kind", "object_id"])
    has_person = sa.text("person_id IS NOT NULL")
    op.create_index(
        "ix_audit_entry_person",
        "audit_entry",
        ["person_id"],
        sqlite_where=has_person,
        postgresql_where=has_person,
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_id", BigId, nullable=False),
        sa.Column("before_first", sa.String(length=64), nullable=False),
        sa.Column("last_id", BigId, nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )

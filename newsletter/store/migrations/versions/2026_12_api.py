"""
Add the tokens of the API and the responses that a repeated request gets.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId, UtcDateTime

revision = "2026_12_api"
down_revision = "2026_12_second_person"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("has_all_lists", sa.Boolean(), nullable=False),
        sa.Column("staff_id", BigId),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("last_used_at", UtcDateTime()),
        sa.Column("revoked_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
    )
    where = sa.text("revoked_at IS NULL")
    op.create_index(
        "ix_api_token_name",
        "api_token",
        ["name"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "api_token_list",
        sa.Column("token_id", BigId, nullable=False),
        sa.Column("list_id", BigId, nullable=False),
        sa.PrimaryKeyConstraint("token_id", "list_id", name=op.f("pk_api_token_list")),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["api_token.id"],
            name=op.f("fk_api_token_list_token_id_api_token"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["mailing_list.id"],
            name=op.f("fk_api_token_list_list_id_mailing_list"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_api_token_list_list_id", "api_token_list", ["list_id"])
    op.create_table(
        "api_response",
        sa.Column("token_id", BigId, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_id", "key", name=op.f("pk_api_response")),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["api_token.id"],
            name=op.f("fk_api_response_token_id_api_token"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_api_response_created_at", "api_response", ["created_at"])
    # Programs ask who has changed since a time.
    op.create_index("ix_history_at", "history", ["at"])

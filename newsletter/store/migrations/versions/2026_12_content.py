"""
Content: sources, their polls, briefs, item keys and images.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId, UtcDateTime

revision = "2026_12_content"
down_revision = "2026_12_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_brief()
    _make_source()
    _make_poll()
    _make_item_key()
    _make_image()


def _make_brief() -> None:
    op.create_table(
        "brief",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("site_key", sa.Text(), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("dated_at", UtcDateTime(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("given", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("edited", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brief")),
        sa.UniqueConstraint("site_key", name=op.f("uq_brief_site_key")),
    )
    op.create_index("ix_brief_dated_at", "brief", ["dated_at"], unique=False)


def _make_source() -> None:
    op.create_table(
        "source",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("first_poll", sa.Text(), nullable=False),
        sa.Column("look_back_s", sa.Integer(), nullable=False),
        sa.Column("settle_s", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("reading", sa.JSON(), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("first_polled_at", UtcDateTime(), nullable=True),
        sa.Column("last_polled_at", UtcDateTime(), nullable=True),
        sa.Column("next_poll_at", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )


def _make_poll() -> None:
    op.create_table(
        "poll",
        sa.Column("id", BigId, nullable=False),
        sa.Column("source_id", BigId, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_poll_source_id_source"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll")),
    )
    op.create_index("ix_poll_source_at", "poll", ["source_id", "at"], unique=False)


def _make_item_key() -> None:
    op.create_table(
        "item_key",
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reused_for", sa.Text(), server_default="", nullable=False),
        sa.Column("fallback_key", sa.Text(), nullable=True),
        sa.Column("brief_id", BigId, nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["brief_id"], ["brief.id"], name=op.f("fk_item_key_brief_id_brief"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source_name", "key", "reused_for", name=op.f("pk_item_key")),
    )
    op.create_index("ix_item_key_brief", "item_key", ["brief_id"], unique=False)
    op.create_index(
        "ix_item_key_fallback_key", "item_key", ["source_name", "fallback_key"], unique=False
    )


def _make_image() -> None:
    op.create_table(
        "image",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("copy_kind", sa.Text(), nullable=True),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
        sa.Column("copy", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
    )
    op.create_table(
        "image_address",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("image_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_image_address_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_image_address")),
    )
    op.create_index("ix_image_address_image", "image_address", ["image_id"], unique=False)

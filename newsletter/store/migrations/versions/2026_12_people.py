"""
People: lists, subscribers, subscriptions, consent, suppressions.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import AsciiKey, BigId, UtcDateTime

revision = "2026_12_people"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_mailing_list()
    _make_subscriber()
    _make_suppression()
    _make_subscription()
    _make_consent()


def _make_mailing_list() -> None:
    op.create_table(
        "mailing_list",
        sa.Column("id", BigId, nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("opt_in", sa.String(length=10), nullable=False),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailing_list")),
        sa.UniqueConstraint("slug", name=op.f("uq_mailing_list_slug")),
    )


def _make_subscriber() -> None:
    op.create_table(
        "subscriber",
        sa.Column("id", BigId, nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", AsciiKey, nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("timezone", sa.String(length=60), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.Column("last_active_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("email_key", name=op.f("uq_subscriber_email_key")),
    )
    op.create_index(
        op.f("ix_subscriber_timezone"),
        "subscriber",
        ["timezone"],
        unique=False,
        sqlite_where=sa.text("timezone IS NOT NULL"),
        postgresql_where=sa.text("timezone IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_subscriber_erased_at"),
        "subscriber",
        ["erased_at"],
        unique=False,
        sqlite_where=sa.text("erased_at IS NOT NULL"),
        postgresql_where=sa.text("erased_at IS NOT NULL"),
    )


def _make_suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("id", BigId, nullable=False),
        sa.Column("email_key", AsciiKey, nullable=False),
        sa.Column("scope", sa.String(length=60), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("email_key", "scope", name=op.f("uq_suppression_email_key_scope")),
    )
    op.create_index(op.f("ix_suppression_since"), "suppression", ["since"])


def _make_subscription() -> None:
    op.create_table(
        "subscription",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subscriber_id", BigId, nullable=False),
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["mailing_list.id"], name=op.f("fk_subscription_list_id_mailing_list")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_subscription_subscriber_id_subscriber"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint(
            "subscriber_id", "list_id", name=op.f("uq_subscription_subscriber_id_list_id")
        ),
    )
    op.create_index(
        op.f("ix_subscription_list_id_state_subscriber_id"),
        "subscription",
        ["list_id", "state", "subscriber_id"],
        unique=False,
    )


def _make_consent() -> None:
    op.create_table(
        "consent",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subscription_id", BigId, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_consent_subscription_id_subscription"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(
        op.f("ix_consent_subscription_id"), "consent", ["subscription_id"], unique=False
    )

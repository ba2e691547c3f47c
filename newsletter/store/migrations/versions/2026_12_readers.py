"""
Keep the history of people, what readers ask for, declared fields, and what lists decide about
sign-up; make every list private, because none was offered on a page so far.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import AsciiKey, BigId, UtcDateTime

revision = "2026_12_readers"
down_revision = "2026_12_slow_items"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_history()
    _make_reader_requests()
    _make_privacy_requests()
    _make_departures()
    _make_fields()
    _extend_lists()
    _extend_people()
    op.execute("UPDATE mailing_list SET visibility = 'private'")


def _make_history() -> None:
    op.create_table(
        "history",
        sa.Column("id", BigId, nullable=False),
        sa.Column("subscriber_id", BigId, nullable=True),
        sa.Column("email_key", AsciiKey, nullable=True),
        sa.Column("list_id", BigId, nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.Column("by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("through", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["mailing_list.id"], name=op.f("fk_history_list_id_mailing_list")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_history_subscriber_id_subscriber")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index(
        op.f("ix_history_email_key"),
        "history",
        ["email_key"],
        unique=False,
        sqlite_where=sa.text("email_key IS NOT NULL"),
        postgresql_where=sa.text("email_key IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_history_subscriber_id_id"), "history", ["subscriber_id", "id"], unique=False
    )
    op.create_table(
        "import_run",
        sa.Column("id", BigId, nullable=False),
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), server_default="", nullable=False),
        sa.Column("by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["mailing_list.id"], name=op.f("fk_import_run_list_id_mailing_list")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sqlite_autoincrement=True,
    )


def _make_reader_requests() -> None:
    op.create_table(
        "reader_request",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subscriber_id", BigId, nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("lists", sa.JSON(), nullable=False),
        sa.Column("form", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("consent", sa.Text(), nullable=True),
        sa.Column("consent_version", sa.Integer(), nullable=True),
        sa.Column("network", sa.Text(), nullable=True),
        sa.Column("answers", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_reader_request_subscriber_id_subscriber"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reader_request")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_reader_request_open",
        "reader_request",
        ["kind", "expires_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        op.f("ix_reader_request_subscriber_id_kind"),
        "reader_request",
        ["subscriber_id", "kind"],
        unique=False,
    )


def _make_privacy_requests() -> None:
    op.create_table(
        "privacy_request",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("email_key", AsciiKey, nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("through", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("by_name", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_request")),
    )


def _make_departures() -> None:
    op.create_table(
        "departure",
        sa.Column("id", BigId, nullable=False),
        sa.Column("email_hash", AsciiKey, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("scope", sa.String(length=60), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departure")),
    )
    op.create_index(op.f("ix_departure_email_hash"), "departure", ["email_hash"], unique=False)


def _make_fields() -> None:
    op.create_table(
        "field",
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("is_personal", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field")),
        sa.UniqueConstraint("name", name=op.f("uq_field_name")),
    )
    op.create_table(
        "field_value",
        sa.Column("subscriber_id", BigId, nullable=False),
        sa.Column("field_id", BigId, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["field_id"],
            ["field.id"],
            name=op.f("fk_field_value_field_id_field"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_field_value_subscriber_id_subscriber"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "field_id", name=op.f("pk_field_value")),
    )
    op.create_index(
        op.f("ix_field_value_field_id_value"), "field_value", ["field_id", "value"], unique=False
    )
    op.create_table(
        "list_field",
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("field_id", BigId, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_required", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["field_id"],
            ["field.id"],
            name=op.f("fk_list_field_field_id_field"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["mailing_list.id"],
            name=op.f("fk_list_field_list_id_mailing_list"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("list_id", "field_id", name=op.f("pk_list_field")),
    )


def _extend_lists() -> None:
    op.add_column("list_settings", sa.Column("provider", sa.Text(), nullable=True))
    op.add_column("list_settings", sa.Column("fallback_provider", sa.Text(), nullable=True))
    op.add_column("list_settings", sa.Column("postal_address", sa.Text(), nullable=True))
    op.add_column("list_settings", sa.Column("brand", sa.JSON(), nullable=True))
    op.add_column(
        "list_settings", sa.Column("tagline", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "list_settings", sa.Column("consent", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "list_settings",
        sa.Column("consent_version", sa.Integer(), server_default="1", nullable=False),
    )
    op.add_column(
        "list_settings",
        sa.Column("confirms_on_open", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "list_settings",
        sa.Column("needs_proof_of_work", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "list_settings",
        sa.Column("sends_welcome", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.add_column(
        "list_settings",
        sa.Column("sends_goodbye", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("list_settings", sa.Column("held_reason", sa.Text(), nullable=True))


def _extend_people() -> None:
    op.add_column(
        "schedule", sa.Column("cadence", sa.Text(), server_default="each", nullable=False)
    )
    op.add_column("subscriber", sa.Column("paused_until", UtcDateTime(), nullable=True))
    op.add_column(
        "subscription",
        sa.Column("cadence", sa.String(length=10), server_default="each", nullable=False),
    )
    op.add_column("suppression", sa.Column("expires_at", UtcDateTime(), nullable=True))
    op.add_column("suppression", sa.Column("note", sa.Text(), server_default="", nullable=False))

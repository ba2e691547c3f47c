"""
Add outgoing webhooks: receivers, events, and what was sent.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId, UtcDateTime

revision = "2026_12_outgoing_webhooks"
down_revision = "2026_12_staff"
branch_labels = None
depends_on = None

_WEBHOOK = "outgoing_webhook"
_EVENT = "outgoing_event"
_DELIVERY = "outgoing_delivery"
_ATTEMPT = "outgoing_attempt"


def upgrade() -> None:
    _make_webhooks()
    _make_events()
    _make_deliveries()
    _make_attempts()


def _make_webhooks() -> None:
    op.create_table(
        _WEBHOOK,
        sa.Column("id", BigId, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("is_limited", sa.Boolean(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.Column("secret_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pause_cause", sa.Text(), nullable=True),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("last_success_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_webhook")),
        sa.UniqueConstraint("name", name=op.f("uq_outgoing_webhook_name")),
    )
    name = "outgoing_webhook_list"
    op.create_table(
        name,
        sa.Column("webhook_id", BigId, nullable=False),
        sa.Column("list_id", BigId, nullable=False),
        _of_webhook(name),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["mailing_list.id"],
            name=op.f("fk_outgoing_webhook_list_list_id_mailing_list"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webhook_id", "list_id", name=op.f("pk_outgoing_webhook_list")),
    )
    op.create_index("ix_outgoing_webhook_list_list_id", name, ["list_id"])


def _make_events() -> None:
    op.create_table(
        _EVENT,
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("subscriber_id", BigId, nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_event")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outgoing_event_at", _EVENT, ["at"])
    for suffix, column in (("person", "subscriber_id"), ("address", "address")):
        _make_index(f"ix_outgoing_event_{suffix}", _EVENT, [column], "address IS NOT NULL")


def _make_deliveries() -> None:
    op.create_table(
        _DELIVERY,
        sa.Column("webhook_id", BigId, nullable=False),
        sa.Column("event_id", BigId, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_attempt_at", UtcDateTime(), nullable=True),
        _of_webhook(_DELIVERY),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["outgoing_event.id"],
            name=op.f("fk_outgoing_delivery_event_id_outgoing_event"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", name=op.f("pk_outgoing_delivery")),
    )
    op.create_index("ix_outgoing_delivery_event_id", _DELIVERY, ["event_id"])
    for suffix, column in (("due", "next_at"), ("subject", "subject")):
        columns = ["webhook_id", column, "event_id"]
        _make_index(f"ix_outgoing_delivery_{suffix}", _DELIVERY, columns, "next_at IS NOT NULL")


def _make_attempts() -> None:
    op.create_table(
        _ATTEMPT,
        sa.Column("id", BigId, nullable=False),
        sa.Column("webhook_id", BigId, nullable=False),
        sa.Column("event_id", BigId, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        _of_webhook(_ATTEMPT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_attempt")),
    )
    op.create_index("ix_outgoing_attempt_webhook", _ATTEMPT, ["webhook_id", "at"])
    op.create_index("ix_outgoing_attempt_at", _ATTEMPT, ["at"])


def _of_webhook(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["webhook_id"],
        ["outgoing_webhook.id"],
        name=op.f(f"fk_{table}_webhook_id_outgoing_webhook"),
        ondelete="CASCADE",
    )


def _make_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)

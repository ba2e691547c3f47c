"""
Create the delivery ledger: mails, batches, deliveries, exclusions, workers, provider events, and on
PostgreSQL the tables of Procrastinate, which distributes batches to many machines.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.store.queue.tables import make_queue_schema
from subscribers.database.columns import BigId, UtcDateTime

revision = "2026_12_events"
down_revision = "2026_12_publishing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_worker()
    _make_batch()
    _make_delivery()
    _make_exclusion()
    _make_mail()
    _make_rate_limit()
    _make_kill_switch()
    _make_sent_alert()
    _make_account()
    _make_database_identity()
    _make_webhook_inbox()
    _make_backfill_run()
    _make_outcome()
    make_queue_schema(op.get_bind())


def _make_worker() -> None:
    op.create_table(
        "worker",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("heartbeat_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
    )


def _make_batch() -> None:
    op.create_table(
        "batch",
        sa.Column("id", BigId, nullable=False),
        sa.Column("issue_id", BigId, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("not_after", UtcDateTime(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("request_hash", sa.Text(), nullable=True),
        sa.Column("call_started_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_batch_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("issue_id", "no", name=op.f("uq_batch_issue_id_no")),
    )
    op.create_index(
        "ix_batch_state", "batch", ["state", "issue_id", "no", "not_after"], unique=False
    )


def _make_delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", BigId, nullable=False),
        sa.Column("issue_id", BigId, nullable=False),
        sa.Column("subscriber_id", BigId, nullable=True),
        sa.Column("subscription_id", BigId, nullable=True),
        sa.Column("list_id", BigId, nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("batch_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_delivery_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["mailing_list.id"],
            name=op.f("fk_delivery_list_id_mailing_list"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_delivery_subscriber_id_subscriber"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_delivery_subscription_id_subscription"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("issue_id", "email_key", name=op.f("uq_delivery_issue_id_email_key")),
        sa.UniqueConstraint(
            "issue_id", "subscriber_id", name=op.f("uq_delivery_issue_id_subscriber_id")
        ),
    )
    op.create_index("ix_delivery_batch", "delivery", ["issue_id", "batch_no"], unique=False)
    op.create_index("ix_delivery_email_key", "delivery", ["email_key"], unique=False)
    op.create_index(
        "ix_delivery_uncertain",
        "delivery",
        ["issue_id"],
        unique=False,
        sqlite_where=sa.text("state = 'uncertain'"),
        postgresql_where=sa.text("state = 'uncertain'"),
    )
    op.create_index("ix_delivery_subscriber", "delivery", ["subscriber_id"], unique=False)


def _make_exclusion() -> None:
    op.create_table(
        "exclusion",
        sa.Column("issue_id", BigId, nullable=False),
        sa.Column("subscriber_id", BigId, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_exclusion_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_exclusion_subscriber_id_subscriber"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("issue_id", "subscriber_id", name=op.f("pk_exclusion")),
    )


def _make_mail() -> None:
    op.create_table(
        "mail",
        sa.Column("issue_id", BigId, nullable=False),
        sa.Column("mail", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("corrected", sa.JSON(), nullable=True),
        sa.Column("corrected_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_mail_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_mail")),
    )


def _make_rate_limit() -> None:
    op.create_table(
        "rate_limit",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("advertised_rate", sa.Double(), nullable=True),
        sa.Column("throttled_rate", sa.Double(), nullable=True),
        sa.Column("refused_rate", sa.Double(), nullable=True),
        sa.Column("changed_at", sa.Double(), server_default="0", nullable=False),
        sa.Column("next_free_at", sa.Double(), server_default="0", nullable=False),
        sa.Column("cooldown_until", sa.Double(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_rate_limit")),
    )


def _make_kill_switch() -> None:
    op.create_table(
        "kill_switch",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_kill_switch")),
    )


def _make_sent_alert() -> None:
    op.create_table(
        "sent_alert",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sent_alert")),
    )


def _make_account() -> None:
    op.create_table(
        "account",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_account")),
    )


def _make_database_identity() -> None:
    op.create_table(
        "database_identity",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("submitted_count", BigId, nullable=False),
        sa.Column("instance", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_database_identity")),
    )


def _make_webhook_inbox() -> None:
    op.create_table(
        "webhook_inbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_inbox")),
        sa.UniqueConstraint("key", name=op.f("uq_webhook_inbox_key")),
    )
    op.create_index(
        "ix_webhook_inbox_next_at",
        "webhook_inbox",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_index("ix_webhook_inbox_received_at", "webhook_inbox", ["received_at"], unique=False)


def _make_backfill_run() -> None:
    op.create_table(
        "backfill_run",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_backfill_run")),
    )


def _make_outcome() -> None:
    op.create_table(
        "outcome",
        sa.Column("delivery_id", BigId, autoincrement=False, nullable=False),
        sa.Column("issue_id", BigId, nullable=False),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("deferred_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("bounced_hard_at", UtcDateTime(), nullable=True),
        sa.Column("bounced_soft_at", UtcDateTime(), nullable=True),
        sa.Column("blocked_at", UtcDateTime(), nullable=True),
        sa.Column("complained_at", UtcDateTime(), nullable=True),
        sa.Column("unsubscribed_at", UtcDateTime(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("clicked_at", UtcDateTime(), nullable=True),
        sa.Column("bounce", sa.Text(), nullable=True),
        sa.Column("bounced_at", UtcDateTime(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["delivery.id"],
            name=op.f("fk_outcome_delivery_id_delivery"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_outcome_issue_id_issue"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_outcome")),
    )
    op.create_index("ix_outcome_issue", "outcome", ["issue_id"], unique=False)
    for kind in ("bounced_hard", "complained"):
        op.create_index(
            f"ix_outcome_{kind}",
            "outcome",
            ["issue_id"],
            unique=False,
            sqlite_where=sa.text(f"{kind}_at IS NOT NULL"),
            postgresql_where=sa.text(f"{kind}_at IS NOT NULL"),
        )

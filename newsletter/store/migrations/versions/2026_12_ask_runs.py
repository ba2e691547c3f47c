"""
Ask the people of a list again in runs that a person starts.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId, UtcDateTime

revision = "2026_12_ask_runs"
down_revision = "2026_12_field_index"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ask_run",
        sa.Column("id", BigId, nullable=False),
        sa.Column("list_id", BigId, nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("segment", sa.String(length=60), nullable=True),
        sa.Column("import_id", BigId, nullable=True),
        sa.Column("per_day", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("through", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("history_before", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["mailing_list.id"], name=op.f("fk_ask_run_list_id_mailing_list")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ask_run")),
        sqlite_autoincrement=True,
    )
    is_running = sa.text("state = 'running'")
    op.create_index(
        "ix_ask_run_running",
        "ask_run",
        ["list_id"],
        unique=True,
        sqlite_where=is_running,
        postgresql_where=is_running,
    )
    _make_people()


def _make_people() -> None:
    name = "ask_run_person"
    op.create_table(
        name,
        sa.Column("run_id", BigId, nullable=False),
        sa.Column("subscriber_id", BigId, nullable=False),
        sa.Column("subscription_id", BigId, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("request_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["ask_run.id"],
            name=op.f("fk_ask_run_person_run_id_ask_run"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name=op.f("fk_ask_run_person_subscriber_id_subscriber"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_ask_run_person_subscription_id_subscription"),
        ),
        sa.PrimaryKeyConstraint("run_id", "subscriber_id", name=op.f("pk_ask_run_person")),
    )
    op.create_index("ix_ask_run_person_due", name, ["run_id", "state", "due_at", "subscriber_id"])
    op.create_index("ix_ask_run_person_asked", name, ["run_id", "asked_at"])
    op.create_index(op.f("ix_ask_run_person_subscriber_id"), name, ["subscriber_id"])

"""
The tables of schedules and their slots.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

schedule = sa.Table(
    "schedule",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("cron", sa.Text, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("audience", sa.JSON, nullable=False),
    sa.Column("sources", sa.JSON, nullable=False),
    sa.Column("template", sa.Text),
    sa.Column("each", sa.Boolean, nullable=False),
    sa.Column("sender", sa.Text),
    sa.Column("fallback_provider", sa.Text),
    sa.Column("rules", sa.JSON, nullable=False),
    sa.Column("approval", sa.Text, nullable=False),
    sa.Column("editors", sa.JSON, nullable=False),
    sa.Column("deadline_s", sa.Integer),
    sa.Column("at_deadline", sa.Text, nullable=False),
    sa.Column("is_local", sa.Boolean, nullable=False),
    sa.Column("quiet", sa.Text),
    sa.Column("days_off", sa.JSON, nullable=False),
    sa.Column("misfire_policy", sa.Text, nullable=False),
    sa.Column("misfire_limit_s", sa.Integer, nullable=False),
    sa.Column("repeat", sa.Boolean, nullable=False),
    sa.Column("is_paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_due", UtcDateTime, nullable=False),
)

slot = sa.Table(
    "slot",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("schedule_id", sa.ForeignKey("schedule.id", ondelete="CASCADE"), nullable=False),
    sa.Column("slot", sa.Text, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("due", UtcDateTime, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="SET NULL")),
    sa.Column("fired_at", UtcDateTime, nullable=False),
    sa.Column("held_until", UtcDateTime),
    sa.UniqueConstraint("schedule_id", "slot", "part"),
    sa.Index("ix_slot_outcome", "outcome"),
)

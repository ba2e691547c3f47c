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
    sa.Column("cron", sa.Text, nullable=False, doc="Five fields, in local time of `timezone`"),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column(
        "audience",
        sa.JSON,
        nullable=False,
        doc="The lists its issues go to and those they leave out",
    ),
    sa.Column("sources", sa.JSON, nullable=False, doc="The names of its sources"),
    sa.Column(
        "cadence",
        sa.Text,
        nullable=False,
        server_default="each",
        doc="Its issues go to the readers who chose it: each, weekly or monthly",
    ),
    sa.Column("template", sa.Text),
    sa.Column("each", sa.Boolean, nullable=False, doc="It makes one issue for each brief"),
    sa.Column("sender", sa.Text),
    sa.Column("fallback_provider", sa.Text),
    sa.Column(
        "rules",
        sa.JSON,
        nullable=False,
        doc="Which briefs it takes, in what order, and how they are shown",
    ),
    sa.Column("approval", sa.Text, nullable=False, doc="auto, draft or deadline"),
    sa.Column(
        "editors", sa.JSON, nullable=False, doc="The addresses that drafts are sent to for approval"
    ),
    sa.Column("deadline_s", sa.Integer, doc="How long after the slot the deadline is"),
    sa.Column(
        "at_deadline",
        sa.Text,
        nullable=False,
        doc="What happens then if nobody has decided: send, skip or hold",
    ),
    sa.Column(
        "is_local",
        sa.Boolean,
        nullable=False,
        doc="Each reader gets the issue at the slot's time in their own time zone",
    ),
    sa.Column("quiet", sa.Text, doc="The hours in which nothing is submitted"),
    sa.Column("days_off", sa.JSON, nullable=False, doc="Dates whose slots are skipped"),
    sa.Column(
        "misfire_policy",
        sa.Text,
        nullable=False,
        doc="What happens to a slot that is run too late: send, skip or ask",
    ),
    sa.Column(
        "misfire_limit_s",
        sa.Integer,
        nullable=False,
        doc="A slot that is run more than this after its time is too late",
    ),
    sa.Column(
        "repeat",
        sa.Boolean,
        nullable=False,
        doc="It also includes briefs that another schedule has sent to one of its lists",
    ),
    sa.Column("is_paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column(
        "last_due",
        UtcDateTime,
        nullable=False,
        doc="The time of the last slot that was run or skipped",
    ),
    sqlite_autoincrement=True,
)
"""A rule that makes issues."""

slot = sa.Table(
    "slot",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("schedule_id", sa.ForeignKey("schedule.id", ondelete="CASCADE"), nullable=False),
    sa.Column(
        "slot",
        sa.Text,
        nullable=False,
        doc="The local time without offset, so that a repeated hour has one slot",
    ),
    sa.Column(
        "part",
        sa.Text,
        nullable=False,
        doc="Which issue of the slot, if there is one for each brief; empty for the slot itself",
    ),
    sa.Column("due", UtcDateTime, nullable=False, doc="The same instant in UTC"),
    sa.Column("outcome", sa.Text, nullable=False, doc="due, issued, skipped or failed"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column(
        "reason_phrase",
        sa.JSON(none_as_null=True),
        doc="What is needed to translate `reason`",
    ),
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="SET NULL")),
    sa.Column("fired_at", UtcDateTime, nullable=False),
    sa.Column("held_until", UtcDateTime, doc="The time from which another process may resume it"),
    sa.UniqueConstraint("schedule_id", "slot", "part"),
    sa.Index("ix_slot_outcome", "outcome"),
)
"""What happened to each slot of a schedule. A slot, and each part of it, is run once."""

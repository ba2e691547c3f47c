"""
The tables of issues: what they hold, what was found in them, and the mail they became.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

list_settings = sa.Table(
    "list_settings",
    metadata,
    sa.Column("list_id", sa.ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sender_name", sa.Text, nullable=False, server_default=""),
    sa.Column("sender_address", sa.Text),
    sa.Column("reply_to", sa.Text),
    sa.Column("needs_approval", sa.Boolean, nullable=False, server_default=sa.false()),
)

issue = sa.Table(
    "issue",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("audience", sa.JSON, nullable=False),
    sa.Column("template", sa.Text, nullable=False),
    sa.Column("sender_name", sa.Text, nullable=False),
    sa.Column("sender_address", sa.Text, nullable=False),
    sa.Column("reply_to", sa.Text),
    sa.Column("provider", sa.Text, nullable=False),
    # Since when its provider has taken nothing, and since when it goes on through the second, and
    # why.
    sa.Column("fallback_provider", sa.Text),
    sa.Column("refused_since", UtcDateTime),
    sa.Column("failed_over_at", UtcDateTime),
    sa.Column("failover_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("subject", sa.Text),
    sa.Column("preheader", sa.Text),
    sa.Column("intro", sa.Text),
    sa.Column("schedule_id", sa.ForeignKey("schedule.id", ondelete="SET NULL")),
    sa.Column("slot", sa.Text),
    sa.Column("part", sa.Text, nullable=False, server_default=""),
    sa.Column("parent_id", sa.ForeignKey("issue.id", ondelete="CASCADE")),
    sa.Column("send_at", UtcDateTime),
    sa.Column("timing", sa.JSON),
    sa.Column("deadline", UtcDateTime),
    sa.Column("at_deadline", sa.Text),
    sa.Column("needs_approval", sa.Boolean, nullable=False),
    sa.Column("approved_hash", sa.Text),
    sa.Column("approved_count", sa.Integer),
    sa.Column("approved_at", UtcDateTime),
    sa.Column("approved_text", sa.Text),
    sa.Column("pause_reason", sa.Text),
    # Who or what said that only a person sends the draft; its words are `pause_reason`.
    sa.Column("held_by", sa.Text),
    # When an issue that was to leave by itself could not, and became a draft.
    sa.Column("stuck_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("frozen_at", UtcDateTime),
    sa.Column("canary_until", UtcDateTime),
    sa.Column("submitted_at", UtcDateTime),
    sa.Column("auto_paused_at", UtcDateTime),
    sa.Column("resumed_at", UtcDateTime),
    sa.Column("resume_reason", sa.Text),
    sa.Index("ix_issue_state", "state"),
    sa.Index("ix_issue_schedule", "schedule_id"),
)

issue_brief = sa.Table(
    "issue_brief",
    metadata,
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("brief_id", sa.ForeignKey("brief.id"), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("shown_as", sa.Text, nullable=False),
    sa.Column("heading", sa.Text),
    sa.Index("ix_issue_brief_brief", "brief_id"),
)

# What was found when an issue was last about to leave, and why it left all the same.
issue_check = sa.Table(
    "issue_check",
    metadata,
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("findings", sa.JSON, nullable=False),
    sa.Column("override_reason", sa.Text),
    sa.Column("checked_at", UtcDateTime, nullable=False),
)

mail = sa.Table(
    "mail",
    metadata,
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("mail", sa.JSON, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("corrected", sa.JSON),
    sa.Column("corrected_at", UtcDateTime),
)

"""
The publishing side's tables. Their foreign keys point the way imports do: to people, never back.

The unique constraints are the promises: a slot fires once, a reader stands once in an issue, a
brief is known once in its source.
"""

from __future__ import annotations

import sqlalchemy as sa

import newsletter.store.tables.events  # Tables there join the same metadata.
import newsletter.store.tables.images
import newsletter.store.tables.operations  # noqa: F401
from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata


def _id() -> sa.Column[int]:
    return sa.Column("id", BigId, primary_key=True)


list_publishing = sa.Table(
    "list_publishing",
    metadata,
    sa.Column("list_id", sa.ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sender_name", sa.Text, nullable=False, server_default=""),
    sa.Column("sender_address", sa.Text),
    sa.Column("reply_to", sa.Text),
    sa.Column("needs_approval", sa.Boolean, nullable=False, server_default=sa.false()),
)

source = sa.Table(
    "source",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("location", sa.Text, nullable=False),
    sa.Column("every_s", sa.Integer, nullable=False),
    sa.Column("first_poll", sa.Text, nullable=False),
    sa.Column("look_back_s", sa.Integer, nullable=False),
    sa.Column("settle_s", sa.Integer, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("categories", sa.JSON, nullable=False),
    sa.Column("secret", sa.Text),
    sa.Column("reading", sa.JSON, nullable=False),
    sa.Column("state", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("first_polled_at", UtcDateTime),
    sa.Column("last_polled_at", UtcDateTime),
    sa.Column("next_poll_at", UtcDateTime),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("is_gone", sa.Boolean, nullable=False, server_default=sa.false()),
)

poll = sa.Table(
    "poll",
    metadata,
    _id(),
    sa.Column("source_id", sa.ForeignKey("source.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("report", sa.JSON, nullable=False),
    sa.Index("ix_poll_source_at", "source_id", "at"),
)

brief = sa.Table(
    "brief",
    metadata,
    _id(),
    sa.Column("source_name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("site_key", sa.Text, unique=True),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False, server_default=""),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Column("dated_at", UtcDateTime, nullable=False),
    sa.Column("is_pinned", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("fields", sa.JSON, nullable=False),
    sa.Column("given", sa.JSON(none_as_null=True)),
    sa.Column("edited", sa.JSON, nullable=False),
    sa.Index("ix_brief_dated_at", "dated_at"),
)

# One brief may be seen through several sources (a site's feed and its API), under a key of each.
sighting = sa.Table(
    "sighting",
    metadata,
    sa.Column("source_name", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("second_key", sa.Text),
    sa.Column("brief_id", sa.ForeignKey("brief.id", ondelete="CASCADE"), nullable=False),
    sa.Column("is_news", sa.Boolean, nullable=False),
    sa.Index("ix_sighting_second_key", "source_name", "second_key"),
    sa.Index("ix_sighting_brief", "brief_id"),
)

schedule = sa.Table(
    "schedule",
    metadata,
    _id(),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("cron", sa.Text, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("audience", sa.JSON, nullable=False),
    sa.Column("sources", sa.JSON, nullable=False),
    sa.Column("template", sa.Text),
    sa.Column("each", sa.Boolean, nullable=False),
    sa.Column("sender", sa.Text),
    sa.Column("second_provider", sa.Text),
    sa.Column("rules", sa.JSON, nullable=False),
    sa.Column("approval", sa.Text, nullable=False),
    sa.Column("editors", sa.JSON, nullable=False),
    sa.Column("deadline_s", sa.Integer),
    sa.Column("at_deadline", sa.Text, nullable=False),
    sa.Column("is_local", sa.Boolean, nullable=False),
    sa.Column("quiet", sa.Text),
    sa.Column("days_off", sa.JSON, nullable=False),
    sa.Column("late", sa.Text, nullable=False),
    sa.Column("latest_s", sa.Integer, nullable=False),
    sa.Column("repeat", sa.Boolean, nullable=False),
    sa.Column("is_paused", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("last_due", UtcDateTime, nullable=False),
)

slot = sa.Table(
    "slot",
    metadata,
    _id(),
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

issue = sa.Table(
    "issue",
    metadata,
    _id(),
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
    sa.Column("second_provider", sa.Text),
    sa.Column("refused_since", UtcDateTime),
    sa.Column("second_since", UtcDateTime),
    sa.Column("second_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("subject", sa.Text),
    sa.Column("preheader", sa.Text),
    sa.Column("intro", sa.Text),
    sa.Column("schedule_id", sa.ForeignKey("schedule.id", ondelete="SET NULL")),
    sa.Column("slot", sa.Text),
    sa.Column("part", sa.Text, nullable=False, server_default=""),
    sa.Column("about", sa.ForeignKey("issue.id", ondelete="CASCADE")),
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
    # When an issue that was to leave by itself could not, and became a draft.
    sa.Column("stuck_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("frozen_at", UtcDateTime),
    sa.Column("alone_until", UtcDateTime),
    sa.Column("submitted_at", UtcDateTime),
    sa.Column("tripped_at", UtcDateTime),
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
    sa.Column("despite", sa.Text),
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

batch = sa.Table(
    "batch",
    metadata,
    _id(),
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), nullable=False),
    sa.Column("no", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("owner", sa.Text),
    # Who it was claimed for last; whoever was handed it answers for it.
    sa.Column("provider", sa.Text),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("not_before", UtcDateTime),
    sa.Column("not_after", UtcDateTime),
    sa.Column("timezone", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("key", sa.Text),
    sa.Column("body_hash", sa.Text),
    sa.Column("handed_at", UtcDateTime),
    sa.Column("settled_at", UtcDateTime),
    sa.UniqueConstraint("issue_id", "no"),
    sa.Index("ix_batch_state", "state", "issue_id", "no", "not_after"),
)

delivery = sa.Table(
    "delivery",
    metadata,
    _id(),
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), nullable=False),
    sa.Column("subscriber_id", sa.ForeignKey("subscriber.id", ondelete="SET NULL")),
    sa.Column("subscription_id", sa.ForeignKey("subscription.id", ondelete="SET NULL")),
    sa.Column("list_id", sa.ForeignKey("mailing_list.id", ondelete="SET NULL")),
    sa.Column("email", sa.Text),
    sa.Column("email_key", sa.Text),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("batch_no", sa.Integer, nullable=False),
    sa.Column("state", sa.Text),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("provider_id", sa.Text),
    sa.UniqueConstraint("issue_id", "subscriber_id"),
    sa.UniqueConstraint("issue_id", "email_key"),
    sa.Index("ix_delivery_batch", "issue_id", "batch_no"),
    sa.Index("ix_delivery_subscriber", "subscriber_id"),
    sa.Index("ix_delivery_email_key", "email_key"),
    sa.Index(
        "ix_delivery_uncertain",
        "issue_id",
        sqlite_where=sa.text("state = 'uncertain'"),
        postgresql_where=sa.text("state = 'uncertain'"),
    ),
)

exclusion = sa.Table(
    "exclusion",
    metadata,
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "subscriber_id", sa.ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("reason", sa.Text, nullable=False),
)

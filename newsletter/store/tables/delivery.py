"""
The tables of the delivery ledger, and of the workers that submit its batches. The unique
constraints guarantee that a subscriber has one delivery in an issue.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

batch = sa.Table(
    "batch",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), nullable=False),
    sa.Column("no", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    # Why a waiting batch is held back (`HoldReason`).
    sa.Column("hold", sa.Text),
    sa.Column("worker", sa.Text),
    # The provider it was last claimed for; once submitted, the one to ask about it.
    sa.Column("provider", sa.Text),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_until", UtcDateTime),
    sa.Column("not_before", UtcDateTime),
    sa.Column("not_after", UtcDateTime),
    sa.Column("timezone", sa.Text),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("key", sa.Text),
    sa.Column("request_hash", sa.Text),
    sa.Column("call_started_at", UtcDateTime),
    sa.Column("settled_at", UtcDateTime),
    sa.UniqueConstraint("issue_id", "no"),
    sa.Index("ix_batch_state", "state", "issue_id", "no", "not_after"),
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", BigId, primary_key=True),
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
    # What settled it, where that was not its provider (`SettledBy`).
    sa.Column("settled_by", sa.Text),
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

worker = sa.Table(
    "worker",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("heartbeat_at", UtcDateTime, nullable=False),
)

# Times are seconds since 1970, so that the same arithmetic works on both databases.
rate_limit = sa.Table(
    "rate_limit",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    # The rate limit that the provider's responses advertise, in units a second.
    sa.Column("advertised_rate", sa.Double),
    # The reduced rate since the provider throttled, the rate at which it last throttled, and when
    # the reduced rate last changed.
    sa.Column("throttled_rate", sa.Double),
    sa.Column("refused_rate", sa.Double),
    sa.Column("changed_at", sa.Double, nullable=False, server_default="0"),
    # When everything reserved so far is used up at the even rate (GCRA's arrival time).
    sa.Column("next_free_at", sa.Double, nullable=False, server_default="0"),
    # No call begins before this time: the provider asked for a cooldown.
    sa.Column("cooldown_until", sa.Double, nullable=False, server_default="0"),
)

# When a provider was last given another account; NULL where it has had only one.
account = sa.Table(
    "account",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime),
)

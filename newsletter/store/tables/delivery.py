"""
The tables of the delivery ledger, and of the workers that submit its batches. The unique
constraints guarantee that a subscriber has one delivery in an issue, and one for each occasion on
which they are sent it again or get a notice.
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
    sa.Column("no", sa.Integer, nullable=False, doc="Its number within the issue"),
    sa.Column(
        "state",
        sa.Text,
        nullable=False,
        doc="pending, claimed, submitting, waiting, uncertain or settled",
    ),
    sa.Column(
        "outcome", sa.Text, doc="The state of those of its deliveries that have none of their own"
    ),
    sa.Column(
        "reason",
        sa.Text,
        nullable=False,
        server_default="",
        doc="Why it waits or how it ended, in words",
    ),
    sa.Column(
        "hold",
        sa.Text,
        doc="Why a waiting batch is held back, if not by its provider: canary or time_of_day",
    ),
    sa.Column("worker", sa.Text, doc="The worker that has claimed it"),
    sa.Column(
        "provider",
        sa.Text,
        doc="The provider it was last claimed for; once submitted, the one to ask about it",
    ),
    sa.Column(
        "epoch",
        sa.Integer,
        nullable=False,
        server_default="0",
        doc="Rises with each claim; a move under an older epoch changes nothing",
    ),
    sa.Column(
        "lease_until", UtcDateTime, doc="The claim ends then if its worker writes no heartbeat"
    ),
    sa.Column(
        "not_before", UtcDateTime, doc="It is not submitted, or not reconciled, before this time"
    ),
    sa.Column(
        "not_after",
        UtcDateTime,
        doc="It waits again from this time, because its quiet hours begin",
    ),
    sa.Column(
        "timezone",
        sa.Text,
        doc="Its recipients' time zone, if the issue is sent at readers' local times",
    ),
    sa.Column(
        "attempts",
        sa.Integer,
        nullable=False,
        server_default="0",
        doc="How many calls were made for it",
    ),
    sa.Column("key", sa.Text, doc="The idempotency key of its last call"),
    sa.Column(
        "request_hash",
        sa.Text,
        doc="A hash of that call's body, so that only the same body is repeated under the key",
    ),
    sa.Column("call_started_at", UtcDateTime, doc="When the intent of that call was written"),
    sa.Column(
        "key_is_no_proof",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="That the provider knows the key does not prove acceptance: a call with it failed",
    ),
    sa.Column("settled_at", UtcDateTime),
    sa.Column(
        "occasion",
        sa.Integer,
        doc="If people were added one by one: which occasion of theirs it is, from 0",
    ),
    sa.Column("size", sa.Integer, doc="How many deliveries it has"),
    sa.UniqueConstraint("issue_id", "no"),
    sa.Index("ix_batch_state", "state", "issue_id", "no", "not_after"),
    sqlite_autoincrement=True,
)
"""Deliveries that go in one provider call, and the state of that call."""

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), nullable=False),
    sa.Column(
        "subscriber_id",
        sa.ForeignKey("subscriber.id", ondelete="SET NULL"),
        doc="Empty once the subscriber has been removed",
    ),
    sa.Column("subscription_id", sa.ForeignKey("subscription.id", ondelete="SET NULL")),
    sa.Column(
        "list_id",
        sa.ForeignKey("mailing_list.id", ondelete="SET NULL"),
        doc="The list through which the subscriber receives the issue",
    ),
    sa.Column("email", sa.Text, doc="The address it is sent to; empty after erasure"),
    sa.Column("email_key", sa.Text, doc="The address in the form that is used to look up people"),
    sa.Column(
        "name",
        sa.Text,
        nullable=False,
        server_default="",
        doc="The reader's name when the issue was frozen",
    ),
    sa.Column(
        "merge_values",
        sa.Text,
        doc="Their values of the declared fields in the email then, as JSON; empty after erasure",
    ),
    sa.Column("batch_no", sa.Integer, nullable=False),
    sa.Column(
        "state",
        sa.Text,
        doc="accepted, rejected, skipped, cancelled or uncertain; if empty, the batch's outcome",
    ),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column(
        "settled_by", sa.Text, doc="What settled it, if that was not its provider (`SettledBy`)"
    ),
    sa.Column("provider_id", sa.Text, doc="The provider's own id of the email"),
    sa.Column(
        "occasion",
        sa.Integer,
        nullable=False,
        server_default="0",
        doc="0, or how often the person was sent the same issue or notice before",
    ),
    sa.Column("request_id", BigId, doc="The request that the links of a notice answer"),
    sa.UniqueConstraint("issue_id", "subscriber_id", "occasion"),
    sa.UniqueConstraint("issue_id", "email_key", "occasion"),
    sa.Index("ix_delivery_batch", "issue_id", "batch_no"),
    sa.Index("ix_delivery_subscriber", "subscriber_id"),
    sa.Index("ix_delivery_email_key", "email_key"),
    sa.Index(
        "ix_delivery_own_state",
        "issue_id",
        "batch_no",
        "state",
        sqlite_where=sa.text("state IS NOT NULL"),
        postgresql_where=sa.text("state IS NOT NULL"),
    ),
    sa.Index(
        "ix_delivery_uncertain",
        "issue_id",
        sqlite_where=sa.text("state = 'uncertain'"),
        postgresql_where=sa.text("state = 'uncertain'"),
    ),
    sqlite_autoincrement=True,
)
"""
One issue to one subscriber. Each subscriber and each address is in an issue only once on each
occasion.
"""

exclusion = sa.Table(
    "exclusion",
    metadata,
    sa.Column("issue_id", sa.ForeignKey("issue.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "subscriber_id", sa.ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("reason", sa.Text, nullable=False),
)
"""Who was left out of an issue when it was frozen, and why."""

worker = sa.Table(
    "worker",
    metadata,
    sa.Column("name", sa.Text, primary_key=True, doc="Host, process and a random part"),
    sa.Column("heartbeat_at", UtcDateTime, nullable=False),
)
"""The processes that send, each with its last heartbeat."""

"""
The tables of outgoing webhooks: receivers, events, and what was sent. `store.outgoing` has their
SQL.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

outgoing_webhook = sa.Table(
    "outgoing_webhook",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("kinds", sa.JSON, nullable=False, doc="The kinds of event that are sent to it"),
    sa.Column(
        "is_limited",
        sa.Boolean,
        nullable=False,
        doc="It gets only what concerns its lists, and nothing if these were all removed",
    ),
    sa.Column("salt", sa.Text, nullable=False, doc="From which its signing secret is derived"),
    sa.Column(
        "secret_key",
        sa.Text,
        nullable=False,
        doc="A hash of the secret of the installation from which it is derived",
    ),
    sa.Column("previous_salt", sa.Text, doc="That of the secret before"),
    sa.Column("previous_secret_key", sa.Text),
    sa.Column("previous_until", UtcDateTime, doc="Until when the secret before signs too"),
    sa.Column("state", sa.Text, nullable=False, doc="active or paused"),
    sa.Column("pause_cause", sa.Text, doc="Why it is paused: person, failing or gone"),
    sa.Column("paused_at", UtcDateTime),
    sa.Column("failing_since", UtcDateTime, doc="Its first failure after the last success"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0", doc="How many in a row"),
    sa.Column("next_at", UtcDateTime, doc="Nothing is sent to it before"),
    sa.Column("last_success_at", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
"""The receivers of outgoing webhooks."""

outgoing_webhook_list = sa.Table(
    "outgoing_webhook_list",
    metadata,
    sa.Column(
        "webhook_id", sa.ForeignKey("outgoing_webhook.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("list_id", sa.ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True),
    sa.Index("ix_outgoing_webhook_list_list_id", "list_id"),
)
"""The lists to which an outgoing webhook is limited."""

_HAS_ADDRESS = sa.text("address IS NOT NULL")

outgoing_event = sa.Table(
    "outgoing_event",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, doc="Random; receivers see it in webhook-id"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("data", sa.JSON, nullable=False, doc="What is sent, without the address"),
    sa.Column("subscriber_id", BigId, doc="Whom it is about"),
    sa.Column("address", sa.Text, doc="Theirs, until they are erased"),
    sa.Index("ix_outgoing_event_at", "at"),
    sa.Index(
        "ix_outgoing_event_person",
        "subscriber_id",
        sqlite_where=_HAS_ADDRESS,
        postgresql_where=_HAS_ADDRESS,
    ),
    sa.Index(
        "ix_outgoing_event_address",
        "address",
        sqlite_where=_HAS_ADDRESS,
        postgresql_where=_HAS_ADDRESS,
    ),
    sqlite_autoincrement=True,
)
"""What happened and is reported to outgoing webhooks, for 30 days."""

_IS_WAITING = sa.text("next_at IS NOT NULL")

outgoing_delivery = sa.Table(
    "outgoing_delivery",
    metadata,
    sa.Column(
        "webhook_id", sa.ForeignKey("outgoing_webhook.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("event_id", sa.ForeignKey("outgoing_event.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "subject", sa.Text, nullable=False, doc="The person or issue; its events go in order"
    ),
    sa.Column("state", sa.Text, nullable=False, doc="waiting, delivered or failed"),
    sa.Column(
        "next_at",
        UtcDateTime,
        doc="When it is sent, or claimed by another process; empty once it is not waiting",
    ),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("first_attempt_at", UtcDateTime),
    sa.Column(
        "is_bulk",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="Of many at once, or of a kind that can wait: urgent events overtake it",
    ),
    sa.Index("ix_outgoing_delivery_event_id", "event_id"),
    sa.Index(
        "ix_outgoing_delivery_due",
        "webhook_id",
        "next_at",
        "event_id",
        sqlite_where=_IS_WAITING,
        postgresql_where=_IS_WAITING,
    ),
    sa.Index(
        "ix_outgoing_delivery_urgent",
        "webhook_id",
        "is_bulk",
        "next_at",
        "event_id",
        sqlite_where=_IS_WAITING,
        postgresql_where=_IS_WAITING,
    ),
    sa.Index(
        "ix_outgoing_delivery_subject",
        "webhook_id",
        "subject",
        "event_id",
        sqlite_where=_IS_WAITING,
        postgresql_where=_IS_WAITING,
    ),
)
"""Whether each event has arrived at each webhook."""

outgoing_attempt = sa.Table(
    "outgoing_attempt",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column(
        "webhook_id", sa.ForeignKey("outgoing_webhook.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("event_id", BigId, doc="Empty for a test"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("status", sa.Integer, doc="That of the response; empty if there was none"),
    sa.Column("duration_ms", sa.Integer, nullable=False),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_outgoing_attempt_webhook", "webhook_id", "at"),
    sa.Index("ix_outgoing_attempt_at", "at"),
)
"""Each attempt to send an event to a webhook, for 30 days."""

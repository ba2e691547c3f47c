"""
The tables of what readers asked for, and of what must survive a restore.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import AsciiKey, BigId, UtcDateTime
from subscribers.database.tables import metadata

NETWORK_IS_WHOLE = sa.text("length(replace(network, '/', '')) = length(network)")
"""
The condition of the index of those requests whose address was not yet cut to its network. A query
needs the same words to use it.
"""

reader_request = sa.Table(
    "reader_request",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False, doc="A value of `RequestKind`"),
    sa.Column("subscriber_id", BigId, sa.ForeignKey("subscriber.id"), nullable=False),
    sa.Column("requested_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("done_at", UtcDateTime, doc="When the person pressed the button of the email"),
    sa.Column("reminded_at", UtcDateTime),
    sa.Column("lists", sa.JSON, nullable=False, doc="The ids of the lists that it is about"),
    sa.Column("form", sa.Text, nullable=False, server_default="", doc="The form it came through"),
    sa.Column("language", sa.String(35)),
    sa.Column("consent", sa.Text, doc="The sentence that the person agreed to"),
    sa.Column("consent_version", sa.Integer),
    sa.Column(
        "network", sa.Text, doc="The address that it came from, cut to its network after 90 days"
    ),
    sa.Column(
        "answers", sa.JSON, doc="What was typed; it changes the person only once it is confirmed"
    ),
    sa.Index(None, "subscriber_id", "kind"),
    sa.Index(
        "ix_reader_request_open",
        "kind",
        "expires_at",
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    ),
    sa.Index(
        "ix_reader_request_whole_network",
        "requested_at",
        sqlite_where=NETWORK_IS_WHOLE,
        postgresql_where=NETWORK_IS_WHOLE,
    ),
    # The links in emails name its number, so no other may ever get it.
    sqlite_autoincrement=True,
)
"""A request that a person has to confirm by a link in an email; the link names it."""

privacy_request = sa.Table(
    "privacy_request",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False, doc="access, correction or erasure"),
    sa.Column("email_key", AsciiKey, doc="Whom it is about; emptied by erasure"),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("done_at", UtcDateTime),
    sa.Column("through", sa.Text, nullable=False, server_default=""),
    sa.Column("outcome", sa.Text, nullable=False, server_default="", doc="What was done"),
    sa.Column("by_name", sa.Text, nullable=False, server_default=""),
)
"""A request under data protection law, with its deadline and what was done."""

departure = sa.Table(
    "departure",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("email_hash", AsciiKey, nullable=False, doc="The keyed hash of the address"),
    sa.Column("what", sa.String(20), nullable=False, doc="left, suppressed or erased"),
    sa.Column("scope", sa.String(60), nullable=False, server_default="", doc="The slug of a list"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, doc="When the suppression ends"),
    sa.Column("list_id", BigId, doc="The number of the list, which stays when it is renamed"),
    sa.Index(None, "email_hash"),
)
"""Who left, was suppressed or erased, as keyed hashes; a restore applies what is newer."""

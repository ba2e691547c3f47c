"""
The tables of an installation: the kill switch, sent alerts, and the identity of the database.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

epoch = sa.Table(
    "epoch",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, doc="Four random hexadecimal digits"),
)
"""The epoch of the installation, which a restore changes. It has one row."""

kill_switch = sa.Table(
    "kill_switch",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
)
"""The kill switch: a row for each kind of stop that is engaged."""

sent_alert = sa.Table(
    "sent_alert",
    metadata,
    sa.Column(
        "key",
        sa.Text,
        primary_key=True,
        doc="What the alert was about; if empty, the row is about the last email of all",
    ),
    sa.Column("at", UtcDateTime, nullable=False),
)
"""The alerts that were sent to the operator."""

database_identity = sa.Table(
    "database_identity",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False, doc="A random name, the same in every copy"),
    sa.Column(
        "place",
        sa.Text,
        nullable=False,
        doc="A hash of the machine and of the path or server where the database is",
    ),
    sa.Column(
        "submitted_count",
        BigId,
        nullable=False,
        doc="A count that rises while batches are submitted; the marker file holds the same",
    ),
    sa.Column(
        "instance",
        sa.Text,
        doc="A hash of the first secret that signed links in emails; empty until something is sent",
    ),
    sa.Column("signing_key", sa.Text, doc="A hash of the newest secret that signed links"),
)
"""Shows whether the database was copied, moved or restored. It has one row."""

bulk_job = sa.Table(
    "bulk_job",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False, doc="A value of `BulkActKind`"),
    sa.Column("state", sa.String(10), nullable=False, doc="A value of `BulkJobState`"),
    sa.Column(
        "staff_id",
        sa.ForeignKey("staff_member.id", ondelete="CASCADE"),
        nullable=False,
        doc="Who asked for it: each step is done with the permissions that they have then",
    ),
    sa.Column("from_address", sa.String(45), nullable=False, doc="Where they asked from"),
    sa.Column("given", sa.JSON, nullable=False, doc="What they typed, by the names of the fields"),
    sa.Column("people", sa.JSON, nullable=False, doc="The numbers of the people; [] once it ended"),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False, server_default="0", doc="How many are done"),
    sa.Column("changed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("error", sa.Text, nullable=False, server_default="", doc="Why it failed"),
    sa.Column("error_phrase", sa.JSON(none_as_null=True), doc="To translate `error`"),
    sa.Index("ix_bulk_job_staff_id", "staff_id"),
    sqlite_autoincrement=True,
)
"""An act on many people, which `newsletter serve` does step by step."""

"""
The tables of the audit trail: a chain of entries, and its head.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

audit_entry = sa.Table(
    "audit_entry",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=False, doc="Counts from 1 without gaps"),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False, doc="The name of the person or program"),
    sa.Column("channel", sa.String(20), nullable=False),
    sa.Column("staff_id", BigId, doc="Their account, if they have one"),
    sa.Column("token_id", BigId, doc="The API token that was used"),
    sa.Column("from_address", sa.Text, nullable=False, doc="The network address of the request"),
    sa.Column("action", sa.String(60), nullable=False),
    sa.Column("object_kind", sa.String(20), nullable=False),
    sa.Column("object_id", sa.Text, nullable=False),
    sa.Column(
        "changes",
        sa.JSON,
        nullable=False,
        doc="Each value that changed, `before` and `after`; other facts",
    ),
    sa.Column("person_id", BigId, doc="The person whom `personal` is about"),
    sa.Column(
        "personal",
        sa.JSON(none_as_null=True),
        doc="The part of the changes that is about a person, and a salt; removed at erasure",
    ),
    sa.Column("personal_hash", sa.String(64), doc="SHA-256 of `personal`; it stays at erasure"),
    sa.Column(
        "hash",
        sa.String(64),
        nullable=False,
        doc="HMAC-SHA256 of the hash before it and of this entry, without `personal`",
    ),
    sa.Index("ix_audit_entry_at", "at"),
    sa.Index("ix_audit_entry_object", "object_kind", "object_id"),
    sa.Index(
        "ix_audit_entry_person",
        "person_id",
        sqlite_where=sa.text("person_id IS NOT NULL"),
        postgresql_where=sa.text("person_id IS NOT NULL"),
    ),
)
"""The audit trail: who did what to which object, from where. Rows are only added, and removed when
they are old."""

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("first_id", BigId, nullable=False, doc="The oldest entry that is kept"),
    sa.Column("before_first", sa.String(64), nullable=False, doc="The hash before that entry"),
    sa.Column("last_id", BigId, nullable=False),
    sa.Column("last_hash", sa.String(64), nullable=False),
    sa.Column("seal", sa.String(64), nullable=False, doc="HMAC-SHA256 of the other columns"),
)
"""Where the audit trail begins and ends. It has one row, which each new entry locks and changes."""

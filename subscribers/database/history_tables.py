"""
The tables of what happened to people: their history, and the imports that it names.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import AsciiKey, BigId, UtcDateTime
from subscribers.database.tables import metadata

import_run = sa.Table(
    "import_run",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("list_id", BigId, sa.ForeignKey("mailing_list.id"), nullable=False),
    sa.Column("file_name", sa.Text, nullable=False, doc="The name of the file, without its folder"),
    sa.Column("product", sa.Text, nullable=False, server_default=""),
    sa.Column("by_name", sa.Text, nullable=False, server_default="", doc="Who imported it"),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("counts", sa.JSON, doc="How many rows were created, updated, refused and so on"),
    sqlite_autoincrement=True,
)
"""An import of people. Its number is in the history of everybody it changed."""

history = sa.Table(
    "history",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column(
        "subscriber_id",
        BigId,
        sa.ForeignKey("subscriber.id"),
        doc="Empty if the address was no subscriber's",
    ),
    sa.Column(
        "email_key", AsciiKey, doc="The address, if it was no subscriber's; emptied by erasure"
    ),
    sa.Column("list_id", BigId, sa.ForeignKey("mailing_list.id"), doc="Empty for all lists"),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("what", sa.String(20), nullable=False, doc="A value of `HistoryEvent`"),
    sa.Column("by", sa.String(20), nullable=False, doc="A value of `OriginKind`"),
    sa.Column(
        "by_name",
        sa.Text,
        nullable=False,
        server_default="",
        doc="The name of the staff member or provider, or the number of the import",
    ),
    sa.Column(
        "through",
        sa.Text,
        nullable=False,
        server_default="",
        doc="The form, page, command or event",
    ),
    sa.Column(
        "detail",
        sa.JSON(none_as_null=True),
        doc="Values before and after, the wording, the reason",
    ),
    sa.Index(None, "subscriber_id", "id"),
    sa.Index(
        None,
        "email_key",
        sqlite_where=sa.text("email_key IS NOT NULL"),
        postgresql_where=sa.text("email_key IS NOT NULL"),
    ),
)
"""What happened to each person. Rows are only added; erasure empties what names the person."""

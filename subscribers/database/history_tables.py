"""
The table of what happened to people.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import AsciiKey, BigId, UtcDateTime
from subscribers.database.tables import metadata

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
    # Programs ask who has changed since a time.
    sa.Index(None, "at"),
    sa.Index(
        None,
        "email_key",
        sqlite_where=sa.text("email_key IS NOT NULL"),
        postgresql_where=sa.text("email_key IS NOT NULL"),
    ),
)
"""What happened to each person. Rows are only added; erasure empties what names the person."""

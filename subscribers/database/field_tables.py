"""
The tables of declared fields: what a list asks people, and what they answered.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId
from subscribers.database.tables import metadata

field = sa.Table(
    "field",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.String(60), nullable=False, unique=True, doc="Its name in commands"),
    sa.Column(
        "type", sa.String(20), nullable=False, doc="text, number, date, boolean, choice or choices"
    ),
    sa.Column("labels", sa.JSON, nullable=False, doc="Its label by language"),
    sa.Column("options", sa.JSON, nullable=False, doc="The values to choose from, with labels"),
    sa.Column("is_public", sa.Boolean, nullable=False, doc="Readers see and change it"),
    sa.Column("is_personal", sa.Boolean, nullable=False, doc="It is personal data"),
    sa.Column("position", sa.Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
"""Something that is known about people, beside name, language and time zone."""

field_value = sa.Table(
    "field_value",
    metadata,
    sa.Column(
        "subscriber_id",
        BigId,
        sa.ForeignKey("subscriber.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("field_id", BigId, sa.ForeignKey("field.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("value", sa.Text, nullable=False, doc="In the canonical form of its type"),
    # Without the value, which may be longer than an entry of an index of PostgreSQL.
    sa.Index(None, "field_id", "subscriber_id"),
)
"""The value of a field for one person."""

list_field = sa.Table(
    "list_field",
    metadata,
    sa.Column(
        "list_id", BigId, sa.ForeignKey("mailing_list.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("field_id", BigId, sa.ForeignKey("field.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("is_required", sa.Boolean, nullable=False, server_default=sa.false()),
)
"""The fields that the sign-up form of a list asks for."""

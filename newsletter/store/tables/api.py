"""
The tables of the API: its tokens, and the responses that a repeated request gets again.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

api_token = sa.Table(
    "api_token",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("secret_hash", sa.LargeBinary, nullable=False, doc="SHA-256 of the whole token"),
    sa.Column("scopes", sa.JSON, nullable=False, doc="Values of `Permission`"),
    sa.Column(
        "has_all_lists",
        sa.Boolean,
        nullable=False,
        doc="False if it is limited to the lists in `api_token_list`",
    ),
    sa.Column("staff_id", BigId, doc="Its maker; empty if a command on the machine made it"),
    sa.Column("created_by", sa.Text, nullable=False, doc="The name of its maker then"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("last_used_at", UtcDateTime, doc="Written at most once a minute"),
    sa.Column("revoked_at", UtcDateTime),
    sa.Column("made_with", BigId, doc="The token it was made with, with which it is revoked"),
    sa.Index(
        None,
        "name",
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    ),
)
"""The tokens with which programs use the API. One that was revoked stays: histories name it."""

api_token_list = sa.Table(
    "api_token_list",
    metadata,
    sa.Column(
        "token_id",
        sa.ForeignKey("api_token.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "list_id",
        sa.ForeignKey("mailing_list.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Index(None, "list_id"),
)
"""The lists that a token is limited to."""

api_response = sa.Table(
    "api_response",
    metadata,
    sa.Column(
        "token_id",
        sa.ForeignKey("api_token.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("key", sa.String(255), primary_key=True, doc="The client's idempotency key"),
    sa.Column(
        "request_hash",
        sa.LargeBinary,
        nullable=False,
        doc="SHA-256 of the method, the address and the body",
    ),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("headers", sa.JSON, nullable=False),
    sa.Column("body", sa.Text, doc="Emptied if the person in it is erased"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index(None, "created_at"),
)
"""
The responses to writes with an idempotency key, for a day: the same request again gets the same
response, and changes nothing.
"""

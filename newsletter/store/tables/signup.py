"""
The tables that limit sign-ups.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import AsciiKey, BigId, UtcDateTime
from subscribers.database.tables import metadata

signup_attempt = sa.Table(
    "signup_attempt",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("person", sa.String(22), nullable=False, doc="A keyed hash of the email address"),
    sa.Column("address", sa.String(22), nullable=False, doc="A keyed hash of where it came from"),
    sa.Column("network", sa.String(22), nullable=False, doc="A keyed hash of its network"),
    sa.Column("domain", sa.String(22), nullable=False, doc="A keyed hash of the domain"),
    sa.Column(
        "lacks_proof",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="The form asked for a proof of work, and none came",
    ),
    sa.Index(None, "at"),
    sa.Index(None, "person", "at"),
    sa.Index(None, "network", "at"),
    sa.Index(None, "domain", "at"),
)
"""A request of a stranger that led to an email; it is kept for a day, to be counted."""

signup_refusal = sa.Table(
    "signup_refusal",
    metadata,
    sa.Column("limit", sa.String(20), primary_key=True, doc="The limit that was exceeded"),
    sa.Column("hour", UtcDateTime, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False, doc="How often, in that hour"),
)
"""How often the limits of sign-ups were exceeded, in each of the last hours."""

used_proof = sa.Table(
    "used_proof",
    metadata,
    sa.Column("nonce", AsciiKey, primary_key=True),
    sa.Column("expires_at", UtcDateTime, nullable=False),
)
"""The proofs of work that were used, until they expire."""

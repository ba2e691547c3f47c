"""
The tables of providers: the rate limit of each, and the account that is used there.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import UtcDateTime
from subscribers.database.tables import metadata

rate_limit = sa.Table(
    "rate_limit",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column(
        "advertised_rate", sa.Double, doc="What the provider's responses allow, in units per second"
    ),
    sa.Column("throttled_rate", sa.Double, doc="The reduced rate since the provider throttled"),
    sa.Column("refused_rate", sa.Double, doc="The rate at which the provider last throttled"),
    sa.Column(
        "changed_at",
        sa.Double,
        nullable=False,
        server_default="0",
        doc="When the reduced rate last changed",
    ),
    sa.Column(
        "next_free_at",
        sa.Double,
        nullable=False,
        server_default="0",
        doc="When all reservations so far are used up at the even rate (GCRA's arrival time)",
    ),
    sa.Column(
        "cooldown_until",
        sa.Double,
        nullable=False,
        server_default="0",
        doc="No call starts before this time, because the provider asked for a cooldown",
    ),
)
"""
The rate limit of each provider, for all processes together. Times are seconds since 1970, so that
the same arithmetic works on both databases.
"""

account = sa.Table(
    "account",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, doc="A short hash of the account's URL and key"),
    sa.Column(
        "since", UtcDateTime, doc="When the account last changed; empty if there was only one"
    ),
)
"""The account at each provider, so that a new one is not asked about calls of the old one."""

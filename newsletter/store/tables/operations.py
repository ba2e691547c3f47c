"""
The tables of the running processes: who hands over, how fast, what stops them, what the operator
was told, and which database is the original.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

worker = sa.Table(
    "worker",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("beat_at", UtcDateTime, nullable=False),
)

# Times are seconds since 1970: sums of them are written alike for both databases.
pace = sa.Table(
    "pace",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    # What the provider's answers said it allows, units a second.
    sa.Column("learned", sa.Double),
    # The rate it is held at since it throttled, when that last changed, and the rate at which it
    # throttled last.
    sa.Column("slowed", sa.Double),
    sa.Column("refused", sa.Double),
    sa.Column("changed_at", sa.Double, nullable=False, server_default="0"),
    # When all that was let through so far will be worked off at the even rate.
    sa.Column("paid_until", sa.Double, nullable=False, server_default="0"),
    # Nobody calls before: the provider asked for it.
    sa.Column("not_before", sa.Double, nullable=False, server_default="0"),
)

stop = sa.Table(
    "stop",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
)

told = sa.Table(
    "told",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
)

# Since when a provider has another account than it had before; NULL where it had none.
account = sa.Table(
    "account",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("since", UtcDateTime),
)

original = sa.Table(
    "original",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("handed", BigId, nullable=False),
    # Whose secret signs the links in its mails; NULL until somebody sends.
    sa.Column("instance", sa.Text),
)

"""
The tables of this package. The tables of publishing are in the same `metadata` and refer to these.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import AsciiKey, BigId, UtcDateTime
from subscribers.database.search_keys import DomainKey, LastWordKey, NameKey

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

mailing_list = sa.Table(
    "mailing_list",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column(
        "slug",
        sa.String(60),
        nullable=False,
        unique=True,
        doc="Its short name in commands and URLs",
    ),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("opt_in", sa.String(10), nullable=False, doc="double or single"),
    sa.Column("visibility", sa.String(10), nullable=False, doc="public, unlisted or private"),
    sa.Column(
        "language", sa.String(35), nullable=False, doc="The language of its emails and dates"
    ),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
"""A mailing list that people subscribe to."""

subscriber = sa.Table(
    "subscriber",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("email", sa.String(320), doc="The address that email is sent to"),
    sa.Column(
        "email_key", AsciiKey, unique=True, doc="The lower-case address that identifies the person"
    ),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("language", sa.String(35)),
    sa.Column("timezone", sa.String(60), doc="An IANA name, such as Europe/Oslo"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("erased_at", UtcDateTime),
    sa.Column("last_active_at", UtcDateTime, doc="When the person last opened or clicked an email"),
    sa.Column("paused_until", UtcDateTime, doc="No issue is sent to the person before this time"),
    sa.Index(
        None,
        "paused_until",
        sqlite_where=sa.text("paused_until IS NOT NULL"),
        postgresql_where=sa.text("paused_until IS NOT NULL"),
    ),
    sa.Index(
        None,
        "timezone",
        sqlite_where=sa.text("timezone IS NOT NULL"),
        postgresql_where=sa.text("timezone IS NOT NULL"),
    ),
    sa.Index(
        None,
        "erased_at",
        sqlite_where=sa.text("erased_at IS NOT NULL"),
        postgresql_where=sa.text("erased_at IS NOT NULL"),
    ),
    sa.Index("ix_subscriber_name_key", NameKey(sa.column("name"))),
    sa.Index("ix_subscriber_last_word_key", LastWordKey(sa.column("name"))),
    sa.Index("ix_subscriber_domain_key", DomainKey(sa.column("email_key"))),
    # The links to people's settings name their number, so no other may ever get it.
    sqlite_autoincrement=True,
)
"""A person. Erasure empties the address and keeps the row."""

# The index has the columns of a subscription that the audience needs, except its id, in that order.
subscription = sa.Table(
    "subscription",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("subscriber_id", BigId, sa.ForeignKey("subscriber.id"), nullable=False),
    sa.Column("list_id", BigId, sa.ForeignKey("mailing_list.id"), nullable=False),
    sa.Column("state", sa.String(10), nullable=False, doc="pending, active or ended"),
    sa.Column("since", UtcDateTime, nullable=False, doc="When it entered that state"),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("ended_reason", sa.Text, doc="Why it ended, in words"),
    sa.Column("ended_cause", sa.String(20), doc="A value of `EndCause`; empty unless it ended"),
    sa.Column(
        "cadence",
        sa.String(10),
        nullable=False,
        server_default="each",
        doc="How often: each (every issue), weekly or monthly",
    ),
    sa.UniqueConstraint("subscriber_id", "list_id"),
    sa.Index(None, "list_id", "state", "subscriber_id", "cadence"),
    # Of the few that ended, staff are shown who ended them lately.
    sa.Index(
        None,
        "ended_cause",
        "list_id",
        "since",
        sqlite_where=sa.text("ended_cause IS NOT NULL"),
        postgresql_where=sa.text("ended_cause IS NOT NULL"),
    ),
    # The unsubscribe links of sent mails name its number, so no other may ever get it.
    sqlite_autoincrement=True,
)
"""One subscriber on one list."""

consent = sa.Table(
    "consent",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column(
        "subscription_id", BigId, sa.ForeignKey("subscription.id"), nullable=False, index=True
    ),
    sa.Column("text", sa.Text, nullable=False, doc="How the person agreed, in words"),
    sa.Column(
        "source", sa.Text, nullable=False, doc="What recorded it, such as a command or an import"
    ),
    sa.Column("given_at", UtcDateTime),
    sa.Column("recorded_at", UtcDateTime, nullable=False),
    sa.Column("evidence", sa.Text, doc="The row in the imported file"),
)
"""When and how somebody agreed to a subscription."""

suppression = sa.Table(
    "suppression",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("email_key", AsciiKey, nullable=False),
    sa.Column(
        "scope",
        sa.String(60),
        nullable=False,
        server_default="",
        doc="The slug of the list that it applies to; empty for all lists",
    ),
    sa.Column(
        "reason",
        sa.String(20),
        nullable=False,
        doc="bounce, complaint, unsubscribed, erased, manual or unknown",
    ),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, doc="It no longer applies from this time"),
    sa.Column("note", sa.Text, nullable=False, server_default="", doc="Why, in words"),
    sa.Column("rule", AsciiKey, doc="The domain or hash that it follows from, if any"),
    sa.UniqueConstraint("email_key", "scope"),
    *(
        sa.Index(
            None,
            column,
            sqlite_where=sa.text(f"{column} IS NOT NULL"),
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
        for column in ("rule", "expires_at")
    ),
    # The recent ones are counted while an issue is being sent.
    sa.Index(None, "since"),
)
"""
An address that is never mailed, which need not be a subscriber's; or a rule, for a whole domain or
for whoever has an address of that hash.
"""

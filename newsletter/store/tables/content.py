"""
The tables of sources and briefs.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

source = sa.Table(
    "source",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column(
        "kind", sa.Text, nullable=False, doc="folder, feed, wordpress, ghost, page or mailbox"
    ),
    sa.Column("location", sa.Text, nullable=False, doc="The path or URL, as typed"),
    sa.Column("every_s", sa.Integer, nullable=False),
    sa.Column(
        "first_poll",
        sa.Text,
        nullable=False,
        doc="How the items of the first poll are stored: record or new",
    ),
    sa.Column(
        "look_back_s",
        sa.Integer,
        nullable=False,
        doc="A new item whose date is longer ago than this is held",
    ),
    sa.Column(
        "settle_s",
        sa.Integer,
        nullable=False,
        doc="How long a brief has to be unchanged before a scheduled run takes it",
    ),
    sa.Column(
        "timezone", sa.Text, nullable=False, doc="The time zone of dates that do not say theirs"
    ),
    sa.Column(
        "categories",
        sa.JSON,
        nullable=False,
        doc="Only items with one of these categories are read; if empty, all are",
    ),
    sa.Column("secret", sa.Text, doc="The place of its key or password: env:NAME or file:PATH"),
    sa.Column(
        "reading",
        sa.JSON,
        nullable=False,
        doc="How items are read: prefixes, trailers, date order, image, full text",
    ),
    sa.Column(
        "state",
        sa.JSON,
        nullable=False,
        doc="What the source remembers between polls, in a format of its own",
    ),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("first_polled_at", UtcDateTime),
    sa.Column("last_polled_at", UtcDateTime),
    sa.Column("next_poll_at", UtcDateTime),
    sa.Column(
        "failures", sa.Integer, nullable=False, server_default="0", doc="Failed polls in a row"
    ),
    sa.Column(
        "is_gone",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="The server said that it is permanently gone, so it is not polled any more",
    ),
    sa.Column("failing_since", UtcDateTime, doc="The first of its failed polls in a row"),
    sa.Column("held_since", UtcDateTime, doc="Since then it is not polled until a person resumes"),
    sa.Column("hold_reason", sa.Text, doc="The reason for the hold"),
    sa.Column("hold_phrase", sa.JSON(none_as_null=True), doc="To translate `hold_reason`"),
    sa.Column(
        "too_slow", sa.JSON, nullable=False, server_default="{}", doc="Items not read, by digest"
    ),
    sa.Column(
        "ids_changed_at",
        UtcDateTime,
        doc="When its items last had their old ids, while a resumed source has not been polled",
    ),
    sa.Column("paused_at", UtcDateTime, doc="Since then it is not polled, because staff paused it"),
    sa.Column("pause_reason", sa.Text, doc="Why, in their words"),
    sqlite_autoincrement=True,
)
"""A place that briefs come from, how often it is polled, and how its items are read."""

poll = sa.Table(
    "poll",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("source_id", sa.ForeignKey("source.id", ondelete="CASCADE"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column(
        "report",
        sa.JSON,
        nullable=False,
        doc="How many items were recorded, new, changed, unchanged and held, or the error",
    ),
    sa.Index("ix_poll_source_at", "source_id", "at"),
)
"""The report of each poll of a source."""

brief = sa.Table(
    "brief",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column(
        "source_name",
        sa.Text,
        nullable=False,
        doc="The source that found it first; 'by hand' if a person added it",
    ),
    sa.Column("key", sa.Text, nullable=False, doc="The key of its item at that source"),
    sa.Column(
        "site_key",
        sa.Text,
        unique=True,
        doc="The name of the post that is the same in the site's API, feed and pages",
    ),
    sa.Column(
        "content_hash", sa.Text, nullable=False, doc="A hash of what was read, to recognise an edit"
    ),
    sa.Column("link", sa.Text, doc="Its link without scheme, tracking and fragment"),
    sa.Column(
        "text_hash", sa.Text, doc="A hash of title and text, to recognise it under another id"
    ),
    sa.Column("status", sa.Text, nullable=False, doc="recorded, new, held or used"),
    sa.Column("status_reason", sa.Text, nullable=False, server_default=""),
    sa.Column(
        "status_phrase",
        sa.JSON(none_as_null=True),
        doc="What is needed to translate `status_reason`",
    ),
    sa.Column(
        "cause",
        sa.Text,
        doc="The cause of its status, if a later step depends on it: item_missing or freed",
    ),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False, doc="When its content last changed"),
    sa.Column("changed_by", sa.Text, doc="The key of the person who last changed it by hand"),
    sa.Column(
        "dated_at",
        UtcDateTime,
        nullable=False,
        doc="Its own date, or else when it was first seen; if later than now, it waits",
    ),
    sa.Column(
        "is_pinned",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        doc="It leads the next issue that includes it",
    ),
    sa.Column(
        "fields",
        sa.JSON,
        nullable=False,
        doc="Its current values: title, body, takeaways, image and so on",
    ),
    sa.Column(
        "given",
        sa.JSON(none_as_null=True),
        doc="The values from its source, if a person has edited some",
    ),
    sa.Column(
        "edited", sa.JSON, nullable=False, doc="The names of the fields that a person edited"
    ),
    sa.Index("ix_brief_dated_at", "dated_at"),
    sa.Index("ix_brief_source_status", "source_name", "status"),
    sa.Index("ix_brief_link", "link"),
    sa.Index("ix_brief_text_hash", "text_hash"),
    sqlite_autoincrement=True,
)
"""A brief as it is now, where it came from, and whether an issue may include it."""

item_key = sa.Table(
    "item_key",
    metadata,
    sa.Column("source_name", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column(
        "reused_for",
        sa.Text,
        primary_key=True,
        server_default="",
        doc="The URL of the brief, if a source uses one key for several briefs",
    ),
    sa.Column(
        "fallback_key",
        sa.Text,
        doc="The key without scheme and host, so that a site's move to https makes no new briefs",
    ),
    sa.Column("brief_id", sa.ForeignKey("brief.id", ondelete="CASCADE"), nullable=False),
    sa.Column(
        "is_new",
        sa.Boolean,
        nullable=False,
        doc="The brief arrived after the source was added",
    ),
    sa.Column(
        "seen_hash",
        sa.Text,
        doc="Of a joined brief: the hash of the content that came last under this key",
    ),
    sa.Index("ix_item_key_fallback_key", "source_name", "fallback_key"),
    sa.Index("ix_item_key_brief", "brief_id"),
)
"""
The keys that sources use for a brief. One brief may come through several sources, such as a feed
and an API.
"""

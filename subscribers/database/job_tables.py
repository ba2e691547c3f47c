"""
The table of imports and exports. The history names an import by its number here.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

file_job = sa.Table(
    "file_job",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False, doc="A value of `JobKind`"),
    sa.Column("state", sa.String(10), nullable=False, doc="A value of `JobState`"),
    sa.Column("list_id", BigId, sa.ForeignKey("mailing_list.id"), doc="Empty for all lists"),
    sa.Column("files", sa.JSON, nullable=False, doc="The path, size and SHA-256 of each file"),
    sa.Column("options", sa.JSON, nullable=False, doc="How the files are read or written"),
    sa.Column("product", sa.Text, nullable=False, server_default=""),
    sa.Column("by_name", sa.Text, nullable=False, server_default="", doc="Who started it"),
    sa.Column(
        "through", sa.Text, nullable=False, server_default="", doc="How: the page or command"
    ),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime, doc="The time of all that it changes"),
    sa.Column("ended_at", UtcDateTime),
    sa.Column(
        "position",
        sa.BigInteger,
        nullable=False,
        server_default="0",
        doc="How many rows of the files are done",
    ),
    sa.Column("counts", sa.JSON, doc="How many rows were created, updated, refused and so on"),
    sa.Column(
        "progress",
        sa.JSON(none_as_null=True),
        doc="What else a worker needs to continue; empty once it is done",
    ),
    sa.Column("error", sa.Text, nullable=False, server_default="", doc="Why it failed"),
    sa.Column("error_phrase", sa.JSON(none_as_null=True), doc="To translate `error`"),
    sa.Column(
        "people_before",
        BigId,
        doc="The highest number of a person when it began; those above may be its own",
    ),
    sa.Column(
        "undo",
        sa.JSON(none_as_null=True),
        doc="Who undid it, when, how far, and what it came to",
    ),
    sqlite_autoincrement=True,
)
"""An import or export of people, which a command or `newsletter serve` works."""

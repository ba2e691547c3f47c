"""
The tables of images: the file, its size and copy, and where on the web it was found.
`store.content.images` has their SQL.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import UtcDateTime
from subscribers.database.tables import metadata

image = sa.Table(
    "image",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, doc="A hash of its content"),
    sa.Column("kind", sa.Text, nullable=False, doc="The media type of the original"),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("weight", sa.Integer, nullable=False, doc="The size of the original in bytes"),
    sa.Column("copy_kind", sa.Text, doc="The media type of the copy; empty if there is none"),
    sa.Column("stored_at", UtcDateTime, nullable=False),
    sa.Column(
        "copy",
        sa.LargeBinary,
        doc="The re-encoded image; the last column, so that SQLite reads the others without it",
    ),
)
"""An image file, identified by its content, and the copy that is served."""

image_address = sa.Table(
    "image_address",
    metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("image_id", sa.ForeignKey("image.id", ondelete="CASCADE"), nullable=False),
    sa.Index("ix_image_address_image", "image_id"),
)
"""The URLs at which an image was found."""

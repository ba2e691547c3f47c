"""
The tables of images: the file, its size and copy, and where on the web it was found.
`store.content.images` has their SQL.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import UtcDateTime
from subscribers.database.tables import metadata

# A picture file, known by its content, and the addresses on the web where it was found.
image = sa.Table(
    "image",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("weight", sa.Integer, nullable=False),
    sa.Column("copy_kind", sa.Text),
    sa.Column("stored_at", UtcDateTime, nullable=False),
    # Last, so that SQLite reads the others without it.
    sa.Column("copy", sa.LargeBinary),
)

image_address = sa.Table(
    "image_address",
    metadata,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("image_id", sa.ForeignKey("image.id", ondelete="CASCADE"), nullable=False),
    sa.Index("ix_image_address_image", "image_id"),
)

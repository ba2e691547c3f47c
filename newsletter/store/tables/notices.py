"""
The table of standing notices.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.tables import metadata

standing_notice = sa.Table(
    "standing_notice",
    metadata,
    sa.Column(
        "issue_id",
        sa.ForeignKey("issue.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("kind", sa.String(20), nullable=False, doc="Its template: a value of `NoticeKind`"),
    sa.Column(
        "list_id",
        sa.ForeignKey("mailing_list.id", ondelete="CASCADE"),
        doc="The list that it is about; empty if it is about none or several",
    ),
    sa.Column("language", sa.String(35), nullable=False),
    sa.Column(
        "content_hash", sa.Text, nullable=False, doc="A hash of everything it was rendered from"
    ),
    sa.Column("batch_size", sa.Integer, nullable=False, doc="How many fit into one call"),
    sa.UniqueConstraint("kind", "list_id", "language"),
    sa.Index(
        "ix_standing_notice_of_all",
        "kind",
        "language",
        unique=True,
        sqlite_where=sa.text("list_id IS NULL"),
        postgresql_where=sa.text("list_id IS NULL"),
    ),
)
"""
The notices that people are added to, such as the confirmation of a list in a language. Such an
issue keeps sending while it stands here.
"""

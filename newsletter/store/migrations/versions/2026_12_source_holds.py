"""
Recognise a brief by its link and by its text, and hold a source that gives its items new ids.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.model.brief import Brief
from newsletter.model.link_key import link_key
from newsletter.store.content.fingerprints import text_hash
from subscribers.database.columns import UtcDateTime

revision = "2026_12_source_holds"
down_revision = "2026_12_events"
branch_labels = None
depends_on = None

# Only the columns that are read and filled here.
_BRIEF = sa.table(
    "brief",
    sa.column("id", sa.BigInteger),
    sa.column("fields", sa.JSON),
    sa.column("given", sa.JSON),
    sa.column("link", sa.Text),
    sa.column("text_hash", sa.Text),
)
_AT_ONCE = 500


def upgrade() -> None:
    op.add_column("source", sa.Column("failing_since", UtcDateTime()))
    op.add_column("source", sa.Column("held_since", UtcDateTime()))
    op.add_column("source", sa.Column("hold_reason", sa.Text()))
    op.add_column("source", sa.Column("ids_changed_at", UtcDateTime()))
    op.add_column("brief", sa.Column("link", sa.Text()))
    op.add_column("brief", sa.Column("text_hash", sa.Text()))
    _fill_briefs()
    op.create_index("ix_brief_link", "brief", ["link"])
    op.create_index("ix_brief_text_hash", "brief", ["text_hash"])


def _fill_briefs() -> None:
    """
    Fill the columns of the stored briefs from what their sources gave.
    """
    connection, last = op.get_bind(), 0
    while rows := connection.execute(
        sa.select(_BRIEF.c.id, _BRIEF.c.fields, _BRIEF.c.given)
        .where(_BRIEF.c.id > last)
        .order_by(_BRIEF.c.id)
        .limit(_AT_ONCE)
    ).all():
        for row in rows:
            brief = Brief.from_json(row.given or row.fields)
            connection.execute(
                sa.update(_BRIEF)
                .where(_BRIEF.c.id == row.id)
                .values(link=link_key(brief.url), text_hash=text_hash(brief))
            )
        last = rows[-1].id

"""
Number issues for readers by list. Issues that were frozen keep the number that readers saw, which
was their id; the next issue to a list continues from there.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId

revision = "2026_12_issue_numbers"
down_revision = "2026_12_quiet_hours"
branch_labels = None
depends_on = None

# Only the columns that are read and filled here.
_ISSUE = sa.table(
    "issue",
    sa.column("id", sa.BigInteger),
    sa.column("kind", sa.Text),
    sa.column("audience", sa.JSON),
    sa.column("frozen_at", sa.DateTime),
    sa.column("number", sa.Integer),
    sa.column("number_list_id", sa.BigInteger),
)
_LIST = sa.table("mailing_list", sa.column("id", sa.BigInteger), sa.column("slug", sa.Text))


def upgrade() -> None:
    op.add_column("issue", sa.Column("number", sa.Integer()))
    op.add_column("issue", sa.Column("number_list_id", BigId))
    op.add_column("issue", sa.Column("approved_number", sa.Integer()))
    _number_frozen()
    op.create_index("ix_issue_number", "issue", ["number_list_id", "number"])


def _number_frozen() -> None:
    connection = op.get_bind()
    lists = {row.slug: row.id for row in connection.execute(sa.select(_LIST))}
    frozen = sa.select(_ISSUE.c.id, _ISSUE.c.audience).where(
        _ISSUE.c.kind == "issue", _ISSUE.c.frozen_at.is_not(None)
    )
    for row in connection.execute(frozen).all():
        list_id = lists.get(row.audience["lists"][0])
        values = {"number": row.id, "number_list_id": list_id}
        connection.execute(_ISSUE.update().where(_ISSUE.c.id == row.id).values(**values))

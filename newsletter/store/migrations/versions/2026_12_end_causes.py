"""
Store what ended a subscription as a value beside the words; until now the words were compared.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_end_causes"
down_revision = "2026_12_file_jobs"
branch_labels = None
depends_on = None

_CAUSES = {
    "by the reader": "reader",
    "unsubscribed": "reader",
    "by staff": "staff",
    "at the provider": "provider",
    "never confirmed": "unconfirmed",
    "erased": "erasure",
}


def upgrade() -> None:
    op.add_column("subscription", sa.Column("ended_cause", sa.String(20)))
    s = sa.table(
        "subscription",
        *(sa.column(name, sa.Text) for name in ("state", "ended_reason", "ended_cause")),
    )
    cause = sa.case(_CAUSES, value=s.c.ended_reason, else_="system")
    op.execute(s.update().where(s.c.state == "ended").values(ended_cause=cause))

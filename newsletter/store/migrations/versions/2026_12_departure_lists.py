"""
Note the number of the list of a departure, which stays when the list is renamed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId

revision = "2026_12_departure_lists"
down_revision = "2026_12_request_networks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("departure", sa.Column("list_id", BigId))

"""
Find the requests whose network address is still whole without reading all of them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_request_networks"
down_revision = "2026_12_suppression_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_reader_request_whole_network",
        "reader_request",
        ["requested_at"],
        unique=False,
        sqlite_where=sa.text("length(replace(network, '/', '')) = length(network)"),
        postgresql_where=sa.text("length(replace(network, '/', '')) = length(network)"),
    )

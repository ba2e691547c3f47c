"""
Give lists quiet hours, let the timing of an issue hold those of several lists, and call the lowest
level of a finding advice.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_12_quiet_hours"
down_revision = "2026_12_source_holds"
branch_labels = None
depends_on = None

# Only the columns that are read and filled here.
_ISSUE = sa.table("issue", sa.column("id", sa.BigInteger), sa.column("timing", sa.JSON))
_CHECK = sa.table(
    "issue_check", sa.column("issue_id", sa.BigInteger), sa.column("findings", sa.JSON)
)


def upgrade() -> None:
    op.add_column("list_settings", sa.Column("quiet", sa.Text()))
    op.add_column(
        "list_settings", sa.Column("timezone", sa.Text(), server_default="UTC", nullable=False)
    )
    _change_timings()
    _change_findings()


def _change_timings() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(_ISSUE)).all():
        if row.timing:
            hours = row.timing["quiet"]
            quiet = [{"hours": hours, "timezone": None}] if hours else []
            timing = {**row.timing, "quiet": quiet, "ignores_quiet": False}
            connection.execute(_ISSUE.update().where(_ISSUE.c.id == row.id).values(timing=timing))


def _change_findings() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(_CHECK)).all():
        findings = [
            {**finding, "level": "advice" if finding["level"] == "note" else finding["level"]}
            for finding in row.findings
        ]
        if findings != row.findings:
            changed = _CHECK.update().where(_CHECK.c.issue_id == row.issue_id)
            connection.execute(changed.values(findings=findings))

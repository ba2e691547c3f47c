"""
Keep imports and exports as jobs that can be continued and undone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId, UtcDateTime

revision = "2026_12_file_jobs"
down_revision = "2026_12_merge_values"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_table()
    _copy_imports()
    op.drop_table("import_run")


def _make_table() -> None:
    op.create_table(
        "file_job",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("list_id", BigId, nullable=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("product", sa.Text(), server_default="", nullable=False),
        sa.Column("by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("through", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("counts", sa.JSON(), nullable=True),
        sa.Column("progress", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("people_before", BigId, nullable=True),
        sa.Column("undo", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["mailing_list.id"], name=op.f("fk_file_job_list_id_mailing_list")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_job")),
        sqlite_autoincrement=True,
    )


def _copy_imports() -> None:
    """
    Copy the imports under their numbers, which the history names, and give none of them again.
    """
    connection = op.get_bind()
    sqlite = connection.dialect.name == "sqlite"
    name = "file_name" if sqlite else "CAST(file_name AS text)"
    files = (
        f"json_array(json_object('path', {name}))"
        if sqlite
        else f"json_build_array(json_build_object('path', {name}))"
    )
    connection.execute(
        sa.text(
            "INSERT INTO file_job (id, kind, state, list_id, files, options, product, by_name, "  # noqa: S608
            "created_at, started_at, ended_at, counts, error) "
            "SELECT id, 'import', CASE WHEN counts IS NULL THEN 'failed' ELSE 'done' END, "
            f"list_id, {files}, '{{}}', product, by_name, started_at, started_at, started_at, "
            "counts, CASE WHEN counts IS NULL THEN 'it was interrupted' ELSE '' END "
            "FROM import_run"
        )
    )
    if sqlite:
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'file_job'"))
        connection.execute(
            sa.text(
                "INSERT INTO sqlite_sequence (name, seq) "
                "SELECT 'file_job', seq FROM sqlite_sequence WHERE name = 'import_run'"
            )
        )
    else:
        connection.execute(
            sa.text(
                "SELECT setval(pg_get_serial_sequence('file_job', 'id'), last_value, is_called) "
                "FROM import_run_id_seq"
            )
        )

"""
Let a person get a notice several times, each time as another occasion, and keep which notices
stand: people are added to them one after another.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.database.columns import BigId

revision = "2026_12_occasions"
down_revision = "2026_12_signup_proofs"
branch_labels = None
depends_on = None

_REPLACED = ("uq_delivery_issue_id_subscriber_id", "uq_delivery_issue_id_email_key")
_UNIQUE = {
    "uq_delivery_issue_id_subscriber_id_occasion": ["issue_id", "subscriber_id", "occasion"],
    "uq_delivery_issue_id_email_key_occasion": ["issue_id", "email_key", "occasion"],
}
_OLD_COLUMNS = (
    "id, issue_id, subscriber_id, subscription_id, list_id, email, email_key, name, batch_no, "
    "state, reason, settled_by, provider_id"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_delivery()
    else:
        _alter_delivery()
    op.add_column("batch", sa.Column("occasion", sa.Integer(), nullable=True))
    op.add_column("batch", sa.Column("size", sa.Integer(), nullable=True))
    _make_standing_notices()


def _alter_delivery() -> None:
    op.add_column(
        "delivery", sa.Column("occasion", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("delivery", sa.Column("request_id", BigId, nullable=True))
    for name in _REPLACED:
        op.drop_constraint(op.f(name), "delivery")
    for name, columns in _UNIQUE.items():
        op.create_unique_constraint(op.f(name), "delivery", columns)


def _rebuild_delivery() -> None:
    """
    Rebuild the table on SQLite, which cannot change its constraints, and keep every row.

    Dropping a table deletes its rows first, and with them the outcomes that refer to them (ON
    DELETE CASCADE); within a transaction foreign keys cannot be turned off. So the old table is
    renamed, which makes the outcomes refer to it under its new name
    (https://sqlite.org/lang_altertable.html#altertabrename), and the text of their schema is then
    pointed at the new table, as in https://sqlite.org/lang_altertable.html#otheralter. When the old
    table is dropped, nothing refers to it. The numbers of deleted deliveries stay used.
    """
    _make_new_delivery()
    op.execute(
        f"INSERT INTO delivery_new ({_OLD_COLUMNS}) SELECT {_OLD_COLUMNS} FROM delivery"  # noqa: S608
    )
    highest = op.get_bind().scalar(
        sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'delivery'")
    )
    op.execute("ALTER TABLE delivery RENAME TO delivery_old")
    op.execute("ALTER TABLE delivery_new RENAME TO delivery")
    op.execute("PRAGMA writable_schema=ON")
    op.execute(
        "UPDATE sqlite_master SET sql = replace(sql, '\"delivery_old\"', 'delivery') "
        "WHERE type = 'table' AND name = 'outcome'"
    )
    op.execute("PRAGMA writable_schema=RESET")
    op.execute("DROP TABLE delivery_old")
    _continue_from(highest)
    _index_delivery()


def _make_new_delivery() -> None:
    op.create_table(
        "delivery_new",
        sa.Column("id", BigId, nullable=False),
        sa.Column("issue_id", BigId, nullable=False),
        sa.Column("subscriber_id", BigId, nullable=True),
        sa.Column("subscription_id", BigId, nullable=True),
        sa.Column("list_id", BigId, nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_key", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("batch_no", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("occasion", sa.Integer(), server_default="0", nullable=False),
        sa.Column("request_id", BigId, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        *(
            sa.ForeignKeyConstraint(
                [f"{target}_id" if target != "mailing_list" else "list_id"],
                [f"{target}.id"],
                name=op.f(name),
                ondelete=ondelete,
            )
            for target, name, ondelete in (
                ("issue", "fk_delivery_issue_id_issue", "CASCADE"),
                ("subscriber", "fk_delivery_subscriber_id_subscriber", "SET NULL"),
                ("subscription", "fk_delivery_subscription_id_subscription", "SET NULL"),
                ("mailing_list", "fk_delivery_list_id_mailing_list", "SET NULL"),
            )
        ),
        *(sa.UniqueConstraint(*columns, name=op.f(name)) for name, columns in _UNIQUE.items()),
        sqlite_autoincrement=True,
    )


def _continue_from(highest: int | None) -> None:
    if highest is not None:
        connection = op.get_bind()
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'delivery'"))
        connection.execute(
            sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('delivery', :seq)"),
            {"seq": highest},
        )


def _index_delivery() -> None:
    op.create_index("ix_delivery_batch", "delivery", ["issue_id", "batch_no"])
    op.create_index("ix_delivery_subscriber", "delivery", ["subscriber_id"])
    op.create_index("ix_delivery_email_key", "delivery", ["email_key"])
    op.create_index(
        "ix_delivery_uncertain",
        "delivery",
        ["issue_id"],
        sqlite_where=sa.text("state = 'uncertain'"),
    )


def _make_standing_notices() -> None:
    op.create_table(
        "standing_notice",
        sa.Column("issue_id", BigId, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("list_id", BigId, nullable=True),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("batch_size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"],
            ["issue.id"],
            name=op.f("fk_standing_notice_issue_id_issue"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["mailing_list.id"],
            name=op.f("fk_standing_notice_list_id_mailing_list"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_standing_notice")),
        sa.UniqueConstraint(
            "kind", "list_id", "language", name=op.f("uq_standing_notice_kind_list_id_language")
        ),
    )
    op.create_index(
        "ix_standing_notice_of_all",
        "standing_notice",
        ["kind", "language"],
        unique=True,
        sqlite_where=sa.text("list_id IS NULL"),
        postgresql_where=sa.text("list_id IS NULL"),
    )

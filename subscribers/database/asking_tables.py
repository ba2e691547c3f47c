"""
The tables of the runs that ask the people of a list again whether they want it.
"""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.database.columns import BigId, UtcDateTime
from subscribers.database.tables import metadata

ask_run = sa.Table(
    "ask_run",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    sa.Column("list_id", BigId, sa.ForeignKey("mailing_list.id"), nullable=False),
    sa.Column("audience", sa.String(10), nullable=False, doc="A value of `AskAudience`"),
    sa.Column("segment", sa.String(60), doc="The name that the segment had, if it asks one"),
    sa.Column("import_id", BigId, doc="The number of the import, if it asks those of one"),
    sa.Column("per_day", sa.Integer, nullable=False, doc="How many are asked in 24 hours at most"),
    sa.Column("days", sa.Integer, nullable=False, doc="How many days each has to answer"),
    sa.Column("state", sa.String(10), nullable=False, doc="running, stopped or done"),
    sa.Column("by_name", sa.Text, nullable=False, server_default="", doc="Who started it"),
    sa.Column(
        "through", sa.Text, nullable=False, server_default="", doc="How: the page or command"
    ),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column(
        "history_before",
        BigId,
        nullable=False,
        doc="The highest number in the history when it began: what follows may be an answer",
    ),
    sa.Column(
        "consents_before",
        BigId,
        nullable=False,
        server_default="0",
        doc="The highest number of a consent when it began: what follows is an answer",
    ),
    # One at a time asks the people of a list.
    sa.Index(
        "ix_ask_run_running",
        "list_id",
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    ),
    sqlite_autoincrement=True,
)
"""A run, started by a person, that asks people of a list whether they still want it."""

ask_run_person = sa.Table(
    "ask_run_person",
    metadata,
    sa.Column("run_id", BigId, sa.ForeignKey("ask_run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column(
        "subscriber_id",
        BigId,
        sa.ForeignKey("subscriber.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("subscription_id", BigId, sa.ForeignKey("subscription.id"), nullable=False),
    sa.Column("state", sa.String(10), nullable=False, doc="A value of `AskedState`"),
    sa.Column("asked_at", UtcDateTime, doc="When the email was queued"),
    sa.Column("due_at", UtcDateTime, doc="When it is next decided whether they have not answered"),
    sa.Column("request_id", BigId, doc="The request that the link in the email answers"),
    # Who is next to be asked, and whose time to answer is over.
    sa.Index("ix_ask_run_person_due", "run_id", "state", "due_at", "subscriber_id"),
    sa.Index("ix_ask_run_person_asked", "run_id", "asked_at"),
    sa.Index(None, "subscriber_id"),
)
"""The people of a run, fixed when it begins, and what became of each. Erasure deletes theirs."""

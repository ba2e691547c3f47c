"""
Count the statements that something sends to the database.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from newsletter.app import App


@contextlib.contextmanager
def counted(app: App) -> Iterator[list[str]]:
    """
    Collect the statements that are executed while the block runs, without those that begin a
    transaction.
    """
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    engine = app.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)

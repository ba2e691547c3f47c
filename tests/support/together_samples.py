"""
Two threads that meet at a statement of the database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import sqlalchemy as sa
from installation import Installation


def at_first(installation: Installation, words: str, act: Callable[[], None]) -> threading.Thread:
    """
    Return a thread that runs *act* as soon as the installation's database is about to execute
    *words*, and has half a second before the installation goes on.
    """
    other = threading.Thread(target=act)

    def listen(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith(words) and other.ident is None:
            other.start()
            other.join(timeout=0.5)

    sa.event.listen(installation.app.database.engine, "before_cursor_execute", listen)
    return other

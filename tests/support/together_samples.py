"""
Together samples that several tests share.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import sqlalchemy as sa
from installation import House


def at_first(house: House, words: str, act: Callable[[], None]) -> threading.Thread:
    """
    A thread that runs *act* once the house's database is about to hear *words*, and gets half a
    second before the house goes on.
    """
    other = threading.Thread(target=act)

    def listen(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith(words) and other.ident is None:
            other.start()
            other.join(timeout=0.5)

    sa.event.listen(house.app.database.engine, "before_cursor_execute", listen)
    return other

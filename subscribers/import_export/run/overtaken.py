"""
Repeat what another process changed the ground for.
"""

from __future__ import annotations

from collections.abc import Callable

from subscribers.errors import ImportBlocked
from subscribers.text.phrases import phrase

_TRIES = 10


class Overtaken(Exception):
    """
    Raised if another process added somebody who was new a moment before; what was decided about
    them is out of date, and the transaction has to be rolled back.
    """


def repeat_if_overtaken(act: Callable[[], None]) -> None:
    """
    Do *act*, a transaction, and again as long as another process overtakes it.

    Raises:
        ImportBlocked: that happened ten times in a row.
    """
    for _ in range(_TRIES):
        try:
            return act()
        except Overtaken:
            continue
    raise ImportBlocked(
        phrase("other processes keep adding the people of this file: continue once they are done")
    )

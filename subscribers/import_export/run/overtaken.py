"""
Repeat what another process changed the ground for.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

_TRIES = 10
# Deadlock and failed serialisation (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_ROLLED_BACK = ("40P01", "40001")


class Overtaken(Exception):
    """
    Raised if another process added somebody who was new a moment before; what was decided about
    them is out of date, and the transaction has to be rolled back.
    """


def repeat_if_overtaken(act: Callable[[], None]) -> None:
    """
    Do *act*, a transaction, and again as long as another process overtakes it, at most ten times.
    """
    for _ in range(_TRIES - 1):
        try:
            return act()
        except Overtaken:
            continue
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _ROLLED_BACK:
                raise
    return act()

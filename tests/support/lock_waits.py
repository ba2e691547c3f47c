"""
Transactions on PostgreSQL that wait for each other.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import Any

import sqlalchemy as sa

_WAITING = sa.text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
_DEADLINE_S = 60


def wait_until_it_waits(engine: sa.Engine, other: Future[Any]) -> None:
    """
    Return once *other* waits for the lock of another transaction, or is done without that.
    """
    end = time.monotonic() + _DEADLINE_S
    # A transaction would see the activity that it saw first.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
        while not other.done() and not watching.scalar(_WAITING):
            assert time.monotonic() < end, "it neither waits nor ends"
            threading.Event().wait(0.01)

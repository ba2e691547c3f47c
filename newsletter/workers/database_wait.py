"""
Wait for the database's server at the start of `serve` and `worker`: after a power cut it may come
up later than they do.
"""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from types import FrameType
from typing import NoReturn

from newsletter.errors import StoreAway
from newsletter.operations.log_format import configure_logging
from newsletter.settings import load_settings
from newsletter.store.database import Database

logger = logging.getLogger(__name__)

PAUSES_S = (1, 2, 4, 8, 15, 30)


def wait_for_database(config: Path, *, pause: Callable[[float], None] = time.sleep) -> None:
    """
    Return once the database of the settings in *config* can be reached, and say meanwhile in the
    log that it cannot. SIGTERM ends the process, with status 0.

    Raises:
        SettingsError: the settings are missing or wrong.
        StoreError: the server is there, but cannot be used.
    """
    settings = load_settings(config)
    configure_logging(settings.log.format)
    database = Database(settings.database_url)
    try:
        if database.file is None:
            with _ended_by_sigterm():
                _wait(database, pause)
    finally:
        database.close()


def _wait(database: Database, pause: Callable[[float], None]) -> None:
    for pause_s in chain(PAUSES_S, repeat(PAUSES_S[-1])):
        try:
            with database.read():
                break
        except StoreAway as error:
            extra = {"event": "database.away"}
            logger.warning("waiting %s s for the database: %s", pause_s, error, extra=extra)
            pause(pause_s)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)

"""
Keep the file of departures complete, and apply it to a restored or copied database before anything
may be sent.
"""

from __future__ import annotations

import datetime as dt
import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from newsletter.app import App
from newsletter.errors import Refused
from newsletter.store.delivery.erasure import forget_person
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.operations.database_identity import recorded_keys
from newsletter.store.operations.restore import hold_all_lists
from subscribers.departures.file import DepartureFile
from subscribers.departures.model import Departure
from subscribers.departures.replay import Replayed, departures_in, replay
from subscribers.text.phrases import phrase

logger = logging.getLogger(__name__)

# How far the table is compared with the end of the file, for lines that could not be written.
LOOK_BACK = dt.timedelta(days=7)
HELD = (
    "nothing told who left after the backup that was restored, so they may be on it again: check "
    "the provider's log first"
)


@dataclass(frozen=True, kw_only=True)
class Merged:
    """
    What the departures after a backup came to. If `is_held`, nothing tells who left, so that all
    lists are held.
    """

    replayed: Replayed
    is_held: bool


def complete_file(app: App) -> None:
    """
    Create the file of departures, and add those of the table that it lacks: it was moved away, or
    could not be written. Not while the database may be a copy: then a new file would be taken for
    the one that tells who left.
    """
    file = app.departure_log.file
    with app.database.read() as connection:
        if kill_switch.stop_of(connection, StopKind.COPY) is not None:
            return
        try:
            missing = list(_missing_in(connection, file))
            file.append(missing)
            if file.compact():
                extra = {"event": "departures.compacted"}
                logger.info("rewrote the departures file without older lines", extra=extra)
        except OSError as error:
            extra = {"event": "departures.not_completed"}
            message = "cannot read or write the departures file %s: %s"
            logger.error(message, file.path, error.strerror, extra=extra)


def _missing_in(connection: sa.Connection, file: DepartureFile) -> Iterator[Departure]:
    """
    Yield the departures in the table that are not among the last ones in the file.
    """
    newest = max((line.at for line in file.read() if line is not None), default=None)
    since = None if newest is None else newest - LOOK_BACK
    known = {line.key for line in file.read() if line and since is not None and line.at >= since}
    for each in departures_in(connection, since=since):
        if each.key not in known:
            yield each


def merge_departures(
    connection: sa.Connection,
    app: App,
    files: Sequence[Path],
    *,
    more: Iterable[Departure] | None = None,
    since: dt.datetime | None = None,
) -> Merged:
    """
    Apply the departures in *files*, in this machine's own file and in *more* that the database does
    not have. If nothing tells who left, hold all lists. An own file that was begun after *since*
    does not count, because it does not reach back to the backup.

    Raises:
        Refused: one of *files* does not exist, or cannot be read.
    """
    own = app.departure_log.file
    found = [DepartureFile(path) for path in files]
    if _reaches_back(own, since):
        found.append(own)
    recorded = recorded_keys(connection)
    # Hashes that were made with a secret that is lost match nobody.
    is_readable = recorded is None or recorded.instance == app.signing_keys.instance
    is_complete = is_readable and bool(found or more is not None)
    lines = itertools.chain(more or (), *(_lines(each) for each in found))
    done = replay(connection, lines, keyring=app.links.keys, now=app.clock())
    for number, email_key in done.erased:
        forget_person(connection, number=number, email_key=email_key)
    if not is_complete:
        hold_all_lists(connection, HELD)
    return Merged(replayed=done, is_held=not is_complete)


def _reaches_back(file: DepartureFile, since: dt.datetime | None) -> bool:
    if not file.path.exists():
        return False
    first = next((line for line in file.read() if line is not None), None)
    return since is None or first is None or first.at < since


def _lines(file: DepartureFile) -> Iterator[Departure | None]:
    if not file.path.is_file():
        raise Refused(phrase("{path} is not a departures file: check the path", path=file.path))
    try:
        yield from file.read()
    except OSError as error:
        raise Refused(
            phrase(
                "cannot read the departures file {path}: {reason}",
                path=file.path,
                reason=error.strerror,
            )
        ) from error


def departures_of(database_file: Path) -> list[Departure] | None:
    """
    Return the departures in another SQLite database; None if it has no such table, or is damaged.
    """
    # A file that was moved aside because it is damaged, and its logs, must stay as they are.
    engine = sa.create_engine(f"sqlite:///file:{database_file}?mode=ro&immutable=1&uri=true")
    try:
        with engine.connect() as connection:
            if connection.scalar(sa.text("PRAGMA quick_check(1)")) != "ok":
                return None
            return list(departures_in(connection))
    except sa.exc.SQLAlchemyError:
        return None
    finally:
        engine.dispose()

"""
Note departures: in the table, in the same transaction as the history that tells of them, and in the
file, before that transaction is committed.

`history.record_all` calls `note_departures`, so that nothing that ends, suppresses or erases can
forget it. The log is an option of the database's engine; a database without one keeps no file.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from subscribers.database.bulk_insert import insert_many
from subscribers.database.request_tables import departure
from subscribers.database.tables import mailing_list, subscriber
from subscribers.departures.file import DepartureFile
from subscribers.departures.model import MAX_REASON, Departure, DepartureKind
from subscribers.history.model import HistoryEvent, HistoryRecord
from subscribers.tokens import KeyRing

logger = logging.getLogger(__name__)

_OPTION = "departure_log"
_NOTED = "departures"
_KINDS = {
    HistoryEvent.LEFT: DepartureKind.LEFT,
    HistoryEvent.SUPPRESSED: DepartureKind.SUPPRESSED,
    HistoryEvent.ERASED: DepartureKind.ERASED,
}
_COLUMNS = ("email_hash", "what", "list_id", "scope", "reason", "at", "expires_at")


class DepartureLog:
    """
    Writes the departures of a database's transactions to a file. `keyring` is called when the first
    hash is needed.
    """

    def __init__(self, file: DepartureFile, keyring: Callable[[], KeyRing]) -> None:
        self.file = file
        self.keyring = keyring
        self._unwritten: list[Departure] = []
        self._lock = threading.Lock()

    def attach(self, engine: sa.Engine) -> None:
        """
        Note every departure in the transactions of *engine* from now on.
        """
        engine.update_execution_options(**{_OPTION: self})
        event.listen(engine, "commit", self._before_commit)
        event.listen(engine, "rollback", _forget)

    def _before_commit(self, connection: sa.Connection) -> None:
        noted: list[Departure] = connection.info.pop(_NOTED, [])
        if noted:
            self.write(noted)

    def write(self, departures: Sequence[Departure]) -> None:
        """
        Write departures to the file. If that fails, they are written with the next ones; nobody is
        kept from leaving.
        """
        with self._lock:
            self._unwritten += departures
            try:
                self.file.append(self._unwritten)
            except OSError as error:
                logger.error(
                    "cannot write the departures file %s: %s; if a backup is restored now, people "
                    "who left since are on the lists again",
                    self.file.path,
                    error.strerror,
                    extra={"event": "departures.not_written"},
                )
            else:
                self._unwritten = []


def log_of(connection: sa.Connection) -> DepartureLog | None:
    """
    Return the log of the connection's database, or None if it keeps none.
    """
    log: DepartureLog | None = connection.get_execution_options().get(_OPTION)
    return log


def note_departures(
    connection: sa.Connection, records: Iterable[HistoryRecord], *, at: dt.datetime
) -> None:
    """
    Note those of *records* that are departures, in the table and, before the commit, in the file.
    """
    log = log_of(connection)
    gone = [(each, *departed) for each in records for departed in _departures_in(each)]
    if log is None or not gone:
        return
    slugs = _slugs(connection, {each.list_id for each, _, _ in gone} - {None})
    keys = _email_keys(connection, [each for each, _, _ in gone])
    hash_of, noted = log.keyring().fingerprint, []
    for each, kind, reason in gone:
        email_key = each.email_key or keys.get(each.subscriber_id)
        # An import suppresses for all lists, though it is to one.
        is_everywhere = each.what is HistoryEvent.IMPORTED and kind is DepartureKind.SUPPRESSED
        if email_key is not None:
            noted.append(
                Departure(
                    email_hash=hash_of(email_key),
                    kind=kind,
                    scope="" if is_everywhere else slugs.get(each.list_id, _named_list(each)),
                    reason=reason[:MAX_REASON],
                    at=at,
                    expires_at=_end_of(each),
                    list_id=None if is_everywhere else each.list_id,
                )
            )
    store_departures(connection, noted)
    connection.info.setdefault(_NOTED, []).extend(noted)


def store_departures(connection: sa.Connection, departures: Iterable[Departure]) -> None:
    """
    Add departures to the table.
    """
    rows = [
        (
            each.email_hash,
            each.kind.value,
            each.list_id,
            each.scope,
            each.reason,
            each.at,
            each.expires_at,
        )
        for each in departures
    ]
    insert_many(connection, departure, _COLUMNS, rows)


def read_departure(row: sa.Row[Any]) -> Departure:
    """
    Convert a row of the table into a Departure.
    """
    return Departure(
        email_hash=row.email_hash,
        kind=DepartureKind(row.what),
        scope=row.scope,
        reason=row.reason,
        at=row.at,
        expires_at=row.expires_at,
        list_id=row.list_id,
    )


def _end_of(record: HistoryRecord) -> dt.datetime | None:
    """
    Return when a suppression ends, as its record says.
    """
    until = (record.detail or {}).get("until")
    return None if until is None else dt.datetime.fromisoformat(until)


def _named_list(record: HistoryRecord) -> str:
    """
    Return the slug of a list that the database does not have, if the record tells of one.
    """
    return str((record.detail or {}).get("list", ""))


def _forget(connection: sa.Connection) -> None:
    # What was noted went with a connection that the server ended, and to ask for it would raise.
    if not connection.invalidated:
        connection.info.pop(_NOTED, None)


def _departures_in(record: HistoryRecord) -> list[tuple[DepartureKind, str]]:
    """
    Return which departures a record tells of, each with its reason.
    """
    detail = record.detail or {}
    if record.what in _KINDS:
        return [(_KINDS[record.what], str(detail.get("reason", "")))]
    if record.what is not HistoryEvent.IMPORTED:
        return []
    found = []
    if detail.get("state", {}).get("after") == "ended":
        found.append((DepartureKind.LEFT, "import"))
    if reason := detail.get("suppressed", {}).get("after"):
        found.append((DepartureKind.SUPPRESSED, str(reason)))
    return found


def _slugs(connection: sa.Connection, list_ids: set[int | None]) -> dict[int | None, str]:
    if not list_ids:
        return {}
    found = sa.select(mailing_list.c.id, mailing_list.c.slug).where(mailing_list.c.id.in_(list_ids))
    return {row.id: row.slug for row in connection.execute(found)}


def _email_keys(
    connection: sa.Connection, records: Iterable[HistoryRecord]
) -> dict[int | None, str]:
    """
    Return the addresses of the people whose record does not have it, by number.
    """
    wanted = {each.subscriber_id for each in records if each.email_key is None} - {None}
    if not wanted:
        return {}
    found = sa.select(subscriber.c.id, subscriber.c.email_key).where(subscriber.c.id.in_(wanted))
    return {row.id: row.email_key for row in connection.execute(found)}

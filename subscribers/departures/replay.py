"""
Let the people go again who went after a backup was made: called once the backup is restored, before
anything may be sent.

A departure counts if the restored table does not have it. Somebody who came back after it stays
out, because the file does not say whether they did: it is safer to send nothing.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from subscribers.database.request_tables import departure
from subscribers.database.tables import mailing_list, subscriber, subscription
from subscribers.departures.log import read_departure, store_departures
from subscribers.departures.model import Departure, DepartureKind
from subscribers.departures.restored_lists import in_restored_lists
from subscribers.erasure import erase
from subscribers.history.model import Origin, OriginKind
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.bulk import NewSuppression, suppress_all
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import add_suppressions, suppress
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address

_p = subscriber
_s = subscription
_CHUNK = 5_000
BY = Origin(kind=OriginKind.SYSTEM, through="restore")


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """
    How many people were let go again, and how many lines of the file were damaged. `unknown` are
    addresses that the backup does not have. `erased` has the number and address of everybody who
    was erased, for what else is stored about them.
    """

    left: int = 0
    suppressed: int = 0
    unknown: int = 0
    damaged: int = 0
    erased: tuple[tuple[int, str], ...] = ()

    def as_json(self) -> dict[str, int]:
        """
        Return the counts as JSON values.
        """
        return {
            "left": self.left,
            "suppressed": self.suppressed,
            "erased": len(self.erased),
            "unknown": self.unknown,
            "damaged": self.damaged,
        }


def replay(
    connection: sa.Connection,
    lines: Iterable[Departure | None],
    *,
    keyring: KeyRing,
    now: dt.datetime,
) -> Replayed:
    """
    Apply those departures of *lines* that the database does not have; None stands for a damaged
    line.
    """
    new, damaged = _unknown_to(connection, lines)
    people = _find_people(connection, set(new), keyring) if new else {}
    done = Replayed(damaged=damaged, unknown=len(new) - len(people))
    for email_hash, gone in in_restored_lists(connection, new).items():
        if email_hash in people:
            done = _let_go(connection, people[email_hash], gone, done, keyring=keyring, now=now)
        else:
            _suppress_hash(connection, email_hash, gone)
    store_departures(connection, itertools.chain.from_iterable(new.values()))
    return done


def departures_in(
    connection: sa.Connection, *, since: dt.datetime | None = None
) -> Iterator[Departure]:
    """
    Yield the departures in the table since a time, or all, the oldest first.
    """
    query = sa.select(departure).order_by(departure.c.id)
    rows = connection.execute(query if since is None else query.where(departure.c.at >= since))
    for row in rows.yield_per(_CHUNK):
        yield read_departure(row)


def _unknown_to(
    connection: sa.Connection, lines: Iterable[Departure | None]
) -> tuple[Mapping[str, Sequence[Departure]], int]:
    """
    Return the departures that the table does not have, by hash, and how many lines are damaged.
    """
    new: dict[str, dict[Any, Departure]] = defaultdict(dict)
    damaged, left = 0, iter(lines)
    while chunk := list(itertools.islice(left, _CHUNK)):
        readable = [line for line in chunk if line is not None]
        damaged += len(chunk) - len(readable)
        hashes = {line.email_hash for line in readable}
        known = sa.select(departure).where(departure.c.email_hash.in_(hashes))
        known_keys = {read_departure(row).key for row in connection.execute(known)}
        for line in readable:
            if line.key not in known_keys:
                new[line.email_hash][line.key] = line
    return {key: list(each.values()) for key, each in new.items()}, damaged


def _find_people(connection: sa.Connection, hashes: set[str], keyring: KeyRing) -> dict[str, str]:
    """
    Return the address key of each of *hashes* that is a subscriber's.
    """
    found: dict[str, str] = {}
    keys = connection.scalars(sa.select(_p.c.email_key).where(_p.c.email_key.is_not(None)))
    for key in keys.yield_per(_CHUNK):
        for email_hash in keyring.fingerprints(key):
            if email_hash in hashes:
                found[email_hash] = key
    return found


def _let_go(
    connection: sa.Connection,
    email_key: str,
    gone: Sequence[Departure],
    done: Replayed,
    *,
    keyring: KeyRing,
    now: dt.datetime,
) -> Replayed:
    """
    Apply the departures of one person, and return the counts with theirs.
    """
    row = connection.execute(
        sa.select(_p.c.id, _p.c.email).where(_p.c.email_key == email_key)
    ).one_or_none()
    if row is None:
        return done
    address = Address(row.email, email_key)
    if any(each.kind is DepartureKind.ERASED for each in gone):
        erase(connection, address, keyring=keyring, by=BY, now=now)
        return replace(done, erased=(*done.erased, (row.id, email_key)))
    has_left = is_suppressed = False
    for each in gone:
        if each.kind is DepartureKind.LEFT:
            _leave(connection, row.id, address, each.scope, now=now)
            has_left = True
        else:
            reason = _reason(each)
            new = NewSuppression(reason=reason, scope=each.scope, expires_at=each.expires_at)
            if each.expires_at is None or each.expires_at > now:
                suppress_all(connection, [email_key], new, by=BY, now=now)
                is_suppressed = True
    return replace(done, left=done.left + has_left, suppressed=done.suppressed + is_suppressed)


def _leave(
    connection: sa.Connection, subscriber_id: int, address: Address, scope: str, *, now: dt.datetime
) -> None:
    """
    End the person's subscriptions within *scope*. Where there is none, the address is suppressed
    there, so that no import begins one.
    """
    theirs = (
        sa.select(_s.c.id)
        .join(mailing_list, mailing_list.c.id == _s.c.list_id)
        .where(_s.c.subscriber_id == subscriber_id)
    )
    if scope:
        theirs = theirs.where(mailing_list.c.slug == scope)
    numbers = list(connection.scalars(theirs))
    for number in numbers:
        unsubscribe(connection, number, reason="unsubscribed before a restore", by=BY, now=now)
    if not numbers:
        reason = SuppressionReason.UNSUBSCRIBED
        suppress(connection, address, reason=reason, scope=scope, by=BY, now=now)


def _suppress_hash(connection: sa.Connection, email_hash: str, gone: Iterable[Departure]) -> None:
    """
    Suppress an address that is not known, by its hash, so that no import brings it back.
    """
    rows = [
        {
            "email_key": email_hash,
            "scope": each.scope,
            "reason": _reason(each).value,
            "since": each.at,
            "expires_at": each.expires_at,
        }
        for each in gone
    ]
    add_suppressions(connection, rows)


def _reason(departure: Departure) -> SuppressionReason:
    """
    Return the reason of the suppression that a departure becomes.
    """
    if departure.kind is DepartureKind.ERASED:
        return SuppressionReason.ERASED
    if departure.kind is DepartureKind.LEFT:
        return SuppressionReason.UNSUBSCRIBED
    known = {reason.value: reason for reason in SuppressionReason}
    return known.get(departure.reason, SuppressionReason.UNKNOWN)

"""
The types of departures, and the line of the file that holds one.
"""

from __future__ import annotations

import datetime as dt
import enum
import urllib.parse
import zlib
from dataclasses import dataclass

VERSION = "1"
MAX_REASON = 60
_FIELDS = 8


class DepartureKind(enum.StrEnum):
    """
    How somebody went: LEFT a list, SUPPRESSED by us or after an event, ERASED for good.
    """

    LEFT = "left"
    SUPPRESSED = "suppressed"
    ERASED = "erased"


@dataclass(frozen=True, kw_only=True)
class Departure:
    """
    One departure. `email_hash` is the keyed hash of the address; `scope` is the slug of a list at
    that time, and `list_id` its number, which a rename does not change. For all lists `scope` is
    empty. A suppression may end, at `expires_at`.
    """

    email_hash: str
    kind: DepartureKind
    scope: str
    reason: str
    at: dt.datetime
    expires_at: dt.datetime | None = None
    list_id: int | None = None

    @property
    def subject(self) -> tuple[str, str, str, int | None]:
        """
        Return who went, how, and from where.
        """
        return self.email_hash, self.kind, self.scope, self.list_id

    @property
    def key(self) -> tuple[tuple[str, str, str, int | None], dt.datetime]:
        """
        Return what tells it from all others.
        """
        return self.subject, self.at

    def as_line(self) -> str:
        """
        Return the line of the file: version, time, kind, hash, number of the list, scope, reason,
        end, checksum.
        """
        scope, reason = (urllib.parse.quote(text, safe="") for text in (self.scope, self.reason))
        at, ends = _written(self.at), self.expires_at and _written(self.expires_at)
        number = "" if self.list_id is None else str(self.list_id)
        fields = (at, self.kind.value, self.email_hash, number, scope, reason, ends)
        words = " ".join([VERSION, *(field or "-" for field in fields)])
        return f"{words} {_checksum(words)}\n"


def read_line(line: str) -> Departure | None:
    """
    Return the departure on a line of the file; None if the line is damaged.
    """
    words, _, checksum = line.rstrip("\n").rpartition(" ")
    fields = words.split(" ")
    if checksum != _checksum(words) or len(fields) != _FIELDS or fields[0] != VERSION:
        return None
    _, at, kind, email_hash, number, scope, reason, ends = fields
    return Departure(
        email_hash=email_hash,
        kind=DepartureKind(kind),
        scope=_unquoted(scope),
        reason=_unquoted(reason),
        at=dt.datetime.fromisoformat(at),
        expires_at=None if ends == "-" else dt.datetime.fromisoformat(ends),
        list_id=None if number == "-" else int(number),
    )


def _written(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _unquoted(word: str) -> str:
    return "" if word == "-" else urllib.parse.unquote(word)


def _checksum(words: str) -> str:
    return f"{zlib.crc32(words.encode('ascii', 'replace')):08x}"

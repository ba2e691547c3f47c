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
_FIELDS = 7


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
    One departure. `email_hash` is the keyed hash of the address; `scope` is the slug of a list, or
    empty for all lists. A suppression may end, at `expires_at`.
    """

    email_hash: str
    kind: DepartureKind
    scope: str
    reason: str
    at: dt.datetime
    expires_at: dt.datetime | None = None

    @property
    def key(self) -> tuple[str, str, str, dt.datetime]:
        """
        Return what tells it from all others.
        """
        return self.email_hash, self.kind, self.scope, self.at

    def as_line(self) -> str:
        """
        Return the line of the file: version, time, kind, hash, scope, reason, end, checksum.
        """
        scope, reason = (urllib.parse.quote(text, safe="") for text in (self.scope, self.reason))
        at, ends = _written(self.at), self.expires_at and _written(self.expires_at)
        fields = (at, self.kind.value, self.email_hash, scope, reason, ends)
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
    _, at, kind, email_hash, scope, reason, ends = fields
    return Departure(
        email_hash=email_hash,
        kind=DepartureKind(kind),
        scope=_unquoted(scope),
        reason=_unquoted(reason),
        at=dt.datetime.fromisoformat(at),
        expires_at=None if ends == "-" else dt.datetime.fromisoformat(ends),
    )


def _written(time: dt.datetime) -> str:
    return time.astimezone(dt.UTC).isoformat(timespec="microseconds")


def _unquoted(word: str) -> str:
    return "" if word == "-" else urllib.parse.unquote(word)


def _checksum(words: str) -> str:
    return f"{zlib.crc32(words.encode('ascii', 'replace')):08x}"

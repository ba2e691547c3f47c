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
    empty for all lists.
    """

    email_hash: str
    kind: DepartureKind
    scope: str
    reason: str
    at: dt.datetime

    @property
    def key(self) -> tuple[str, str, str, dt.datetime]:
        """
        Return what tells it from all others.
        """
        return self.email_hash, self.kind, self.scope, self.at

    def as_line(self) -> str:
        """
        Return the line of the file: version, time, kind, hash, scope, reason, checksum.
        """
        scope, reason = (urllib.parse.quote(text, safe="") for text in (self.scope, self.reason))
        at = self.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
        fields = (VERSION, at, self.kind.value, self.email_hash, scope or "-", reason or "-")
        words = " ".join(fields)
        return f"{words} {_checksum(words)}\n"


def read_line(line: str) -> Departure | None:
    """
    Return the departure on a line of the file; None if the line is damaged.
    """
    words, _, checksum = line.rstrip("\n").rpartition(" ")
    fields = words.split(" ")
    if checksum != _checksum(words) or len(fields) != 6 or fields[0] != VERSION:
        return None
    _, at, kind, email_hash, scope, reason = fields
    return Departure(
        email_hash=email_hash,
        kind=DepartureKind(kind),
        scope=_unquoted(scope),
        reason=_unquoted(reason),
        at=dt.datetime.fromisoformat(at),
    )


def _unquoted(word: str) -> str:
    return "" if word == "-" else urllib.parse.unquote(word)


def _checksum(words: str) -> str:
    return f"{zlib.crc32(words.encode('ascii', 'replace')):08x}"

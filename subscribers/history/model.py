"""
The types of the history: what happened, and who did it.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class HistoryEvent(enum.StrEnum):
    """
    What happened to a person. RETURNED is an undone unsubscription, RELEASED the end of a
    suppression, EXPIRED a request to join that was never confirmed. RESENT: somebody sent them an
    issue again.
    """

    JOINED = "joined"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    LEFT = "left"
    RETURNED = "returned"
    SUPPRESSED = "suppressed"
    RELEASED = "released"
    ERASED = "erased"
    IMPORTED = "imported"
    EXPIRED = "expired"
    RESENT = "resent"


class OriginKind(enum.StrEnum):
    """
    Who did something: the reader, a member of staff, a provider's event, an import, or the program
    itself.
    """

    READER = "reader"
    STAFF = "staff"
    PROVIDER = "provider"
    IMPORT = "import"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """
    Who did something, and how. `name` is that of the staff member or provider, or the number of the
    import; `through` is the form, page, command or event.
    """

    kind: OriginKind
    name: str = ""
    through: str = ""


class HistoryRecord(NamedTuple):
    """
    Something that happened to a person, to be recorded. `list_id` is None if it concerns all lists.
    `email_key` is stored only where `subscriber_id` is None; the log of departures keeps its hash.
    `detail` holds JSON values: what a field was `before` and is `after`, the wording, the reason.
    It never holds the address itself.
    """

    what: HistoryEvent
    subscriber_id: int | None
    email_key: str | None = None
    list_id: int | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """
    Something that happened to a person, as it was recorded. `list_slug` is empty for all lists.
    """

    at: dt.datetime
    what: HistoryEvent
    list_slug: str
    origin: Origin
    detail: Mapping[str, Any]

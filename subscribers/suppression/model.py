"""
The types of suppressions: why an address is never mailed, and for which lists.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass


class SuppressionReason(enum.StrEnum):
    """
    Why an address is never mailed. UNKNOWN is for imports that gave no reason.
    """

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    ERASED = "erased"
    MANUAL = "manual"
    UNKNOWN = "unknown"


OUTWEIGHED_BY: Mapping[SuppressionReason, frozenset[SuppressionReason]] = {
    SuppressionReason.UNSUBSCRIBED: frozenset(SuppressionReason) - {SuppressionReason.UNSUBSCRIBED},
    SuppressionReason.BOUNCE: frozenset({SuppressionReason.COMPLAINT}),
}
"""
The reasons that replace the stored one: any is more serious than the person's own request, and a
complaint is more serious than a bounce.
"""

RULE_PREFIX = "@"
"""
The first character of the key of a rule, for a domain or a hash. No address starts with it.
"""

ALL_LISTS = ""
"""
The scope of a suppression that applies to every list; any other scope is the slug of a list.
"""


@dataclass(frozen=True, kw_only=True)
class Suppression:
    """
    An address that is never mailed. `address` is its key, or a keyed hash (starting with `@`) if
    the person was erased, or of a rule; `scope` is the slug of a list, or empty for all lists.
    `rule` is the key of the rule that it follows from, if any.
    """

    address: str
    reason: SuppressionReason
    scope: str
    since: dt.datetime
    expires_at: dt.datetime | None = None
    note: str = ""
    rule: str | None = None

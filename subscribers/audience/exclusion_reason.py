"""
Format the reason why a person is left out of an issue, and parse it again. The ledger and its JSON
store a reason as one text, which no other module writes or parses.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa


class ExclusionKind(enum.IntEnum):
    """
    The kinds of reasons. The value is the rank: if several apply, the lowest is used. ACTIVE,
    CONFIRMED and EXPIRED are for notices: the person is subscribed already, has confirmed already,
    or took too long.
    """

    ERASED = 0
    SUPPRESSED = 1
    MINUS_LIST = 2
    PAUSED = 3
    SEGMENT = 4
    CADENCE = 5
    PENDING = 6
    ENDED = 7
    NOT_SUBSCRIBED = 8
    ACTIVE = 9
    CONFIRMED = 10
    EXPIRED = 11


_DIGITS = 2
_TEXT: Mapping[ExclusionKind, str] = {
    ExclusionKind.ERASED: "erased",
    ExclusionKind.PAUSED: "paused",
    ExclusionKind.PENDING: "pending",
    ExclusionKind.NOT_SUBSCRIBED: "ended: removed",
    ExclusionKind.ACTIVE: "active already",
    ExclusionKind.CONFIRMED: "confirmed already",
    ExclusionKind.EXPIRED: "expired",
}
# These are followed by a detail: why the address is suppressed, the slug of the list, the name of
# the segment, the cadence that the reader chose, or why the subscription ended.
_TEXT_BEFORE_DETAIL: Mapping[ExclusionKind, str] = {
    ExclusionKind.SUPPRESSED: "suppressed: ",
    ExclusionKind.MINUS_LIST: "minus list ",
    ExclusionKind.SEGMENT: "not in segment ",
    ExclusionKind.CADENCE: "cadence ",
    ExclusionKind.ENDED: "ended: ",
}


@dataclass(frozen=True)
class ExclusionReason:
    """
    A parsed reason. `detail` is empty for kinds that need none.
    """

    kind: ExclusionKind
    detail: str = ""


def reason_text(
    kind: ExclusionKind, detail: sa.ColumnElement[str] | None = None
) -> sa.ColumnElement[str]:
    """
    Return the SQL expression that writes a reason.
    """
    if detail is None:
        return sa.literal(_TEXT[kind])
    return sa.literal(_TEXT_BEFORE_DETAIL[kind]) + detail


def ranked_reason(
    kind: ExclusionKind, detail: sa.ColumnElement[str] | None = None
) -> sa.ColumnElement[str]:
    """
    Return the column `ranked` of a SELECT of people who are left out: the reason after its rank.
    """
    return (sa.literal(f"{kind:0{_DIGITS}}") + reason_text(kind, detail)).label("ranked")


def first_reason(ranked: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """
    Return the aggregate that picks the reason with the lowest rank from a person's reasons.
    """
    return sa.func.substr(sa.func.min(ranked), _DIGITS + 1).label("reason")


def parse_reason(text: str) -> ExclusionReason | None:
    """
    Parse a reason from the ledger. Return None for a text that is not one of these reasons.
    """
    for kind, whole in _TEXT.items():
        if text == whole:
            return ExclusionReason(kind)
    for kind, before in _TEXT_BEFORE_DETAIL.items():
        if text.startswith(before):
            return ExclusionReason(kind, text.removeprefix(before))
    return None

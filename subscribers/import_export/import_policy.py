"""
Decides what a row may change, given what is known of the person. Pure: nothing is read or written.

The law: no row makes anyone active, or pending, who left, was suppressed or was erased; and a
pending subscription waits for its person, not for a file.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple

from subscribers.import_export.rows import Row
from subscribers.import_export.status_words import RowStatus
from subscribers.model import SubscriptionState, SuppressionReason

_State = SubscriptionState
_ENDING: Mapping[RowStatus, SuppressionReason | None] = {
    RowStatus.UNSUBSCRIBED: None,
    RowStatus.SUPPRESSED: SuppressionReason.UNKNOWN,
    RowStatus.BOUNCED: SuppressionReason.BOUNCE,
    RowStatus.COMPLAINED: SuppressionReason.COMPLAINT,
}
_REFUSED: Mapping[RowStatus, str] = {
    RowStatus.UNKNOWN: "its status is a word not known here: say active, pending or unsubscribed",
    RowStatus.NO_CONSENT: "it says that this contact never agreed to be mailed",
    RowStatus.ERASED: "it says that this person was deleted",
}


class Outcome(enum.StrEnum):
    """
    What a row is counted as.
    """

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT_SUPPRESSED = "kept_suppressed"
    REFUSED = "refused"
    INVALID = "invalid"
    DUPLICATE = "duplicate"


class Known(NamedTuple):
    """
    What the tables hold of a row's person: None, and no name, where they hold nothing.
    """

    subscriber_id: int | None = None
    name: str = ""
    timezone: str | None = None
    subscription_id: int | None = None
    state: SubscriptionState | None = None
    suppressed: SuppressionReason | None = None


class Decision(NamedTuple):
    """
    What to do for one row: begin a subscription in a state, end the one there is, suppress the
    address, give a name or a time zone. `refusal` says why nothing is done; it is empty for an
    erased person, of whom not even an error file may tell.
    """

    row: Row
    known: Known
    outcome: Outcome
    begin: SubscriptionState | None = None
    end: bool = False
    suppress: SuppressionReason | None = None
    rename: bool = False
    set_timezone: bool = False
    refusal: str = ""


def decide(row: Row, known: Known, *, may_begin: bool, is_repeated: bool) -> Decision:
    """
    What *row* changes. *may_begin* says that an active row may become an active subscription
    (there is consent, or the list asks for none); *is_repeated* that an earlier row of the file
    was about the same person, so that this one only fills in a missing name or time zone.
    """
    if known.suppressed is SuppressionReason.ERASED:
        return Decision(row=row, known=known, outcome=Outcome.REFUSED)
    if row.status in _REFUSED:
        refusal = _REFUSED[row.status]
        return Decision(row=row, known=known, outcome=Outcome.REFUSED, refusal=refusal)
    if row.status in _ENDING:
        return _leave(row, known)
    if known.suppressed or known.state is _State.ENDED:
        return Decision(row=row, known=known, outcome=Outcome.KEPT_SUPPRESSED)
    return _stay(row, known, may_begin=may_begin, is_repeated=is_repeated)


def _leave(row: Row, known: Known) -> Decision:
    suppress = _ENDING[row.status]
    if suppress is SuppressionReason.UNKNOWN:
        suppress = _reason_named(row.status_reason)
    is_on = known.state in (_State.ACTIVE, _State.PENDING)
    is_news = suppress is not None and known.suppressed is None
    changed = Outcome.UPDATED if is_on or is_news else Outcome.UNCHANGED
    return Decision(
        row=row,
        known=known,
        outcome=Outcome.CREATED if known.state is None else changed,
        begin=_State.ENDED if known.state is None else None,
        end=is_on,
        suppress=suppress,
    )


def _reason_named(word: str) -> SuppressionReason:
    """
    The reason our own export gives; erasure is not one a file can claim.
    """
    named = [reason for reason in SuppressionReason if reason.value == word]
    if named and named[0] is not SuppressionReason.ERASED:
        return named[0]
    return SuppressionReason.UNKNOWN


def _stay(row: Row, known: Known, *, may_begin: bool, is_repeated: bool) -> Decision:
    is_open = known.subscriber_id is not None and known.state is not _State.PENDING
    renames = is_open and _is_news(row.name, known.name, is_repeated)
    moves = is_open and _is_news(row.timezone, known.timezone, is_repeated)
    begin = None
    outcome = Outcome.UPDATED if renames or moves else Outcome.UNCHANGED
    if known.state is None:
        is_active = row.status is RowStatus.ACTIVE and may_begin
        begin = _State.ACTIVE if is_active else _State.PENDING
        outcome = Outcome.CREATED
    return Decision(
        row=row, known=known, outcome=outcome, begin=begin, rename=renames, set_timezone=moves
    )


def _is_news(given: str | None, held: str | None, is_repeated: bool) -> bool:
    return bool(given) and given != held and not (is_repeated and held)

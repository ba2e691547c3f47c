"""
Decide what a row may change, given what is known about the person. Pure: nothing is read or
written.

A row never makes a person active or pending who has unsubscribed, is suppressed or was erased. It
does not confirm a pending subscription either; `confirm_file` does. A name or time zone in the
first row about an active person replaces the stored one; a blank cell changes nothing, and a
pending person is left as they are.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import NamedTuple

from subscribers.import_export.rows import Row
from subscribers.import_export.status_words import RowStatus, stored_status
from subscribers.model import SubscriptionState
from subscribers.suppression.model import OUTWEIGHED_BY, SuppressionReason
from subscribers.text.phrases import phrase

_State = SubscriptionState
_ENDING: Mapping[RowStatus, SuppressionReason | None] = {
    RowStatus.UNSUBSCRIBED: None,
    RowStatus.SUPPRESSED: SuppressionReason.UNKNOWN,
    RowStatus.BOUNCED: SuppressionReason.BOUNCE,
    RowStatus.COMPLAINED: SuppressionReason.COMPLAINT,
}
REFUSED: Mapping[RowStatus, str] = {
    RowStatus.UNKNOWN: phrase("unknown status: use active, pending or unsubscribed"),
    RowStatus.NO_CONSENT: phrase("the status says that this contact never agreed to receive email"),
    RowStatus.ERASED: phrase("the status says that this person was deleted"),
}


class RowOutcome(enum.StrEnum):
    """
    The outcome of a row, as counted in the report.
    """

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT_SUPPRESSED = "kept_suppressed"
    REFUSED = "refused"
    INVALID = "invalid"
    DUPLICATE = "duplicate"


class KnownPerson(NamedTuple):
    """
    What the tables contain about the person of a row. For an unknown person all fields are None and
    `name` is empty.
    """

    subscriber_id: int | None = None
    name: str = ""
    timezone: str | None = None
    subscription_id: int | None = None
    state: SubscriptionState | None = None
    suppressed: SuppressionReason | None = None


class RowDecision(NamedTuple):
    """
    What to do about one row: begin a subscription in the state `begin`, end the present one or make
    it pending, suppress the address, set the name or the time zone. `refusal` says why nothing is
    done. It is empty for an erased person, whom the rejects file must not mention.
    """

    row: Row
    known: KnownPerson
    outcome: RowOutcome
    begin: SubscriptionState | None = None
    end: bool = False
    make_pending: bool = False
    suppress: SuppressionReason | None = None
    rename: bool = False
    set_timezone: bool = False
    refusal: str = ""

    @property
    def state(self) -> SubscriptionState | None:
        """
        Return the state that the subscription gets; None: it stays as it is.
        """
        if self.end:
            return _State.ENDED
        return _State.PENDING if self.make_pending else self.begin

    @property
    def status(self) -> RowStatus | None:
        """
        Return the status that is stored afterwards. None: not on the list, or erased.
        """
        suppressed = self.known.suppressed
        if suppressed is SuppressionReason.ERASED:
            return None
        if self.suppress and (
            suppressed is None or self.suppress in OUTWEIGHED_BY.get(suppressed, ())
        ):
            suppressed = self.suppress
        state = self.state or self.known.state
        if state is None and suppressed is None:
            return None
        return stored_status(state or _State.ENDED, suppressed)


def decide(
    row: Row, known: KnownPerson, *, may_begin: bool, is_repeated: bool, is_begun_here: bool = False
) -> RowDecision:
    """
    Decide what *row* changes.

    *may_begin*: an active row may begin an active subscription, because there is consent or the
    list does not require it. *is_repeated*: an earlier row of the file was about the same person,
    so this one only fills in a missing name or time zone. *is_begun_here*: such a row began the
    subscription, so a refused row ends it, and one that says pending makes it so.
    """
    if known.suppressed is SuppressionReason.ERASED:
        return RowDecision(row, known, RowOutcome.REFUSED)
    if row.status in REFUSED:
        if is_begun_here and known.state in (_State.ACTIVE, _State.PENDING):
            return RowDecision(row, known, RowOutcome.UPDATED, end=True)
        return RowDecision(row, known, RowOutcome.REFUSED, refusal=REFUSED[row.status])
    if row.status in _ENDING:
        return _decide_ended(row, known)
    if known.suppressed or known.state is _State.ENDED:
        return RowDecision(row, known, RowOutcome.KEPT_SUPPRESSED)
    if is_begun_here and row.status is RowStatus.PENDING and known.state is _State.ACTIVE:
        return RowDecision(row, known, RowOutcome.UPDATED, make_pending=True)
    return _decide_active(row, known, may_begin=may_begin, is_repeated=is_repeated)


def _decide_ended(row: Row, known: KnownPerson) -> RowDecision:
    suppress = _ENDING[row.status]
    if suppress is SuppressionReason.UNKNOWN:
        suppress = _parse_suppression_reason(row.status_reason)
    ends = known.state in (_State.ACTIVE, _State.PENDING)
    is_newly_suppressed = suppress is not None and known.suppressed is None
    outcome = RowOutcome.UPDATED if ends or is_newly_suppressed else RowOutcome.UNCHANGED
    return RowDecision(
        row,
        known,
        RowOutcome.CREATED if known.state is None else outcome,
        begin=_State.ENDED if known.state is None else None,
        end=ends,
        suppress=suppress,
    )


def _parse_suppression_reason(word: str) -> SuppressionReason:
    """
    Parse a reason that our own export wrote. A file is not allowed to say that a person was erased.
    """
    try:
        reason = SuppressionReason(word)
    except ValueError:
        return SuppressionReason.UNKNOWN
    return SuppressionReason.UNKNOWN if reason is SuppressionReason.ERASED else reason


def _decide_active(
    row: Row, known: KnownPerson, *, may_begin: bool, is_repeated: bool
) -> RowDecision:
    is_editable = known.subscriber_id is not None and known.state is not _State.PENDING
    renames = is_editable and _is_new_value(row.name, known.name, is_repeated)
    sets_timezone = is_editable and _is_new_value(row.timezone, known.timezone, is_repeated)
    begin = None
    outcome = RowOutcome.UPDATED if renames or sets_timezone else RowOutcome.UNCHANGED
    if known.state is None:
        is_active = row.status is RowStatus.ACTIVE and may_begin
        begin = _State.ACTIVE if is_active else _State.PENDING
        outcome = RowOutcome.CREATED
    return RowDecision(row, known, outcome, begin=begin, rename=renames, set_timezone=sets_timezone)


def _is_new_value(given: str | None, present: str | None, is_repeated: bool) -> bool:
    return bool(given) and given != present and not (is_repeated and present)

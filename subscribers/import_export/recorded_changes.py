"""
Say for the history what the decisions about the rows of an import change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from subscribers.history.model import HistoryEvent, HistoryRecord
from subscribers.import_export.import_policy import RowDecision
from subscribers.model import SubscriptionState as _State

_Values = dict[str, str | None]
# For most people nothing else changes; they share one value.
_STATE_CHANGES: Mapping[tuple[_State | None, _State | None], dict[str, _Values]] = {
    (before, after): {"state": {"before": before, "after": after}}
    for before in (None, *_State)
    for after in _State
}


def history_records(
    decisions: Iterable[RowDecision], subscriber_ids: Mapping[str, int], *, list_id: int
) -> list[HistoryRecord]:
    """
    Return what *decisions* change, for the history. *subscriber_ids* has the number of each person
    by address key, unless they are known.
    """
    records = []
    for each in decisions:
        number = each.known.subscriber_id or subscriber_ids.get(each.row.address.key)
        if detail := _changes(each):
            records.append(
                HistoryRecord(
                    what=HistoryEvent.IMPORTED,
                    subscriber_id=number,
                    email_key=each.row.address.key,
                    list_id=list_id,
                    detail=detail,
                )
            )
    return records


def _changes(decision: RowDecision) -> dict[str, _Values]:
    row, known = decision.row, decision.known
    changes = _STATE_CHANGES.get((known.state, decision.state), {})
    if not (decision.suppress or decision.rename or decision.set_timezone):
        return changes
    changes = {**changes}
    if decision.suppress is not None and known.suppressed is not decision.suppress:
        changes["suppressed"] = {"before": known.suppressed, "after": decision.suppress}
    if decision.rename:
        changes["name"] = {"before": known.name, "after": row.name}
    if decision.set_timezone:
        changes["timezone"] = {"before": known.timezone, "after": row.timezone}
    return changes

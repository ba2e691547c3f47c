"""
Show whole addresses in the history of a person, which is stored with masked ones. The address
before a change is known from the emails that went there, until these are removed or the person is
erased.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.store.delivery.emails_to import addresses_used
from subscribers.history.details import is_change
from subscribers.history.model import HistoryEntry
from subscribers.unsubscribe_view import masked


def with_addresses(
    connection: sa.Connection,
    subscriber_id: int,
    now_has: str,
    latest_first: Sequence[HistoryEntry],
) -> list[HistoryEntry]:
    """
    Return the entries with both addresses of each change of address in full, as far as they are
    known. After the last change, the person has the address *now_has*.
    """
    if not any(is_change(each.detail.get("email")) for each in latest_first):
        return list(latest_first)
    used = addresses_used(connection, subscriber_id)
    known, shown = now_has, []
    for entry in latest_first:
        change = entry.detail.get("email")
        if change and is_change(change):
            after = known if masked(known) == change["after"] else change["after"]
            others = (each for each in used if each != after)
            known = next(
                (each for each in others if masked(each) == change["before"]), change["before"]
            )
            whole = {**entry.detail, "email": {"before": known, "after": after}}
            entry = dataclasses.replace(entry, detail=whole)
        shown.append(entry)
    return shown

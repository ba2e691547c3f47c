"""
Compute when uncertain deliveries will be reconciled.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa

from newsletter.delivery.results import supports_reconciliation
from newsletter.errors import SettingsError
from newsletter.model.delivery import BatchState, Capabilities, Provider
from newsletter.store.delivery import leases
from newsletter.store.flow_control import provider_accounts
from newsletter.store.tables import batch


def reconciles_at(
    connection: sa.Connection, issue_id: int, provider_named: Callable[[str], Provider]
) -> dt.datetime | None:
    """
    Return when the providers can be asked about all uncertain deliveries of the issue. Return None
    if there are none, or if no provider can be asked.
    """
    rows = connection.execute(
        sa.select(batch.c.provider, batch.c.not_before, batch.c.call_started_at).where(
            batch.c.issue_id == issue_id, batch.c.state == BatchState.UNCERTAIN
        )
    ).all()
    known = {name: _capabilities(name, provider_named) for name in {row.provider for row in rows}}
    changed = provider_accounts.changed_at(connection)
    asked = [
        (known[row.provider], row)
        for row in rows
        if row.provider not in changed or row.call_started_at >= changed[row.provider]
    ]
    times = [row.not_before for found, row in asked if found and row.not_before]
    times += [
        row.call_started_at + found.look_up_lag + leases.CALL_DEADLINE
        for found, row in asked
        if found and found.look_up_lag and row.call_started_at
    ]
    return max(times, default=None)


def _capabilities(name: str, provider_named: Callable[[str], Provider]) -> Capabilities | None:
    """
    Return what a provider can do; None if it cannot be asked about a call, or is not set up any
    more.
    """
    try:
        found = provider_named(name).capabilities
    except SettingsError:
        return None
    return found if supports_reconciliation(found) else None

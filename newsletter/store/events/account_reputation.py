"""
Count the hard bounces and complaints of a week for each provider's account, over all lists:
providers judge an account, and one list is often too small for a judgement.

Only events about issues that were frozen in the last seven days count, so that all numbers are
about the same mails.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.model.reputation import (
    ReputationCounts,
    WarningKind,
    accepted_at_warnings,
    warnings_in,
)
from newsletter.store.delivery.status.counts import BATCH_SIZE
from newsletter.store.delivery.status.shown import IN_BATCH
from newsletter.store.tables import batch, delivery, issue, outcome

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class ReputationWarning:
    """
    A provider whose mails exceed a warning limit: the limit, and the line that says so.
    """

    provider: str
    kind: WarningKind
    line: str

    def __str__(self) -> str:
        return f"{self.provider}: {self.line}"


def warnings(connection: sa.Connection, *, now: dt.datetime) -> list[ReputationWarning]:
    """
    Return the providers whose mails bounced or drew complaints too often in the last seven days.
    """
    since = now - WEEK
    counted = _count_reported(connection, since)
    bounced, complained = counted[WarningKind.BOUNCED], counted[WarningKind.COMPLAINED]
    found = []
    for provider in sorted({*bounced, *complained}):
        week = _week_counts(
            connection, provider, bounced.get(provider, 0), complained.get(provider, 0), since
        )
        lines = warnings_in(week).items()
        found += [
            ReputationWarning(provider=provider, kind=kind, line=line) for kind, line in lines
        ]
    return found


def _count_reported(
    connection: sa.Connection, since: dt.datetime
) -> dict[WarningKind, dict[str, int]]:
    """
    Count the deliveries of each provider that bounced for good, and those that drew a complaint.
    """
    found: dict[WarningKind, dict[str, int]] = {kind: {} for kind in WarningKind}
    for row in connection.execute(_both_reported(), {"since": since}):
        found[WarningKind(row.kind)][row.provider] = row.people
    return found


@functools.cache
def _both_reported() -> sa.CompoundSelect[Any]:
    return sa.union_all(
        _select_reported(WarningKind.BOUNCED, outcome.c.bounced_hard_at),
        _select_reported(WarningKind.COMPLAINED, outcome.c.complained_at),
    )


def _select_reported(kind: WarningKind, column: sa.Column[dt.datetime]) -> sa.Select[Any]:
    since = sa.bindparam("since", type_=issue.c.frozen_at.type)
    return (
        sa.select(
            sa.literal_column(f"'{kind.value}'").label("kind"),
            batch.c.provider,
            sa.func.count().label("people"),
        )
        .select_from(issue)
        .join(outcome, outcome.c.issue_id == issue.c.id)
        .join(delivery, delivery.c.id == outcome.c.delivery_id)
        .join(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        .where(issue.c.frozen_at >= since, column.is_not(None), batch.c.provider.is_not(None))
        .group_by(batch.c.provider)
    )


def _week_counts(
    connection: sa.Connection, provider: str, bounced: int, complained: int, since: dt.datetime
) -> ReputationCounts:
    """
    Count a provider's accepted mails, bounces and complaints of the last week. Accepted mails are
    counted only if a warning is possible.
    """
    limit = accepted_at_warnings(bounced=bounced, complained=complained)
    accepted = _accepted(connection, provider, since) if limit else 0
    return ReputationCounts(accepted=accepted, bounced=bounced, complained=complained)


def _accepted(connection: sa.Connection, provider: str, since: dt.datetime) -> int:
    values = {"since": since, "provider": provider}
    of_batches, others = connection.execute(_select_accepted(), values).one()
    return int(of_batches or 0) + int(others or 0)


@functools.cache
def _select_accepted() -> sa.Select[Any]:
    """
    Select how many recipients are in the batches that a provider accepted, and by how many more or
    fewer it accepted, because single ones have a state of their own. Those are few, and of the
    others no row is read.
    """
    recent = sa.select(issue.c.id).where(
        issue.c.frozen_at >= sa.bindparam("since", type_=issue.c.frozen_at.type)
    )
    is_theirs = (
        batch.c.provider == sa.bindparam("provider", type_=sa.Text),
        batch.c.state == BatchState.SETTLED,
        batch.c.issue_id.in_(recent),
    )
    is_accepted = batch.c.outcome == DeliveryState.ACCEPTED
    of_batches = sa.select(sa.func.sum(BATCH_SIZE)).where(*is_theirs, is_accepted)
    own = delivery.c.state == DeliveryState.ACCEPTED
    difference = sa.case((own, 1), else_=0) - sa.case((is_accepted, 1), else_=0)
    others = (
        sa.select(sa.func.sum(difference))
        .select_from(delivery)
        .join(batch, IN_BATCH)
        .where(*is_theirs, delivery.c.issue_id.in_(recent), delivery.c.state.is_not(None))
    )
    return sa.select(of_batches.scalar_subquery(), others.scalar_subquery())

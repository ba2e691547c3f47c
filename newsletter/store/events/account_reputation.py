"""
What a week of mails did to the name that a provider's account has: how many bounced for good or
brought a complaint, whatever list they went to. Providers judge an account, and a list alone is
often too small to tell.

Counted are the issues frozen in the last seven days, by what events said of their deliveries: so
both numbers are of the same mails.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.delivery import BatchState, DeliveryState
from newsletter.model.reputation import ReputationCounts, accepted_at_warnings, warnings_in
from newsletter.store.delivery.status import SHOWN_STATE
from newsletter.store.tables import batch, delivery, issue, outcome

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Warned:
    """
    What too many readers of one provider's mails did (`bounced`, `complained`), and the line that
    says so.
    """

    provider: str
    did: str
    line: str

    def __str__(self) -> str:
        return f"{self.provider}: {self.line}"


def warnings(connection: sa.Connection, *, now: dt.datetime) -> list[Warned]:
    """
    Which providers' mails bounce or annoy more than they should, over the last seven days.
    """
    since = now - WEEK
    bounced = _heard(connection, outcome.c.bounced_hard_at, since)
    complained = _heard(connection, outcome.c.complained_at, since)
    found = []
    for provider in sorted({*bounced, *complained}):
        week = _week_of(
            connection, provider, bounced.get(provider, 0), complained.get(provider, 0), since
        )
        lines = warnings_in(week).items()
        found += [Warned(provider=provider, did=did, line=line) for did, line in lines]
    return found


def _heard(
    connection: sa.Connection, column: sa.Column[dt.datetime], since: dt.datetime
) -> dict[str, int]:
    """
    How many deliveries that each provider carried an event of this kind named.
    """
    rows = connection.execute(
        sa.select(batch.c.provider, sa.func.count().label("people"))
        .select_from(issue)
        .join(outcome, outcome.c.issue_id == issue.c.id)
        .join(delivery, delivery.c.id == outcome.c.delivery_id)
        .join(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        .where(issue.c.frozen_at >= since, column.is_not(None), batch.c.provider.is_not(None))
        .group_by(batch.c.provider)
    )
    return {row.provider: row.people for row in rows}


def _week_of(
    connection: sa.Connection, provider: str, bounced: int, complained: int, since: dt.datetime
) -> ReputationCounts:
    """
    The tally of a provider's week. Accepted mails are counted as far as a warning could need them,
    and one more: of millions, nobody reads them all each minute.
    """
    most = accepted_at_warnings(bounced=bounced, complained=complained)
    accepted = _accepted(connection, provider, since, most=most + 1) if most else 0
    return ReputationCounts(accepted=accepted, bounced=bounced, complained=complained)


def _accepted(connection: sa.Connection, provider: str, since: dt.datetime, *, most: int) -> int:
    those = (
        sa.select(delivery.c.id)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .join(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        .where(
            batch.c.provider == provider,
            issue.c.frozen_at >= since,
            batch.c.state == BatchState.SETTLED,
            SHOWN_STATE.in_([DeliveryState.ACCEPTED]),
        )
        .limit(most)
    )
    counted = sa.select(sa.func.count()).select_from(those.subquery())
    return int(connection.execute(counted).scalar_one())

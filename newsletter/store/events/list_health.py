"""
Read what became of the issues to a list: bounces and complaints by domain, and the readers who show
no sign of reading.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.model.delivery import DeliveryState
from newsletter.model.issue import IssueKind, IssueState
from newsletter.store.delivery.status.shown import SHOWN_STATE
from newsletter.store.issues.listing import latest_issues
from newsletter.store.tables import batch, delivery, issue, outcome
from subscribers.database.tables import subscription
from subscribers.model import MailingList, SubscriptionState

# So many issues without an open or a click make a reader silent.
SILENT_AFTER = 10
# Among so many of the newest issues, those to the list are looked for.
_LOOKED_AT = 500


@dataclass(frozen=True, kw_only=True)
class ReportsByDomain:
    """
    How many hard bounces and complaints came from each domain.
    """

    bounced: Mapping[str, int]
    complained: Mapping[str, int]


def count_reports_by_domain(
    connection: sa.Connection, mailing_list: MailingList, *, since: dt.datetime
) -> ReportsByDomain:
    """
    Count the hard bounces and complaints about issues to the list since that time. Other mails,
    such as those that ask for a confirmation, do not count.
    """
    of_kind: dict[str, Counter[str]] = {"bounced": Counter(), "complained": Counter()}
    columns = {"bounced": outcome.c.bounced_hard_at, "complained": outcome.c.complained_at}
    for kind, column in columns.items():
        found = (
            sa.select(delivery.c.email_key)
            .join(outcome, outcome.c.delivery_id == delivery.c.id)
            .join(issue, issue.c.id == delivery.c.issue_id)
            .where(
                issue.c.kind == IssueKind.ISSUE,
                column.is_not(None),
                column >= since,
                delivery.c.list_id == mailing_list.id,
                delivery.c.email_key.is_not(None),
            )
        )
        for address in connection.execute(found).scalars():
            of_kind[kind][address.rpartition("@")[2]] += 1
    return ReportsByDomain(**of_kind)


def newest_issues_to(connection: sa.Connection, mailing_list: MailingList) -> list[int]:
    """
    Return the numbers of the newest `SILENT_AFTER` issues that were sent to the list.
    """
    newest = latest_issues(connection, most=_LOOKED_AT, state=IssueState.SUBMITTED)
    theirs = [each.id for each in newest if mailing_list.slug in each.audience.lists]
    return theirs[:SILENT_AFTER]


def tells_of_reading(connection: sa.Connection, issues: Sequence[int]) -> bool:
    """
    Say whether anybody is known to have opened or clicked one of the *issues*; otherwise nothing is
    known of anybody.
    """
    found = sa.select(outcome.c.delivery_id).where(
        outcome.c.issue_id.in_(issues),
        sa.or_(outcome.c.opened_at.is_not(None), outcome.c.clicked_at.is_not(None)),
    )
    return connection.scalar(found.limit(1)) is not None


def count_silent(
    connection: sa.Connection, mailing_list: MailingList, issues: Sequence[int]
) -> int:
    """
    Return how many readers, still active on the list, were sent all of the *issues*, at once or
    again later, and are not known to have opened or clicked any.
    """
    silent = (
        sa.select(delivery.c.subscriber_id)
        .outerjoin(
            batch, (batch.c.issue_id == delivery.c.issue_id) & (batch.c.no == delivery.c.batch_no)
        )
        .outerjoin(outcome, outcome.c.delivery_id == delivery.c.id)
        .where(
            delivery.c.issue_id.in_(issues),
            delivery.c.list_id == mailing_list.id,
            SHOWN_STATE.in_([DeliveryState.ACCEPTED]),
        )
        .group_by(delivery.c.subscriber_id)
        .having(
            sa.func.count(delivery.c.issue_id.distinct()) >= len(issues),
            sa.func.max(outcome.c.opened_at).is_(None),
            sa.func.max(outcome.c.clicked_at).is_(None),
        )
    ).subquery()
    still = sa.and_(
        subscription.c.subscriber_id == silent.c.subscriber_id,
        subscription.c.list_id == mailing_list.id,
        subscription.c.state == SubscriptionState.ACTIVE.value,
    )
    counted = sa.select(sa.func.count()).select_from(silent.join(subscription, still))
    return connection.scalar(counted) or 0

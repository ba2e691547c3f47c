"""
Mail alerts to `[site] operator`: each problem that needs a person once, at most one mail an hour.
The scheduler calls `send_alerts` at each tick; `store/operations/alerts.py` has the queries.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.issues.context import PublishingContext
from newsletter.issues.notices import TELLS_OPERATOR, queue_notice
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.reputation import WarningKind
from newsletter.store.events import account_reputation
from newsletter.store.operations import alerts as queries

MIN_INTERVAL = dt.timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """
    One problem that needs a person. `key` identifies it, also among later ones of the same kind.
    """

    key: str
    what: str
    advice: str


def find_alerts(connection: sa.Connection, *, now: dt.datetime) -> list[Alert]:
    """
    Return everything that needs a person now.
    """
    return [
        *map(_halted, queries.halted_issues(connection)),
        *map(_failed_over, queries.failed_over_issues(connection, now=now)),
        *map(_uncertain, queries.uncertain_issues(connection, now=now)),
        *starmap(_waiting, queries.waiting_issues(connection)),
        *starmap(_failed, queries.failed_slots(connection, now=now)),
        *map(_bad_reputation, account_reputation.warnings(connection, now=now)),
        *starmap(_failing, queries.failing_sources(connection)),
    ]


def _halted(issue: queries.Halted) -> Alert:
    number = issue.issue_id
    if issue.state is IssueState.MISSED:
        return Alert(
            key=f"missed {number}",
            what=f"Issue {number} missed its time",
            advice=f"`newsletter issue send {number}` sends it now, "
            f"`newsletter issue cancel {number}` lets it go.",
        )
    if issue.state is IssueState.DRAFT:
        return Alert(
            key=f"stuck {number}: {issue.reason}",
            what=f"Issue {number} could not be sent and waits as a draft",
            advice=f"{issue.reason}. Once it is mended, `newsletter issue send {number}` sends it, "
            f"`newsletter issue cancel {number}` lets it go.",
        )
    return Alert(
        key=f"paused {number}: {issue.reason}",
        what=f"Issue {number} is paused: {issue.reason}",
        advice=f"`newsletter issue resume {number}` goes on with those who are pending, "
        f"`newsletter issue cancel {number}` ends it.",
    )


def _failed_over(issue: queries.FailedOver) -> Alert:
    return Alert(
        key=f"moved {issue.issue_id}",
        what=f"Issue {issue.issue_id} goes on through {issue.second} since {issue.since:%H:%M} UTC",
        advice=f"{issue.first} took nothing more: {issue.reason}. Look at the account there; "
        f"`newsletter issue status {issue.issue_id}` says how many went by which of the two.",
    )


def _uncertain(number: int) -> Alert:
    return Alert(
        key=f"doubt {number}",
        what=f"Some recipients of issue {number} are uncertain",
        advice=f"`newsletter issue status {number}` says how many; when the provider cannot say, "
        f"`newsletter issue resolve {number} --as accepted` or rejected decides.",
    )


def _waiting(number: int, reason: str) -> Alert:
    last_response = f"The last answer was: {reason}. " if reason else ""
    return Alert(
        key=f"waiting {number}",
        what=f"Issue {number} is put off again and again",
        advice=f"{last_response}Look at the provider's account; `newsletter issue status {number}` "
        f"says how many are pending. They are tried until `newsletter issue cancel {number}`.",
    )


def _failed(schedule: str, wall: str, reason: str) -> Alert:
    return Alert(
        key=f"slot {schedule} {wall}",
        what=f"Schedule {schedule} made no issue at {wall}",
        advice=f"{reason}. `newsletter schedule why {schedule}` shows the slots before it.",
    )


def _failing(source: str, is_gone: bool) -> Alert:
    return Alert(
        key=f"source {source}",
        what=f"Source {source} {'is gone' if is_gone else 'fails at every poll'}",
        advice="`newsletter source list` says why; `newsletter source remove` ends it, and "
        "`newsletter collect` tries it again.",
    )


def _bad_reputation(warning: account_reputation.ReputationWarning) -> Alert:
    return Alert(
        key=f"reputation {warning.provider} {warning.kind}",
        what=f"Too many {_WARNINGS[warning.kind]} through {warning.provider}",
        advice=f"{warning.line}: look where these addresses came from. An issue that does worse is "
        "paused by itself.",
    )


_WARNINGS = {WarningKind.BOUNCED: "bounces", WarningKind.COMPLAINED: "complaints"}


class _SentElsewhere(Refused):
    """
    Another process sends the same alerts now.
    """


def send_alerts(context: PublishingContext) -> int:
    """
    Mail the operator the alerts that were not sent before, unless the last mail is less than an
    hour old. Return how many.

    Raises:
        TemplateError: the mail cannot be rendered; nothing was sent.
    """
    if not context.operator:
        return 0
    now = context.clock()
    with context.database.read() as connection:
        current = find_alerts(connection, now=now)
        sent = queries.sent_keys(connection)
        last_mail_at = queries.last_mail_at(connection)
    keys = {alert.key for alert in current}
    if sent - keys:
        with context.database.write() as connection:
            queries.delete_ended(connection, keys)
    new = [alert for alert in current if alert.key not in sent]
    if not new or (last_mail_at is not None and now - last_mail_at < MIN_INTERVAL):
        return 0
    return _mail(context, new, last_mail_at=last_mail_at, now=now)


def _mail(
    context: PublishingContext,
    alerts: Sequence[Alert],
    *,
    last_mail_at: dt.datetime | None,
    now: dt.datetime,
) -> int:
    def record(connection: sa.Connection) -> None:
        keys = {alert.key for alert in alerts}
        if not queries.record_sent(connection, keys, last_mail_at=last_mail_at, now=now):
            raise _SentElsewhere("another process tells the operator")

    lines = [{"what": alert.what, "advice": alert.advice} for alert in alerts]
    values = {"list_name": context.site.name, "troubles": lines}
    try:
        queue_notice(context, _notice(context), values, also=record)
    except _SentElsewhere:
        return 0
    return len(alerts)


def _notice(context: PublishingContext) -> Issue:
    return Issue(
        id=0,
        kind=IssueKind.NOTICE,
        state=IssueState.FREEZING,
        audience=AudienceRule(lists=(), addresses=(context.operator,)),
        template=TELLS_OPERATOR,
        sender=context.default_sender,
        reply_to=context.default_reply_to,
        provider=context.default_provider,
        fallback_provider=context.fallback_provider(None),
    )

"""
Mail alerts to `[site] operator`: each problem once, and at most one mail an hour. The scheduler
calls `send_alerts` at each tick; `store/operations/alerts.py` has the queries.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import starmap

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.issues.context import PublishingContext
from newsletter.issues.notices import OPERATOR_NOTICE, queue_notice
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.reputation import WarningKind
from newsletter.model.source import SourceStanding
from newsletter.store.events import account_reputation
from newsletter.store.flow_control.signup_limits import count_refusals
from newsletter.store.operations import alerts as queries
from subscribers.requests.privacy import PrivacyRequest, privacy_requests

MIN_INTERVAL = dt.timedelta(hours=1)
# So many sign-ups beyond the limits are more than a few people who press a button too often.
REFUSED_SIGNUPS = 100


@dataclass(frozen=True, kw_only=True)
class Alert:
    """
    One problem that needs attention. `key` identifies it among others of the same kind.
    """

    key: str
    what: str
    advice: str


def find_alerts(connection: sa.Connection, *, now: dt.datetime) -> list[Alert]:
    """
    Return every problem that needs attention now.
    """
    return [
        *map(_halted, queries.halted_issues(connection)),
        *map(_failed_over, queries.failed_over_issues(connection, now=now)),
        *map(_uncertain, queries.uncertain_issues(connection, now=now)),
        *starmap(_waiting, queries.waiting_issues(connection)),
        *starmap(_failed, queries.failed_slots(connection, now=now)),
        *map(_bad_reputation, account_reputation.warnings(connection, now=now)),
        *map(_failing, queries.failing_sources(connection)),
        *map(_overdue, privacy_requests(connection, is_open=True, due_before=now)),
        *_limited(count_refusals(connection, now=now)),
    ]


def _halted(issue: queries.Halted) -> Alert:
    number = issue.issue_id
    if issue.state is IssueState.MISSED:
        return Alert(
            key=f"missed {number}",
            what=f"Issue {number} missed its scheduled time",
            advice=f"`newsletter issue send {number}` sends it now; "
            f"`newsletter issue cancel {number}` cancels it.",
        )
    if issue.state is IssueState.DRAFT:
        return Alert(
            key=f"stuck {number}: {issue.reason}",
            what=f"Issue {number} could not be sent and is a draft again",
            advice=f"{issue.reason}. Once that is fixed, `newsletter issue send {number}` sends "
            f"it; `newsletter issue cancel {number}` cancels it.",
        )
    return Alert(
        key=f"paused {number}: {issue.reason}",
        what=f"Issue {number} is paused: {issue.reason}",
        advice=f"`newsletter issue resume {number}` continues with the pending recipients; "
        f"`newsletter issue cancel {number}` cancels the rest.",
    )


def _failed_over(issue: queries.FailedOver) -> Alert:
    return Alert(
        key=f"moved {issue.issue_id}",
        what=f"Issue {issue.issue_id} failed over to {issue.second} at {issue.since:%H:%M} UTC",
        advice=f"{issue.first} stopped accepting email: {issue.reason}. Check the account there; "
        f"`newsletter issue status {issue.issue_id}` shows how many each provider sent.",
    )


def _uncertain(number: int) -> Alert:
    return Alert(
        key=f"uncertain {number}",
        what=f"It is uncertain whether some recipients got issue {number}",
        advice=f"`newsletter issue status {number}` shows how many. If the provider cannot tell, "
        f"decide with `newsletter issue resolve {number} --as accepted` or `--as rejected`.",
    )


def _waiting(number: int, reason: str) -> Alert:
    last_response = f"Its last response: {reason}. " if reason else ""
    return Alert(
        key=f"waiting {number}",
        what=f"Issue {number} keeps being deferred by its provider",
        advice=f"{last_response}Check the account there; `newsletter issue status {number}` shows "
        f"how many are pending. They are retried until `newsletter issue cancel {number}`.",
    )


def _failed(schedule: str, wall: str, reason: str) -> Alert:
    return Alert(
        key=f"slot {schedule} {wall}",
        what=f"Schedule {schedule} could not create its issue of {wall}",
        advice=f"{reason}. `newsletter schedule why {schedule}` shows its earlier runs.",
    )


def _failing(standing: SourceStanding) -> Alert:
    source = standing.source
    name = source.name
    if source.held_since is not None:
        return Alert(
            key=f"held source {name} {source.held_since:%Y-%m-%d %H:%M}",
            what=f"Source {name} is held: {source.hold_reason}",
            advice="Nothing was taken from that poll, so that no old item is sent again. Look at "
            f"{source.location}. If it is in order, `newsletter source resume {name}` takes its "
            "items as known, under their new ids.",
        )
    since = f" since {source.failing_since:%Y-%m-%d %H:%M} UTC" if source.failing_since else ""
    return Alert(
        key=f"source {name}",
        what=f"Source {name} {'no longer exists' if source.is_gone else f'has failed{since}'}",
        advice=f"Its last poll: {standing.error}. `newsletter collect {name}` polls it again; "
        f"`newsletter source remove {name}` removes it.",
    )


def _overdue(request: PrivacyRequest) -> Alert:
    return Alert(
        key=f"privacy {request.id}",
        what=f"Privacy request {request.id} ({request.kind}) was due on {request.due_at:%Y-%m-%d}",
        advice="The law gives one month to answer. `newsletter privacy list --open` shows whom it "
        f"is about; `newsletter privacy done {request.id} --outcome TEXT` closes it.",
    )


def _bad_reputation(warning: account_reputation.ReputationWarning) -> Alert:
    return Alert(
        key=f"reputation {warning.provider} {warning.kind}",
        what=f"Too many {_WARNINGS[warning.kind]} through {warning.provider}",
        advice=f"{warning.line}: check where these addresses came from. An issue that does worse "
        "is paused automatically.",
    )


def _limited(count: int) -> list[Alert]:
    if count < REFUSED_SIGNUPS:
        return []
    alert = Alert(
        key="sign-ups",
        what=f"{count} sign-ups were refused within two hours, because of their limits",
        advice="Somebody may be using your form to flood strangers with email. If all of them are "
        "real readers, raise the limits in [signup], and check that [web] proxies names your "
        "proxy; the log names the limits.",
    )
    return [alert]


_WARNINGS = {WarningKind.BOUNCED: "bounces", WarningKind.COMPLAINED: "complaints"}


class _SentElsewhere(Refused):
    """
    Raised if another process is sending the same alerts.
    """


def send_alerts(context: PublishingContext) -> int:
    """
    Mail the operator the alerts that were not sent before, unless the last mail is less than an
    hour old. Return their number.

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
            raise _SentElsewhere("another process is alerting the operator")

    lines = [{"what": alert.what, "advice": alert.advice} for alert in alerts]
    values = {"list_name": context.site.name, "alerts": lines}
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
        template=OPERATOR_NOTICE,
        sender=context.default_sender,
        reply_to=context.default_reply_to,
        provider=context.default_provider,
        fallback_provider=context.fallback_provider(None),
    )

"""
Mail alerts to `[site] operator`: each problem once, and at most one mail an hour. The scheduler
calls `send_alerts` at each tick; `store/operations/alerts.py` has the queries.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import starmap

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.issues.context import PublishingContext
from newsletter.issues.notices import OPERATOR_NOTICE, queue_notice
from newsletter.mail.templating.staff_words import (
    date_in_words,
    moment_in_words,
    wall_in_words,
)
from newsletter.mail.templating.translations import STAFF_WORDS, Translations, read_translations
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.outgoing import OutgoingWebhook
from newsletter.model.reputation import WarningKind
from newsletter.model.source import SourceStanding
from newsletter.store.events import account_reputation
from newsletter.store.flow_control.signup_limits import count_refusals
from newsletter.store.operations import alerts as queries
from newsletter.store.outgoing.webhooks import paused_by_failure
from subscribers.requests.privacy import PrivacyRequest, privacy_requests

MIN_INTERVAL = dt.timedelta(hours=1)
# So many sign-ups beyond the limits are more than a few people who press a button too often.
REFUSED_SIGNUPS = 100


@dataclass(frozen=True, kw_only=True)
class Alert:
    """
    One problem that needs attention. `key` identifies it among others of the same kind; `word` and
    `advice` are the names of its two texts in the words for staff, `values` what they are filled
    with.
    """

    key: str
    word: str
    advice: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    def in_words(self, words: Translations) -> dict[str, str]:
        """
        Return `what` the problem is, and the `advice`.
        """
        values = {name: _in_words(words, value) for name, value in self.values.items()}
        advice = self.advice or f"{self.word}_advice"
        return {"what": words.fill(self.word, **values), "advice": words.fill(advice, **values)}


def _in_words(words: Translations, value: object) -> object:
    if isinstance(value, dt.datetime):
        return moment_in_words(words, value, "UTC") if value.tzinfo else wall_in_words(words, value)
    return date_in_words(words, value) if isinstance(value, dt.date) else value


def find_alerts(connection: sa.Connection, *, now: dt.datetime) -> list[Alert]:
    """
    Return every problem that needs attention now.
    """
    found = queries.load_faults(connection, now=now)
    requests = privacy_requests(connection, is_open=True, due_before=now)
    return [
        *map(_halted, found.halted),
        *map(_failed_over, found.failed_over),
        *map(_uncertain, found.uncertain),
        *starmap(_waiting, found.waiting),
        *starmap(_failed, found.slots),
        *map(_bad_reputation, account_reputation.warnings(connection, now=now)),
        *map(_failing, found.sources),
        *(_overdue(each) for each in requests if each.is_overdue(now)),
        *_limited(count_refusals(connection, now=now)),
        *map(_webhook, paused_by_failure(connection)),
    ]


def _halted(issue: queries.Halted) -> Alert:
    number = issue.issue_id
    values = {
        "issue": number,
        "reason": issue.reason,
        "send": _command(f"issue send {number}"),
        "resume": _command(f"issue resume {number}"),
        "cancel": _command(f"issue cancel {number}"),
    }
    if issue.state is IssueState.MISSED:
        return Alert(key=f"missed {number}", word="alert_missed", values=values)
    if issue.state is IssueState.DRAFT:
        return Alert(key=f"stuck {number}: {issue.reason}", word="alert_stuck", values=values)
    return Alert(key=f"paused {number}: {issue.reason}", word="alert_paused", values=values)


def _failed_over(issue: queries.FailedOver) -> Alert:
    return Alert(
        key=f"moved {issue.issue_id}",
        word="alert_failed_over",
        values={
            "issue": issue.issue_id,
            "first": issue.first,
            "provider": issue.second,
            "moment": issue.since,
            "reason": issue.reason,
            "status": _command(f"issue status {issue.issue_id}"),
        },
    )


def _uncertain(number: int) -> Alert:
    return Alert(
        key=f"uncertain {number}",
        word="alert_uncertain",
        values={
            "issue": number,
            "status": _command(f"issue status {number}"),
            "accepted": _command(f"issue resolve {number} --as accepted"),
            "rejected": _command(f"issue resolve {number} --as rejected"),
        },
    )


def _waiting(number: int, reason: str) -> Alert:
    return Alert(
        key=f"waiting {number}",
        word="alert_deferred" if reason else "alert_waiting",
        values={
            "issue": number,
            "reason": reason,
            "status": _command(f"issue status {number}"),
            "cancel": _command(f"issue cancel {number}"),
        },
    )


def _failed(schedule: str, wall: str, reason: str) -> Alert:
    return Alert(
        key=f"slot {schedule} {wall}",
        word="alert_slot",
        values={
            "schedule": schedule,
            "moment": dt.datetime.fromisoformat(wall),
            "reason": reason,
            "why": _command(f"schedule why {schedule}"),
        },
    )


def _failing(standing: SourceStanding) -> Alert:
    source = standing.source
    name = source.name
    values = {
        "source": name,
        "location": source.location,
        "reason": source.hold_reason,
        "error": standing.error,
        "moment": source.failing_since,
        "resume": _command(f"source resume {name}"),
        "collect": _command(f"collect {name}"),
        "remove": _command(f"source remove {name}"),
    }
    if source.held_since is not None:
        key = f"held source {name} {source.held_since:%Y-%m-%d %H:%M}"
        return Alert(key=key, word="alert_held_source", values=values)
    failing = "alert_failing_source_since" if source.failing_since else "alert_failing_source"
    return Alert(
        key=f"source {name}",
        word="alert_gone_source" if source.is_gone else failing,
        advice="alert_failing_source_advice",
        values=values,
    )


def _overdue(request: PrivacyRequest) -> Alert:
    return Alert(
        key=f"privacy {request.id}",
        word=f"alert_privacy_{request.kind}",
        advice="alert_privacy_advice",
        values={
            "request": request.id,
            "date": request.due_at.date(),
            "list": _command("privacy list --open"),
            "done": _command(f"privacy done {request.id} --outcome TEXT"),
        },
    )


def _bad_reputation(warning: account_reputation.ReputationWarning) -> Alert:
    return Alert(
        key=f"reputation {warning.provider} {warning.kind}",
        word=_WARNINGS[warning.kind],
        values={"provider": warning.provider, "figures": warning.line},
    )


def _limited(count: int) -> list[Alert]:
    if count < REFUSED_SIGNUPS:
        return []
    return [Alert(key="sign-ups", word="alert_sign_ups", values={"n": count})]


def _webhook(webhook: OutgoingWebhook) -> Alert:
    name = webhook.name
    commands = {word: _command(f"webhook {word} {name}") for word in _WEBHOOK_COMMANDS}
    values = {"webhook": name, "moment": webhook.failing_since, **commands}
    return Alert(
        key=f"webhook {name} {webhook.paused_at:%Y-%m-%d %H:%M}",
        word=f"alert_webhook_{webhook.pause_cause}",
        advice="alert_webhook_advice",
        values=values,
    )


def _command(arguments: str) -> str:
    return f"`newsletter {arguments}`"


_WEBHOOK_COMMANDS = ("attempts", "resume", "remove")
_WARNINGS = {
    WarningKind.BOUNCED: "alert_bounced",
    WarningKind.COMPLAINED: "alert_complained",
}


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

    words = read_translations(context.template_folders, context.site.language, STAFF_WORDS)
    values = {
        "list_name": context.site.name,
        "problems": words.pluralize("problems", len(alerts)),
        "alerts": [alert.in_words(words) for alert in alerts],
    }
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

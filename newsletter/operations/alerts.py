"""
Tells `[site] operator` by mail what needs a person: each trouble once, and not more often than
once an hour. `schedule` asks at each tick; `store/troubles.py` finds them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.errors import Refused
from newsletter.issues.context import PublishingContext
from newsletter.issues.notices import TELLS_OPERATOR, queue_notice
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.store.events import account_reputation as reputation
from newsletter.store.operations import alerts as troubles

NOT_OFTENER = dt.timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Alert:
    """
    One thing that needs a person. `key` tells it from others, and from the same at another time.
    """

    key: str
    what: str
    advice: str


def find_alerts(connection: sa.Connection, *, now: dt.datetime) -> list[Alert]:
    """
    All that needs a person now.
    """
    found = [_halted(one) for one in troubles.halted_issues(connection)]
    found += [_moved(one) for one in troubles.moved_issues(connection, now=now)]
    found += [_doubtful(number) for number in troubles.doubtful_issues(connection, now=now)]
    found += [_waiting(*one) for one in troubles.waiting_issues(connection)]
    found += [_failed(*one) for one in troubles.failed_slots(connection, now=now)]
    found += [_warned(one) for one in reputation.warnings(connection, now=now)]
    return found + [_failing(*one) for one in troubles.failing_sources(connection)]


def _halted(one: troubles.Halted) -> Alert:
    number = one.issue_id
    if one.state is IssueState.MISSED:
        return Alert(
            key=f"missed {number}",
            what=f"Issue {number} missed its time",
            advice=f"`newsletter issue send {number}` sends it now, "
            f"`newsletter issue cancel {number}` lets it go.",
        )
    if one.state is IssueState.DRAFT:
        return Alert(
            key=f"stuck {number}: {one.reason}",
            what=f"Issue {number} could not be sent and waits as a draft",
            advice=f"{one.reason}. Once it is mended, `newsletter issue send {number}` sends it, "
            f"`newsletter issue cancel {number}` lets it go.",
        )
    return Alert(
        key=f"paused {number}: {one.reason}",
        what=f"Issue {number} is paused: {one.reason}",
        advice=f"`newsletter issue resume {number}` goes on with those who are pending, "
        f"`newsletter issue cancel {number}` ends it.",
    )


def _moved(one: troubles.Moved) -> Alert:
    return Alert(
        key=f"moved {one.issue_id}",
        what=f"Issue {one.issue_id} goes on through {one.second} since {one.since:%H:%M} UTC",
        advice=f"{one.first} took nothing more: {one.reason}. Look at the account there; "
        f"`newsletter issue status {one.issue_id}` says how many went by which of the two.",
    )


def _doubtful(number: int) -> Alert:
    return Alert(
        key=f"doubt {number}",
        what=f"Some recipients of issue {number} are uncertain",
        advice=f"`newsletter issue status {number}` says how many; when the provider cannot say, "
        f"`newsletter issue resolve {number} --as accepted` or rejected decides.",
    )


def _waiting(number: int, reason: str) -> Alert:
    said = f"The last answer was: {reason}. " if reason else ""
    return Alert(
        key=f"waiting {number}",
        what=f"Issue {number} is put off again and again",
        advice=f"{said}Look at the provider's account; `newsletter issue status {number}` says how "
        f"many are pending. They are tried until `newsletter issue cancel {number}`.",
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


def _warned(one: reputation.Warned) -> Alert:
    return Alert(
        key=f"reputation {one.provider} {one.did}",
        what=f"Too many {_DID[one.did]} through {one.provider}",
        advice=f"{one.line}: look where these addresses came from. An issue that does worse is "
        "paused by itself.",
    )


_DID = {"bounced": "bounces", "complained": "complaints"}


class _TakenOver(Refused):
    """
    Another process tells the operator just now.
    """


def send_alerts(context: PublishingContext) -> int:
    """
    How many troubles the operator is told of now: those not told before, if the hour is over.

    Raises:
        TemplateError: the mail cannot be rendered; nobody was told.
    """
    if not context.operator:
        return 0
    now = context.clock()
    with context.database.read() as connection:
        current = find_alerts(connection, now=now)
        known = troubles.sent_keys(connection)
        before = troubles.last_mail_at(connection)
    keys = {one.key for one in current}
    if known - keys:
        with context.database.write() as connection:
            troubles.forget_ended(connection, keys)
    news = [one for one in current if one.key not in known]
    if not news or (before is not None and now - before < NOT_OFTENER):
        return 0
    return _mail(context, news, before=before, now=now)


def _mail(
    context: PublishingContext,
    news: Sequence[Alert],
    *,
    before: dt.datetime | None,
    now: dt.datetime,
) -> int:
    def keep(connection: sa.Connection) -> None:
        keys = {one.key for one in news}
        if not troubles.record_sent(connection, keys, before=before, now=now):
            raise _TakenOver("another process tells the operator")

    told = [{"what": one.what, "advice": one.advice} for one in news]
    values = {"list_name": context.site.name, "troubles": told}
    try:
        queue_notice(context, _notice(context), values, also=keep)
    except _TakenOver:
        return 0
    return len(news)


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

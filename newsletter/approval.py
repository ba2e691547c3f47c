"""
Approval: bound to the rendered content and the audience rule, void when either changes.
"""

from __future__ import annotations

import difflib
from dataclasses import replace

from newsletter import prepare
from newsletter.errors import Refused
from newsletter.model.issue import AudienceRule, Issue, IssueState
from newsletter.model.mail import Mail
from newsletter.road import Road, render_issue
from newsletter.store import issues

# By how much an approved audience may grow or shrink before the approval is void.
DRIFT = 0.2


def approve(road: Road, issue_id: int) -> str:
    """
    The hash that was approved: what the issue holds now, and who it goes to now.

    Raises:
        Refused: it is frozen already.
    """
    mail = render_issue(road, issue_id)
    with road.database.write() as connection:
        issue = issues.load_issue(connection, issue_id)
        approved = _hash_of(mail, issue.audience)
        issues.move_issue(
            connection,
            issue_id,
            IssueState.APPROVED,
            approved_hash=approved,
            approved_count=prepare.count_audience(connection, issue.audience),
            approved_at=road.clock(),
            approved_text=_readable(mail, issue.audience),
        )
    return approved


def changes_since(road: Road, issue_id: int) -> list[str]:
    """
    The lines of a unified diff between what was last approved and what is there now; none when
    nothing changed.

    Raises:
        Refused: it was never approved.
    """
    mail = render_issue(road, issue_id)
    with road.database.read() as connection:
        before = issues.approved_text(connection, issue_id)
        rule = issues.load_issue(connection, issue_id).audience
    if before is None:
        raise Refused(f"issue {issue_id} was never approved: there is nothing to compare with")
    after = _readable(mail, rule)
    return list(
        difflib.unified_diff(
            before.splitlines(), after.splitlines(), "approved", "now", lineterm="", n=1
        )
    )


def approval_hash(road: Road, issue_id: int) -> str:
    """
    The hash of an issue's rendered content and its audience rule.
    """
    mail = render_issue(road, issue_id)
    with road.database.read() as connection:
        rule = issues.load_issue(connection, issue_id).audience
    return _hash_of(mail, rule)


def _hash_of(mail: Mail, rule: AudienceRule) -> str:
    return prepare.mail_hash(replace(mail, headers=(*mail.headers, ("Audience", repr(rule)))))


def _readable(mail: Mail, rule: AudienceRule) -> str:
    """
    What a person compares: who it goes to, its subject, and the text of it.
    """
    to = f"To: {', '.join(rule.lists)}" + (f", not {', '.join(rule.minus)}" if rule.minus else "")
    sender = f"From: {mail.sender.name} <{mail.sender.address}>"
    return "\n".join([sender, to, f"Subject: {mail.subject}", "", mail.text])


def check_approval(road: Road, issue: Issue) -> None:
    """
    Passes an issue that needs no approval, or has one that still holds.

    Raises:
        Refused: no approval, or content, audience rule or audience changed since.
    """
    if not issue.needs_approval and issue.approved_hash is None:
        return
    again = f"look at it again and run `newsletter issue approve {issue.id}`"
    if issue.approved_hash is None or issue.approved_count is None:
        raise Refused(f"issue {issue.id} needs an approval: {again}")
    if approval_hash(road, issue.id) != issue.approved_hash:
        raise Refused(f"issue {issue.id} changed since it was approved: {again}")
    with road.database.read() as connection:
        people = prepare.count_audience(connection, issue.audience)
    if abs(people - issue.approved_count) > DRIFT * issue.approved_count:
        raise Refused(
            f"issue {issue.id} was approved for {issue.approved_count} readers and would now "
            f"go to {people}: {again}"
        )

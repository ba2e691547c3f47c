"""
Approve an issue. An approval is bound to the rendered content and the audience rule, and is void
when either changes.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.freeze import count_audience
from newsletter.errors import Refused
from newsletter.issues.context import PublishingContext
from newsletter.issues.release_conditions.approved_content import (
    approval_hash,
    changes_between,
    readable_text,
)
from newsletter.issues.rendering import render_for_release, render_issue
from newsletter.issues.settings.second_person import (
    NeedsSecondPerson,
    check_second_person,
    missing_second_person,
)
from newsletter.model import issue_refusals
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import Mail
from newsletter.model.outgoing import OutgoingKind
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.issues import issues, reviews
from newsletter.store.issues.list_settings import AudienceLists, requiring_approval
from newsletter.store.issues.numbers import number_of
from newsletter.store.issues.preflight import held_briefs
from newsletter.store.outgoing.issue_events import add_issue_event
from subscribers.text.phrases import phrase

# By how much an approved audience may grow or shrink before the approval is void.
DRIFT = 0.2
# States in which a person can still decide whether the issue is sent.
REVIEWABLE = frozenset({IssueState.DRAFT, IssueState.APPROVED, IssueState.MISSED})


class ChangedSinceReview(Refused):
    """
    Raised when the issue is no longer what the person was shown; nothing was approved.
    """


@dataclass(frozen=True, kw_only=True)
class ApprovalView:
    """
    An issue as it would be sent now: what a person approves, and its hash.
    """

    issue: Issue
    mail: Mail
    readers: int
    sha256: str


def view_for_approval(context: PublishingContext, issue_id: int) -> ApprovalView:
    """
    Render the issue as it would be sent now, with the number of its readers.
    """
    mail = render_issue(context, issue_id)
    with context.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
        rule = with_segment_rule(connection, issue.audience)
        readers = count_audience(connection, rule, now=context.clock())
    return ApprovalView(issue=issue, mail=mail, readers=readers, sha256=approval_hash(mail, rule))


def approve(context: PublishingContext, issue_id: int, *, approver: str | None = None) -> str:
    """
    Approve the issue's current content and audience rule, and return their hash. *approver* is the
    key of the person who does.

    Raises:
        Refused: it is already frozen, or one of its briefs is held.
    """
    mail = render_issue(context, issue_id)
    with context.database.write() as connection:
        issue = issues.load_issue(connection, issue_id)
        values = _approved(context, connection, issue, mail, approver)
        issues.move_issue(connection, issue_id, IssueState.APPROVED, **values)
        _report_approval(context, connection, issue_id)
    return str(values["approved_hash"])


def approve_and_send(
    context: PublishingContext,
    issue_id: int,
    *,
    by: str,
    approver: str | None = None,
    shown: str | None = None,
) -> str:
    """
    Approve the issue and make it FREEZING, so that any process sends it. Return the approved hash.

    *by* is the name, *approver* the key of the person who approves; *shown* is the hash of what
    they were shown.

    Raises:
        ChangedSinceReview: the issue is not what was shown.
        NeedsSecondPerson: they changed it last, and it goes to too many readers for that.
        Refused: it is no longer a draft, or one of its briefs is held.
    """
    mail = render_issue(context, issue_id)
    reason = phrase("approved by {name}", name=by)
    with context.database.write() as connection:
        issue = issues.load_issue(connection, issue_id)
        values = _approved(context, connection, issue, mail, approver)
        if shown is not None and shown != values["approved_hash"]:
            raise ChangedSinceReview(issue_refusals.changed_since_opened(issue_id))
        check_second_person(connection, issue, approver, now=context.clock())
        is_open = issue.kind is IssueKind.ISSUE and issue.state in REVIEWABLE
        if not is_open or not issues.try_move(
            connection,
            issue_id,
            IssueState.FREEZING,
            only_from=issue.state,
            pause_reason=reason,
            **values,
        ):
            raise Refused(issue_refusals.nothing_to_approve(issue_id, issue.state))
        reviews.note_in_slot(connection, issue, reason)
        _report_approval(context, connection, issue_id)
    return str(values["approved_hash"])


def _report_approval(context: PublishingContext, connection: sa.Connection, issue_id: int) -> None:
    add_issue_event(connection, OutgoingKind.ISSUE_APPROVED, issue_id, now=context.clock())


def _approved(
    context: PublishingContext,
    connection: sa.Connection,
    issue: Issue,
    mail: Mail,
    approver: str | None,
) -> dict[str, Any]:
    for brief_id, reason in held_briefs(connection, issue.id).items():
        raise Refused(issue_refusals.shows_held_brief(issue.id, brief_id, reason))
    rule = with_segment_rule(connection, issue.audience)
    return {
        "approved_hash": approval_hash(mail, rule),
        "approved_count": count_audience(connection, rule, now=context.clock()),
        "approved_number": number_of(connection, issue),
        "approved_at": context.clock(),
        "approved_by": approver,
        "approved_text": readable_text(mail, rule),
    }


def changes_since(context: PublishingContext, issue_id: int) -> list[str]:
    """
    Compare what was last approved with the issue as it is now. Return the lines of a unified diff,
    which is empty if nothing changed.

    Raises:
        Refused: it was never approved.
    """
    mail = render_issue(context, issue_id)
    with context.database.read() as connection:
        issue, before = issues.load_with_approved_text(connection, issue_id)
        rule = with_segment_rule(connection, issue.audience)
    if before is None:
        raise Refused(issue_refusals.never_approved(issue_id))
    return changes_between(before, mail, rule)


def needs_approval(
    connection: sa.Connection, issue: Issue, *, lists: AudienceLists | None = None
) -> bool:
    """
    Return whether *issue* must not be sent without an approval: because its schedule asked for one
    when it was made, or because any of its *lists*, which are read unless they are given, requires
    one now.
    """
    if issue.needs_approval or issue.kind is not IssueKind.ISSUE:
        return issue.needs_approval
    if lists is not None:
        return lists.needs_approval
    return bool(requiring_approval(connection, issue.audience.lists))


def check_approval(
    context: PublishingContext,
    issue: Issue,
    mail: Mail,
    *,
    lists: AudienceLists | None = None,
    readers: int | None = None,
) -> AudienceRule:
    """
    Check that *issue* needs no approval, or that its approval is valid for *mail*, its rendering,
    and that a second person gave it if there has to be one. Return its audience rule with the rule
    of its segment, for which that is so. Its *lists* are read, and the *readers* counted, unless
    they are given.

    Raises:
        Refused: it has no approval, or its content, audience rule or audience changed since.
    """
    with context.database.read() as connection:
        rule = with_segment_rule(connection, issue.audience)
        now = context.clock()
        for_second = missing_second_person(connection, issue, now=now, lists=lists, readers=readers)
        if for_second is not None:
            raise NeedsSecondPerson(for_second)
        if issue.approved_hash is None and not needs_approval(connection, issue, lists=lists):
            return rule
    if issue.approved_hash is None or issue.approved_count is None:
        raise Refused(issue_refusals.needs_approval(issue.id))
    is_same = approval_hash(mail, rule) == issue.approved_hash
    if not is_same and not _only_number_changed(context, issue, rule, lists):
        raise Refused(issue_refusals.changed_since_approved(issue.id))
    if readers is None:
        with context.database.read() as connection:
            readers = count_audience(connection, rule, now=context.clock())
    if abs(readers - issue.approved_count) > DRIFT * issue.approved_count:
        raise Refused(
            issue_refusals.approved_for_others(issue.id, count=issue.approved_count, people=readers)
        )
    return rule


def _only_number_changed(
    context: PublishingContext, issue: Issue, rule: AudienceRule, lists: AudienceLists | None
) -> bool:
    """
    Return whether *issue* is what was approved except for its number, because another issue to its
    list was sent since.
    """
    before, following = issue.approved_number, lists.next_number if lists else None
    with context.database.read() as connection:
        if number_of(connection, issue, following=following) == before:
            return False
    known = render_for_release(context, issue, lists=lists, number=before, only_to_show=True)
    return approval_hash(known.mail, rule) == issue.approved_hash


class ApprovalState(enum.StrEnum):
    """
    The approval of an open issue: whether it is needed, and whether it is valid.
    """

    NOT_NEEDED = "not needed"
    MISSING = "missing"
    VALID = "valid"
    VOID = "void"


def approval_state(
    context: PublishingContext,
    issue: Issue,
    mail: Mail | None = None,
    *,
    lists: AudienceLists | None = None,
    readers: int | None = None,
) -> tuple[ApprovalState, str]:
    """
    Return the state of the approval of an open issue and, if it is void or a second person has to
    approve it too, why. *mail* is its rendering, if there is one; its *lists* are read, and its
    *readers* counted, unless they are given.
    """
    if issue.approved_hash is None:
        now = context.clock()
        with context.database.read() as connection:
            is_needed = needs_approval(connection, issue, lists=lists) or bool(
                missing_second_person(connection, issue, now=now, lists=lists, readers=readers)
            )
        return (ApprovalState.MISSING if is_needed else ApprovalState.NOT_NEEDED), ""
    try:
        mail = mail or render_issue(context, issue.id)
        check_approval(context, issue, mail, lists=lists, readers=readers)
    except NeedsSecondPerson as error:
        return ApprovalState.MISSING, str(error)
    except Refused as error:
        return ApprovalState.VOID, str(error)
    return ApprovalState.VALID, ""

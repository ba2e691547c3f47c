"""
Actions on the approval of a draft: what it would cover, and to give it to what was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import the_issue
from newsletter.actions.guard.requires import require_permission, requires
from newsletter.actions.issues.drafts.second_person import MissingPerson, missing_person
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.issues import approval, preflight
from newsletter.issues.approval import ApprovalState, ApprovalView, ChangedSinceReview
from newsletter.issues.deadlines import lacks_approval
from newsletter.issues.release_conditions.approved_content import (
    approval_hash,
    changes_between,
)
from newsletter.issues.release_conditions.counted_audience import CountedAudience, count_people
from newsletter.issues.rendering import RenderedIssue
from newsletter.issues.settings.second_person import (
    NeedsSecondPerson,
    check_second_person,
    lacking_second_person,
)
from newsletter.model import issue_refusals
from newsletter.model.access import Actor, Permission
from newsletter.model.check import Finding
from newsletter.model.issue import EDITABLE, ChosenBrief, DeadlineAction, Issue, IssueKind
from newsletter.store.access.members import name_of_key
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.issues import issues
from newsletter.store.issues.list_settings import AudienceLists, lists_of_audience
from subscribers.text.phrases import phrase


class NotADraft(Refused):
    """
    Raised for an issue that nobody can approve any more, or never could.
    """


@dataclass(frozen=True, kw_only=True)
class ApprovalDetails:
    """
    What an approval of a draft would cover, which findings the check has, and which approval it has
    now. `audience` is who would get it and who is left out. `view` is None if the email cannot be
    rendered, which is one of the findings. `changes` are the lines of a diff with what was approved
    last. `second_person` says why somebody else has to approve it, `approved_by` who did.
    """

    issue: Issue
    lists: AudienceLists
    view: ApprovalView | None
    audience: CountedAudience
    briefs: Sequence[ChosenBrief]
    findings: Sequence[Finding]
    state: ApprovalState
    void_reason: str
    changes: Sequence[str]
    second_person: MissingPerson | None
    approved_by: str

    @property
    def is_sent_by_approval(self) -> bool:
        """
        Return True if an approval also sends it, because it is the draft of a deadline.
        """
        return self.issue.at_deadline is not None


@requires(Permission.ISSUES_READ, "issue.at_deadline", about=the_issue())
def at_deadline(app: App, issue_id: int, *, by: Actor) -> DeadlineAction | None:
    """
    Return what the deadline of a draft really does: it does not send what lacks an approval. None
    if it has no deadline.

    Raises:
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
        if issue.deadline is None:
            return None
        if issue.at_deadline is DeadlineAction.SEND and (
            lacks_approval(connection, issue)
            or lacking_second_person(connection, [issue], now=app.clock())
        ):
            return DeadlineAction.HOLD
        return issue.at_deadline


@requires(Permission.ISSUES_READ, "issue.approval", about=the_issue())
def details(app: App, issue_id: int, *, by: Actor) -> ApprovalDetails:
    """
    Render and check a draft, and return what an approval of it would cover.

    Raises:
        NotFound: there is no such issue.
        NotADraft: it is a notice or a test email, or can no longer be edited.
    """
    with app.database.read() as connection:
        issue, approved = issues.load_with_approved_text(connection, issue_id)
        if issue.kind is not IssueKind.ISSUE or issue.state not in EDITABLE:
            raise NotADraft(
                phrase("issue {issue} is no draft: it needs no approval", issue=issue_id)
            )
        rule, now = with_segment_rule(connection, issue.audience), app.clock()
        lists = lists_of_audience(connection, rule.lists, rule.minus)
        counted = count_people(connection, rule, known=lists, now=now)
        readers = counted.readers
        second = missing_person(connection, issue, lists, readers=readers, now=now, by=by)
        approved_by = name_of_key(connection, issue.approved_by)
    rendered, findings = preflight.render_and_check(
        app.publishing, issue, lists=lists, readers=readers, only_to_show=True
    )
    view, state, reason, changes = None, ApprovalState.MISSING, "", []
    if rendered is not None:
        mail = rendered.mail
        view = ApprovalView(
            issue=issue, mail=mail, readers=readers, sha256=approval_hash(mail, rule)
        )
        state, reason = approval.approval_state(
            app.publishing, issue, mail, lists=lists, readers=readers
        )
        changes = changes_between(approved, mail, rule) if approved is not None else []
    return ApprovalDetails(
        issue=issue,
        lists=lists,
        view=view,
        audience=counted,
        briefs=_briefs(app, issue, rendered),
        findings=findings,
        state=state,
        void_reason=reason,
        changes=changes,
        second_person=second,
        approved_by=approved_by,
    )


def _briefs(app: App, issue: Issue, rendered: RenderedIssue | None) -> Sequence[ChosenBrief]:
    if rendered is not None:
        return rendered.content.briefs
    with app.database.read() as connection:
        return issues.chosen_briefs(connection, issue.id)


@requires(Permission.ISSUES_APPROVE, "issue.approve_shown", about=the_issue())
def approve_shown(app: App, issue_id: int, *, shown_sha256: str, by: Actor) -> bool:
    """
    Approve a draft if it is still what was shown. The draft of a deadline is also sent, by the next
    process that resumes work. Return whether it is.

    Raises:
        ChangedSinceReview: it is no longer what was shown.
        NeedsSecondPerson: they changed it last, and it goes to too many readers for that.
        Refused: it is already frozen.
        Forbidden: it would be sent, and they may not send.
    """
    with app.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
        try:
            check_second_person(connection, issue, by.key, now=app.clock())
        except NeedsSecondPerson:
            raise NeedsSecondPerson(issue_refusals.changed_by_approver(issue_id)) from None
    if issue.kind is IssueKind.ISSUE and issue.at_deadline is not None:
        require_permission(by, Permission.ISSUES_SEND)
        approval.approve_and_send(
            app.publishing, issue_id, by=by.name, approver=by.key, shown=shown_sha256
        )
        return True
    # In the unit of work of this action: if it is refused, it was not approved.
    if approval.approve(app.publishing, issue_id, approver=by.key) != shown_sha256:
        raise ChangedSinceReview(issue_refusals.changed_since_opened(issue_id))
    return False

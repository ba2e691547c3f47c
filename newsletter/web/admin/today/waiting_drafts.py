"""
The drafts that wait for somebody, for the page: what they wait for, and what blocks them.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from newsletter.actions.today.open_issues import IssuesNow
from newsletter.model.access import Actor, Permission
from newsletter.model.check import Finding, Level, of_level
from newsletter.model.issue import WAITS_FOR_STAFF, IssueState
from newsletter.store.operations.today.open_issues import OpenIssue


class DraftNeeds(enum.Enum):
    """
    What a draft waits for, the most urgent first.
    """

    DECISION = "decision"
    CHANGE = "change"
    FIX = "fix"
    NEW_APPROVAL = "new_approval"
    SECOND_PERSON = "second_person"
    APPROVAL = "approval"
    RELEASE = "release"
    SENDING = "sending"
    CHECK = "check"


_ORDER = {needs: place for place, needs in enumerate(DraftNeeds)}


@dataclass(frozen=True, kw_only=True)
class WaitingDraft:
    """
    A draft, and what it waits for. `errors` and `warnings` are those of its last check; `is_mine`
    if the member can do something about it. `is_changer`: the member changed it last, and somebody
    else has to approve it.
    """

    open: OpenIssue
    needs: DraftNeeds
    errors: Sequence[Finding]
    warnings: Sequence[Finding]
    is_mine: bool
    is_changer: bool

    @property
    def worst(self) -> Finding | None:
        """
        Return the finding to name.
        """
        return next(iter([*self.errors, *self.warnings]), None)


def waiting_drafts(found: IssuesNow, by: Actor) -> Sequence[WaitingDraft]:
    """
    Return the drafts that wait for a person, as *by* sees them, the most urgent first and then the
    newest.
    """
    drafts = [
        _waiting(each, found.changers.get(each.issue.id), by)
        for each in found.in_states(*WAITS_FOR_STAFF)
    ]
    return sorted(drafts, key=lambda draft: (_ORDER[draft.needs], -draft.open.issue.id))


def _waiting(each: OpenIssue, changers: Collection[str] | None, by: Actor) -> WaitingDraft:
    findings = each.findings or ()
    errors = of_level(findings, Level.ERROR)
    warnings = [] if each.override_reason else of_level(findings, Level.WARNING)
    needs = _needs(each, errors, lacks_person=changers is not None)
    is_changer = needs is DraftNeeds.SECOND_PERSON and by.key in (changers or ())
    return WaitingDraft(
        open=each,
        needs=needs,
        errors=errors,
        warnings=warnings,
        is_mine=_PERMISSIONS[needs] in by.permissions and not is_changer,
        is_changer=is_changer,
    )


_PERMISSIONS = {
    DraftNeeds.DECISION: Permission.ISSUES_SEND,
    DraftNeeds.CHANGE: Permission.ISSUES_WRITE,
    DraftNeeds.FIX: Permission.ISSUES_WRITE,
    DraftNeeds.NEW_APPROVAL: Permission.ISSUES_APPROVE,
    DraftNeeds.SECOND_PERSON: Permission.ISSUES_APPROVE,
    DraftNeeds.APPROVAL: Permission.ISSUES_APPROVE,
    DraftNeeds.RELEASE: Permission.ISSUES_WRITE,
    DraftNeeds.SENDING: Permission.ISSUES_SEND,
    DraftNeeds.CHECK: Permission.ISSUES_WRITE,
}


def _needs(each: OpenIssue, errors: Sequence[Finding], *, lacks_person: bool) -> DraftNeeds:
    issue = each.issue
    if issue.state is IssueState.MISSED:
        return DraftNeeds.DECISION
    if issue.stuck_at is not None:
        return DraftNeeds.CHANGE
    if errors:
        return DraftNeeds.FIX
    if lacks_person and issue.held_by is None:
        return DraftNeeds.SECOND_PERSON
    if issue.approved_hash is not None:
        return DraftNeeds.SENDING
    if each.was_approved:
        return DraftNeeds.NEW_APPROVAL
    if issue.held_by is not None:
        return DraftNeeds.RELEASE
    return DraftNeeds.APPROVAL if issue.needs_approval else DraftNeeds.CHECK

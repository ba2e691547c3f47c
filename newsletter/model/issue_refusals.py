"""
Say why something cannot be done with an issue now, and what to do instead.
"""

from __future__ import annotations

from newsletter.model.issue import IssueKind, IssueState
from subscribers.text.phrases import phrase


def changed_since_opened(issue_id: int) -> str:
    return phrase("issue {issue} changed since you opened it: look at it again", issue=issue_id)


def nothing_to_approve(issue_id: int, state: IssueState) -> str:
    return phrase(
        "issue {issue} is {state}: there is nothing to approve", issue=issue_id, state=state
    )


def never_approved(issue_id: int) -> str:
    return phrase(
        "issue {issue} was never approved, so there is nothing to compare with", issue=issue_id
    )


def needs_approval(issue_id: int) -> str:
    return phrase(
        "issue {issue} needs an approval: {again}", issue=issue_id, again=_approve_again(issue_id)
    )


def changed_since_approved(issue_id: int) -> str:
    return phrase(
        "issue {issue} changed since it was approved: {again}",
        issue=issue_id,
        again=_approve_again(issue_id),
    )


def approved_for_others(issue_id: int, *, count: int, people: int) -> str:
    """
    Say that the issue was approved for *count* readers, and would go to *people* now.
    """
    return phrase(
        "issue {issue} was approved for {count} readers and would now go to {people}: {again}",
        issue=issue_id,
        count=count,
        people=people,
        again=_approve_again(issue_id),
    )


def _approve_again(issue_id: int) -> str:
    return phrase("look at it again and run `newsletter issue approve {issue}`", issue=issue_id)


def changed_by_approver(issue_id: int) -> str:
    return phrase(
        "you changed issue {issue} or one of its briefs last: somebody else has to approve it, "
        "because it goes to many readers",
        issue=issue_id,
    )


def shows_held_brief(issue_id: int, brief_id: int, reason: str) -> str:
    return phrase(
        "issue {issue} cannot be approved: brief {brief} is held ({reason}); leave it out of the "
        "issue, or run `newsletter brief free {brief}`",
        issue=issue_id,
        brief=brief_id,
        reason=reason,
    )


def content_is_fixed(issue_id: int, state: IssueState) -> str:
    return phrase(
        "issue {issue} is {state}: its content is fixed; make a new issue",
        issue=issue_id,
        state=state,
    )


def cannot_be_checked(issue_id: int, kind: IssueKind) -> str:
    return phrase(
        "issue {issue} is a {kind}: only issues to readers can be checked",
        issue=issue_id,
        kind=kind,
    )


def has_warnings(issue_id: int, warnings: str) -> str:
    return phrase(
        "issue {issue} has {warnings}: see `newsletter check {issue}`; fix what it says, or send "
        "it with --override REASON",
        issue=issue_id,
        warnings=warnings,
    )


def is_shown_by(issue_id: int, command: str) -> str:
    """
    Say that the issue is a notice, whose template *command* shows.
    """
    return phrase(
        "issue {issue} is a notice: {shown} shows its template", issue=issue_id, shown=command
    )


def is_to_single_people(issue_id: int) -> str:
    return phrase("issue {issue} is a notice to single people: it goes to no list", issue=issue_id)


def is_sent_automatically(issue_id: int) -> str:
    return phrase("issue {issue} is a notice: notices are sent automatically", issue=issue_id)


def test_needs_address(issue_id: int) -> str:
    return phrase(
        "a test of issue {issue} needs an address: run `newsletter issue test {issue} ADDRESS`",
        issue=issue_id,
    )


def cannot_be_sent(issue_id: int, reason: str | None) -> str:
    return phrase("issue {issue} cannot be sent: {reason}", issue=issue_id, reason=reason)


def slot_is_taken(wall: str, schedule: str) -> str:
    return phrase(
        "another process made the issue of slot {wall} of {rule}", wall=wall, rule=schedule
    )


def has_no_time(issue_id: int, state: IssueState) -> str:
    return phrase(
        "issue {issue} is {state}: only the time of a scheduled issue can be changed",
        issue=issue_id,
        state=state,
    )


def time_has_passed(when: str) -> str:
    return phrase("{when} is in the past: choose a later time", when=when)


def is_in_the_past(when: str) -> str:
    return phrase("{when} is in the past: leave --at out to send now", when=when)


def uses_segment(issue_id: int, segment: str) -> str:
    return phrase(
        "issue {number} uses segment {name}: first take it from the issue",
        number=issue_id,
        name=segment,
    )

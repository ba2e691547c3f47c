"""
Why an issue cannot be moved to another state, in words, and what to do instead.
"""

from __future__ import annotations

from newsletter.model.issue import IssueState
from subscribers.text.phrases import phrase

_DONE_TO = {
    IssueState.FREEZING: phrase("sent"),
    IssueState.SENDING: phrase("resumed"),
    IssueState.SCHEDULED: phrase("sent later"),
}


def refused_move(issue_id: int, now_in: IssueState, to: IssueState) -> str:
    """
    Return why an issue that is *now_in* a state cannot be moved *to* another.
    """
    after = _what_now(issue_id, now_in, to)
    done = _DONE_TO.get(to, to)
    if now_in is IssueState.SUBMITTED:
        if to is IssueState.FREEZING:
            return phrase(
                "issue {issue} was already sent and cannot be sent again: {after}",
                issue=issue_id,
                after=after,
            )
        return phrase(
            "issue {issue} was already sent and cannot be {done}: {after}",
            issue=issue_id,
            done=done,
            after=after,
        )
    if now_in is to:
        what = phrase("already {done}", done=done)
        if to is IssueState.SENDING:
            what = phrase("not paused")
        return phrase("issue {issue} is {what}: {after}", issue=issue_id, what=what, after=after)
    return phrase(
        "issue {issue} is {state} and cannot be {done}: {after}",
        issue=issue_id,
        state=phrase("a draft") if now_in is IssueState.DRAFT else now_in,
        done=done,
        after=after,
    )


def _what_now(issue_id: int, now_in: IssueState, to: IssueState) -> str:
    if now_in is to is IssueState.SCHEDULED:
        return phrase("`newsletter issue reschedule {issue}` changes its time", issue=issue_id)
    if now_in is IssueState.FREEZING:
        return phrase("it is about to be sent; try again in a moment")
    if now_in is IssueState.SENDING:
        return phrase(
            "it is being sent; `newsletter issue pause {issue}` pauses it", issue=issue_id
        )
    if now_in is IssueState.PAUSED:
        return phrase("`newsletter issue resume {issue}` resumes it", issue=issue_id)
    if now_in in (IssueState.SUBMITTED, IssueState.CANCELLED):
        return phrase("`newsletter issue new` makes another")
    return phrase("see `newsletter issue show {issue}`", issue=issue_id)

"""
Why an issue cannot be moved to another state, in words, and what to do instead.
"""

from __future__ import annotations

from newsletter.model.issue import IssueState

_DONE_TO = {
    IssueState.FREEZING: "sent",
    IssueState.SENDING: "resumed",
    IssueState.SCHEDULED: "sent later",
}
_WHAT_NOW = {
    IssueState.FREEZING: "it is about to be sent; try again in a moment",
    IssueState.SENDING: "it is being sent; `newsletter issue pause {}` pauses it",
    IssueState.PAUSED: "`newsletter issue resume {}` resumes it",
    IssueState.SUBMITTED: "`newsletter issue new` makes another",
    IssueState.CANCELLED: "`newsletter issue new` makes another",
}


def refused_move(issue_id: int, now_in: IssueState, to: IssueState) -> str:
    """
    Return why an issue that is *now_in* a state cannot be moved *to* another.
    """
    after = _WHAT_NOW.get(now_in, "see `newsletter issue show {}`").format(issue_id)
    done = _DONE_TO.get(to, to)
    if now_in is IssueState.SUBMITTED:
        again = " again" if done == "sent" else ""
        return f"issue {issue_id} was already sent and cannot be {done}{again}: {after}"
    if now_in is to:
        what = "not paused" if to is IssueState.SENDING else f"already {done}"
        return f"issue {issue_id} is {what}: {after}"
    state = "a draft" if now_in is IssueState.DRAFT else now_in
    return f"issue {issue_id} is {state} and cannot be {done}: {after}"

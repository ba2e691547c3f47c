"""
How issues are sent: send, test, pause, resume and cancel them, and see what became of them.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from newsletter.actions.issues import issue_delivery, issue_pages, issue_status, resending, sending
from newsletter.model.access import Permission
from newsletter.model.delivery import DeliveryState
from newsletter.store.issues.listing import IssueFilter
from newsletter.web.api.bodies.issues.delivery import (
    CancelReason,
    IssueStatusBody,
    IssueToResume,
    IssueToSend,
    NewTime,
    PauseReason,
    PeopleToResend,
    RecipientBody,
    ResentBody,
    TestToSend,
    UncertainToResolve,
    recipient_body,
)
from newsletter.web.api.bodies.issues.issues import IssueBody, IssueNumber
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.nouns.issues.issues import ISSUE, shown
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit
from newsletter.web.api.requests.request_limits import RateClass

noun = Noun("delivery", "How issues are sent.")

_READ, _SEND = Permission.ISSUES_READ, Permission.ISSUES_SEND
OfList = Annotated[str, Query(max_length=60, description="Only issues to the list of this slug")]
StatusLimit = Annotated[int, Query(ge=1, le=50, description="The most items in one page")]
State = Annotated[DeliveryState | None, Query(description="Only recipients in this state")]


@noun.post(f"{ISSUE}/send", _READ, _SEND, rate=RateClass.BULK, version_of=ISSUE, in_steps=True)
def send_issue(call: Call, issue: IssueNumber, body: IssueToSend) -> IssueBody:
    """
    Send an issue, now or at a time.

    It is checked first: errors stop it, and warnings need a reason. Its readers and content are
    fixed once it is being sent.
    """
    sending.send_at_once(
        call.app,
        issue,
        at=body.at,
        override_reason=body.override_reason,
        ignore_quiet=body.ignore_quiet,
        fallback_provider=body.fallback_provider,
        by=call.actor,
    )
    return shown(call, issue)


@noun.post(f"{ISSUE}/reschedule", _READ, _SEND, version_of=ISSUE)
def reschedule_issue(call: Call, issue: IssueNumber, body: NewTime) -> IssueBody:
    """
    Give a scheduled issue another time.

    An approval stays valid.
    """
    sending.reschedule(call.app, issue, at=body.at.isoformat(), by=call.actor)
    return shown(call, issue)


@noun.post(f"{ISSUE}/test", _READ, _SEND, rate=RateClass.BULK, status=201, in_steps=True)
def send_test(call: Call, issue: IssueNumber, body: TestToSend) -> IssueBody:
    """
    Send an issue as a test to some addresses.

    The test is an issue of its own.
    """
    number = issue_delivery.send_test(call.app, issue, body.addresses, by=call.actor)
    call.made(f"{PREFIX}/issues/{number}")
    return shown(call, number)


@noun.post(f"{ISSUE}/pause", _READ, _SEND, version_of=ISSUE)
def pause_issue(call: Call, issue: IssueNumber, body: PauseReason) -> IssueBody:
    """
    Pause an issue that is being sent.

    Calls to the provider that have begun are finished.
    """
    issue_delivery.pause(call.app, issue, reason=body.reason, by=call.actor)
    return shown(call, issue)


@noun.post(f"{ISSUE}/resume", _READ, _SEND, version_of=ISSUE)
def resume_issue(call: Call, issue: IssueNumber, body: IssueToResume) -> IssueBody:
    """
    Continue a paused issue, for those who did not get it yet.

    On a new sending domain, this also ends the wait after the first recipients.
    """
    issue_delivery.resume(
        call.app,
        issue,
        reason=body.reason,
        fallback_provider=body.fallback_provider,
        by=call.actor,
    )
    return shown(call, issue)


@noun.post(f"{ISSUE}/cancel", _READ, _SEND, version_of=ISSUE)
def cancel_issue(call: Call, issue: IssueNumber, body: CancelReason | None = None) -> IssueBody:
    """
    Stop an issue for good.

    What was sent cannot be recalled. If it is being sent again to named people, only that is
    stopped. A reason, if there is a body, is kept with the issue.
    """
    reason = body.reason if body else None
    issue_delivery.cancel(call.app, issue, reason=reason, by=call.actor)
    return shown(call, issue)


@noun.post(f"{ISSUE}/resend", _SEND, rate=RateClass.BULK, in_steps=True)
def resend_issue(call: Call, issue: IssueNumber, body: PeopleToResend) -> ResentBody:
    """
    Send an issue again to named people.
    """
    count = resending.resend(call.app, issue, body.addresses, again=body.again, by=call.actor)
    return ResentBody(people=count)


@noun.post(f"{ISSUE}/resolve", _READ, _SEND, version_of=ISSUE)
def resolve_issue(call: Call, issue: IssueNumber, body: UncertainToResolve) -> IssueStatusBody:
    """
    Decide what the uncertain recipients of an issue count as.

    Nothing is sent.
    """
    issue_delivery.resolve(call.app, issue, as_state=body.as_state(), by=call.actor)
    return _status(call, issue)


@noun.get(f"{ISSUE}/status", _READ)
def show_issue_status(call: Call, issue: IssueNumber) -> IssueStatusBody:
    """
    Show how an issue is being sent: its counts, and what it waits for.
    """
    return _status(call, issue)


@noun.get("/issue-statuses", _READ, rate=RateClass.BULK)
def list_issue_statuses(
    call: Call, list: OfList = "", limit: StatusLimit = 10, cursor: CursorText = None
) -> ResourcePage[IssueStatusBody]:
    """
    Show how the last issues were sent, the newest first: the status of each.
    """
    which = IssueFilter(list_slug=list, before=call.after(cursor, int, 0) or None)
    found = issue_pages.rows(call.app, which, limit=limit + 1, by=call.actor)
    return call.page(
        [each.issue.id for each in found],
        limit,
        key=lambda number: number,
        show=lambda number: _status(call, number),
    )


@noun.get(f"{ISSUE}/recipients", Permission.PEOPLE_READ)
def list_recipients(
    call: Call,
    issue: IssueNumber,
    state: State = None,
    limit: Limit = 100,
    cursor: CursorText = None,
) -> ResourcePage[RecipientBody]:
    """
    List the recipients of an issue, in the order in which it was frozen.
    """
    after, seen = call.after_seen(cursor)
    found = issue_status.recipients_page(
        call.app,
        issue,
        after=after,
        seen=seen,
        limit=limit + 1,
        only=state,
        by=call.actor,
    )
    return call.page(
        found, limit, key=lambda each: f"{each.delivery_id} {seen + limit}", show=recipient_body
    )


def _status(call: Call, issue: int) -> IssueStatusBody:
    return IssueStatusBody.model_validate(
        issue_status.status_of(call.app, issue, by=call.actor), strict=False
    )

"""
Issues until they are sent: list, make, show, change, review, approve and hold them.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from newsletter.actions.issues import checks, corrections, issue_pages, issues, previews
from newsletter.actions.issues.previews import SampleReader
from newsletter.model.access import Permission
from newsletter.model.issue import IssueState
from newsletter.model.schedule import Order
from newsletter.web.api.bodies.issues.issues import (
    CorrectionToMake,
    IssueBody,
    IssueChanges,
    IssueNumber,
    IssueSummaryBody,
    IssueToMake,
    issue_body,
    issue_summary,
)
from newsletter.web.api.bodies.issues.reviews import (
    ChangesBody,
    CheckBody,
    CorrectionBody,
    PreviewBody,
    ReadersBody,
    check_body,
    preview_body,
)
from newsletter.web.api.body import CountedPage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import ByAge, CursorText, Limit, Total
from newsletter.web.api.requests.request_limits import RateClass

noun = Noun("issues", "Issues: what is sent to the readers of lists.")

ISSUE = "/issues/{issue}"
_READ, _WRITE = Permission.ISSUES_READ, Permission.ISSUES_WRITE
State = Annotated[IssueState | None, Query(description="Only issues in this state")]
Reader = Annotated[SampleReader, Query(description="For whom the preview is")]


def shown(call: Call, issue: int) -> IssueBody:
    """
    Return an issue as it is now, to somebody who has just changed it.
    """
    return issue_body(issue_pages.content(call.app, issue, by=call.with_permissions(_READ)))


@noun.get("/issues", _READ)
def list_issues(
    call: Call,
    state: State = None,
    order: ByAge = Order.NEWEST,
    total: Total = False,
    limit: Limit = 100,
    cursor: CursorText = None,
) -> CountedPage[IssueSummaryBody]:
    """
    List the issues, the newest first unless `order` says otherwise.
    """
    found = issue_pages.page(
        call.app,
        after=call.after(cursor, int, 0) or None,
        order=order,
        limit=limit + 1,
        state=state,
        by=call.actor,
    )
    count = issue_pages.total(call.app, state=state, by=call.actor) if total else None
    return call.counted_page(
        found, limit, key=lambda each: each.issue.id, show=issue_summary, total=count
    )


@noun.post("/issues", _WRITE, status=201)
def make_issue(call: Call, body: IssueToMake) -> IssueBody:
    """
    Make a draft.
    """
    number = issues.create_draft(
        call.app,
        body.as_audience(),
        briefs=body.briefs,
        texts=body.as_texts(),
        template=body.template,
        show=body.show,
        by=call.actor,
    )
    return _made(call, number)


@noun.get(ISSUE, _READ)
def show_issue(call: Call, issue: IssueNumber) -> IssueBody:
    """
    Show an issue.
    """
    return issue_body(issue_pages.content(call.app, issue, by=call.actor))


@noun.patch(ISSUE, _READ, _WRITE)
def change_issue(call: Call, issue: IssueNumber, body: IssueChanges) -> IssueBody:
    """
    Change the given values of a draft.

    An approved draft needs another approval.
    """
    issues.edit_draft(
        call.app,
        issue,
        lists=body.lists,
        not_lists=body.not_lists,
        cadences=body.cadences or (),
        segment=body.segment,
        texts=body.as_texts(),
        template=body.template,
        briefs=body.briefs or (),
        show=body.show,
        by=call.actor,
    )
    return shown(call, issue)


@noun.delete(ISSUE, _WRITE)
def remove_issue(call: Call, issue: IssueNumber) -> None:
    """
    Remove a draft of which nobody was sent anything, and that no schedule made.

    All others can be cancelled.
    """
    issues.remove_draft(call.app, issue, by=call.actor)


@noun.post(f"{ISSUE}/duplicate", _WRITE, status=201)
def duplicate_issue(call: Call, issue: IssueNumber) -> IssueBody:
    """
    Make a draft with the lists, texts, template and briefs of another issue.
    """
    return _made(call, issues.duplicate(call.app, issue, by=call.actor))


@noun.get(f"{ISSUE}/readers", _READ)
def count_readers(call: Call, issue: IssueNumber) -> ReadersBody:
    """
    Count the readers that an issue would go to now, or was sent to.
    """
    return ReadersBody(readers=issue_pages.readers(call.app, issue, by=call.actor))


@noun.get(f"{ISSUE}/preview", _READ, rate=RateClass.BULK)
def preview_issue(
    call: Call, issue: IssueNumber, reader: Reader = SampleReader.ORDINARY
) -> PreviewBody:
    """
    Show an issue as it would be sent now, to a sample reader.
    """
    return preview_body(previews.preview(call.app, issue, reader=reader, by=call.actor))


@noun.get(f"{ISSUE}/check", _READ, rate=RateClass.BULK)
def check_issue(call: Call, issue: IssueNumber) -> CheckBody:
    """
    Check an issue as it would be sent now.

    Its links are not followed.
    """
    return check_body(checks.check_issue(call.app, issue, follow_links=False, by=call.actor))


@noun.get(f"{ISSUE}/changes", _READ, rate=RateClass.BULK)
def show_changes(call: Call, issue: IssueNumber) -> ChangesBody:
    """
    Show what changed since an issue was approved.
    """
    diff = issues.changes_since_approval(call.app, issue, by=call.actor)
    return ChangesBody(has_changed=bool(diff), diff=diff)


@noun.post(
    f"{ISSUE}/approve",
    _READ,
    Permission.ISSUES_APPROVE,
    rate=RateClass.BULK,
    version_of=ISSUE,
    in_steps=True,
)
def approve_issue(call: Call, issue: IssueNumber) -> IssueBody:
    """
    Approve an issue as it is now.

    The draft of a schedule with a deadline is also sent.
    """
    issues.approve(call.app, issue, by=call.actor)
    return shown(call, issue)


@noun.post(f"{ISSUE}/hold", _READ, _WRITE, version_of=ISSUE)
def hold_issue(call: Call, issue: IssueNumber) -> IssueBody:
    """
    Lift the deadline of a draft, so that it waits until somebody sends it.
    """
    issues.hold(call.app, issue, by=call.actor)
    return shown(call, issue)


@noun.post(f"{ISSUE}/correct", Permission.ISSUES_SEND, status=201)
def correct_issue(call: Call, issue: IssueNumber, body: CorrectionToMake) -> CorrectionBody:
    """
    Make a draft for those who got an issue, with its briefs as they are now.
    """
    made = corrections.correct(
        call.app, issue, subject=body.subject, intro=body.intro, by=call.actor
    )
    return CorrectionBody(issue=_made(call, made.draft.id), readers=made.readers)


def _made(call: Call, number: int) -> IssueBody:
    call.made(f"{PREFIX}/issues/{number}")
    return shown(call, number)

"""
An issue is rendered once a release: what is checked, compared with its approval and frozen is one
mail.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from installation import House

from newsletter.issues import approval
from newsletter.issues.context import PublishingContext
from newsletter.issues.preflight import render_and_check
from newsletter.issues.release import schedule_release
from newsletter.issues.rendering import RenderedIssue, render_for_release, render_issue
from newsletter.model.issue import Issue, IssueState
from newsletter.pipeline import publish_issue, resume
from newsletter.store.issues import issues

RENDERING = "newsletter.mail.templating.engine:render_parts"


@dataclasses.dataclass
class CountingSandbox:
    """
    A sandbox that counts how often a mail is rendered.
    """

    house: House
    renderings: int = 0

    def call(self, function: str, *arguments: object) -> object:
        self.renderings += function == RENDERING
        return self.house.app.sandbox.call(function, *arguments)


def counting(house: House) -> tuple[PublishingContext, CountingSandbox]:
    sandbox = CountingSandbox(house)
    return dataclasses.replace(house.app.publishing, sandbox=sandbox), sandbox  # type: ignore[arg-type]


def draft(house: House, *, needs_approval: bool = False) -> int:
    house.add_list()
    house.add_readers(2)
    issue_id = house.add_issue()
    if needs_approval:
        with house.app.database.write() as connection:
            issues.edit_issue(connection, issue_id, needs_approval=True)
        approval.approve(house.app.publishing, issue_id)
    return issue_id


def load(house: House, issue_id: int) -> Issue:
    with house.app.database.read() as connection:
        return issues.load_issue(connection, issue_id)


def checked(context: PublishingContext, issue: Issue) -> RenderedIssue:
    rendered, _ = render_and_check(context, issue)
    assert rendered is not None
    return rendered


@pytest.mark.parametrize("needs_approval", [False, True])
def test_a_release_renders_once(house: House, needs_approval: bool) -> None:
    issue_id = draft(house, needs_approval=needs_approval)
    context, sandbox = counting(house)
    publish_issue(context, issue_id)
    assert (house.state(issue_id), sandbox.renderings) == ("sending", 1)


def test_a_release_by_hand_sends_the_mail_that_was_checked(house: House) -> None:
    issue_id = draft(house, needs_approval=True)
    context, sandbox = counting(house)
    rendered = checked(context, load(house, issue_id))
    publish_issue(context, issue_id, rendered=rendered)
    assert (house.state(issue_id), sandbox.renderings) == ("sending", 1)


def test_an_issue_sent_later_is_rendered_once_now_and_once_then(house: House) -> None:
    issue_id = draft(house, needs_approval=True)
    context, sandbox = counting(house)
    issue = load(house, issue_id)
    at = house.now + dt.timedelta(hours=1)
    schedule_release(context, issue, at, rendered=checked(context, issue))
    assert (house.state(issue_id), sandbox.renderings) == ("scheduled", 1)
    house.now = at
    resume(context)
    assert (house.state(issue_id), sandbox.renderings) == ("sending", 2)


def test_an_issue_edited_after_its_check_is_rendered_again(house: House) -> None:
    issue_id = draft(house)
    context, sandbox = counting(house)
    rendered = checked(context, load(house, issue_id))
    with house.app.database.write() as connection:
        issues.edit_issue(connection, issue_id, subject="Another")
    publish_issue(context, issue_id, rendered=rendered)
    house.submit_all()
    assert (house.mails()[0]["Subject"], sandbox.renderings) == ("Another", 2)


def test_an_approval_does_not_depend_on_the_nonce(house: House) -> None:
    issue_id = draft(house)
    rule = load(house, issue_id).audience
    first, second = (
        render_issue(house.app.publishing, issue_id, nonce=nonce)
        for nonce in ("0123456789ab", "ba9876543210")
    )
    assert first != second
    assert approval.approval_hash(first, rule) == approval.approval_hash(second, rule)


def test_a_rendering_for_a_release_keeps_its_nonce_to_itself(house: House) -> None:
    issue = load(house, draft(house))
    nonces = {render_for_release(house.app.publishing, issue).mail.nonce for _ in range(2)}
    assert len(nonces) == 2
    assert IssueState.DRAFT is issue.state

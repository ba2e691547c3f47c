"""
An issue is rendered once a release: what is checked, compared with its approval and frozen is one
mail.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from installation import Installation

from newsletter.issues import approval
from newsletter.issues.context import PublishingContext
from newsletter.issues.preflight import render_and_check
from newsletter.issues.release import schedule_release
from newsletter.issues.rendering import RenderedIssue, render_for_release, render_issue
from newsletter.model.issue import Issue, IssueState
from newsletter.pipeline import publish_issue, resume
from newsletter.store.delivery.freeze import load_mail
from newsletter.store.issues import issues

RENDERING = "newsletter.mail.templating.engine:render_parts"


@dataclasses.dataclass
class CountingSandbox:
    """
    A sandbox that counts how often a mail is rendered.
    """

    installation: Installation
    renderings: int = 0

    def call(self, function: str, *arguments: object) -> object:
        self.renderings += function == RENDERING
        return self.installation.app.sandbox.call(function, *arguments)


def counting(installation: Installation) -> tuple[PublishingContext, CountingSandbox]:
    sandbox = CountingSandbox(installation)
    return dataclasses.replace(installation.app.publishing, sandbox=sandbox), sandbox  # type: ignore[arg-type]


def draft(installation: Installation, *, needs_approval: bool = False) -> int:
    installation.add_list()
    installation.add_readers(2)
    issue_id = installation.add_issue()
    if needs_approval:
        with installation.app.database.write() as connection:
            issues.edit_issue(connection, issue_id, needs_approval=True)
        approval.approve(installation.app.publishing, issue_id)
    return issue_id


def load(installation: Installation, issue_id: int) -> Issue:
    with installation.app.database.read() as connection:
        return issues.load_issue(connection, issue_id)


def checked(context: PublishingContext, issue: Issue) -> RenderedIssue:
    rendered, _ = render_and_check(context, issue)
    assert rendered is not None
    return rendered


@pytest.mark.parametrize("needs_approval", [False, True])
def test_a_release_renders_once(installation: Installation, needs_approval: bool) -> None:
    issue_id = draft(installation, needs_approval=needs_approval)
    context, sandbox = counting(installation)
    publish_issue(context, issue_id)
    assert (installation.state(issue_id), sandbox.renderings) == ("sending", 1)


def test_a_release_by_hand_sends_the_mail_that_was_checked(installation: Installation) -> None:
    issue_id = draft(installation, needs_approval=True)
    context, sandbox = counting(installation)
    rendered = checked(context, load(installation, issue_id))
    publish_issue(context, issue_id, rendered=rendered)
    assert (installation.state(issue_id), sandbox.renderings) == ("sending", 1)


def test_an_issue_sent_later_is_rendered_once_now_and_once_then(installation: Installation) -> None:
    issue_id = draft(installation, needs_approval=True)
    context, sandbox = counting(installation)
    issue = load(installation, issue_id)
    at = installation.now + dt.timedelta(hours=1)
    schedule_release(context, issue, at, rendered=checked(context, issue))
    assert (installation.state(issue_id), sandbox.renderings) == ("scheduled", 1)
    installation.now = at
    resume(context)
    assert (installation.state(issue_id), sandbox.renderings) == ("sending", 2)


def test_an_issue_edited_after_its_check_is_rendered_again(installation: Installation) -> None:
    issue_id = draft(installation)
    context, sandbox = counting(installation)
    rendered = checked(context, load(installation, issue_id))
    with installation.app.database.write() as connection:
        issues.edit_issue(connection, issue_id, subject="Another")
    publish_issue(context, issue_id, rendered=rendered)
    installation.submit_all()
    assert (installation.mails()[0]["Subject"], sandbox.renderings) == ("Another", 2)


def test_an_approval_does_not_depend_on_the_nonce(installation: Installation) -> None:
    issue_id = draft(installation)
    rule = load(installation, issue_id).audience
    first, second = (
        render_issue(installation.app.publishing, issue_id, nonce=nonce)
        for nonce in ("0123456789ab", "ba9876543210")
    )
    assert first != second
    assert approval.approval_hash(first, rule) == approval.approval_hash(second, rule)


def test_a_rendering_for_a_release_keeps_its_nonce_to_itself(installation: Installation) -> None:
    issue = load(installation, draft(installation))
    nonces = {render_for_release(installation.app.publishing, issue).mail.nonce for _ in range(2)}
    assert len(nonces) == 2
    assert IssueState.DRAFT is issue.state


def test_a_mail_that_was_only_to_be_shown_is_not_sent(installation: Installation) -> None:
    issue_id = draft(installation)
    context, sandbox = counting(installation)
    issue = load(installation, issue_id)
    shown = render_for_release(context, issue, only_to_show=True)
    assert shown.mail == render_issue(context, issue_id)
    publish_issue(context, issue_id, rendered=shown)
    installation.submit_all()
    assert (installation.state(issue_id), sandbox.renderings) == ("submitted", 3)
    with installation.app.database.read() as connection:
        sent, _ = load_mail(connection, issue_id) or (None, "")
    assert sent is not None
    assert sent.nonce != shown.mail.nonce

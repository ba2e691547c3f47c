"""
An issue that is let go: rendered, its approval checked, and frozen with the very words rendered.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from newsletter.delivery import freeze as prepare
from newsletter.errors import Refused
from newsletter.issues.approval import check_approval
from newsletter.issues.context import Road
from newsletter.issues.preflight import look_over
from newsletter.issues.rendering import render_issue
from newsletter.mail.size.budget import mail_bytes
from newsletter.model.delivery import Capabilities, batch_size
from newsletter.model.issue import Issue, IssueState
from newsletter.store.issues import corrections as changes
from newsletter.store.issues import issues

# How often an issue is rendered whose briefs change between the rendering and the freeze.
RENDERINGS = 3


def release(road: Road, issue: Issue, *, despite: str | None = None) -> int:
    """
    How many readers the issue goes to: frozen now. An edit of a brief made before the freeze is
    in the mail, or voids the approval. *despite* is why it leaves with warnings.

    Raises:
        Refused: it was not approved though it must be, the approval is void, a check found what
            blocks it, it has nobody to go to, or it left already.
        TemplateError, MergeError: it cannot be rendered; the issue is as it was.
    """
    # Whatever would refuse the issue is met before its state is touched.
    capabilities = road.provider_named(issue.provider).capabilities
    if issue.second_provider is not None:
        road.fallback_provider(issue.second_provider, primary=issue.provider)
    for _ in range(RENDERINGS):
        try:
            return _render_and_freeze(road, issue, capabilities, despite=despite)
        except prepare.Edited:
            _step_back(road, issue)
        except prepare.NoReaders:
            _step_back(road, issue)
            raise
    raise Refused(f"issue {issue.id}: its briefs change all the time; send it again")


def _render_and_freeze(
    road: Road, issue: Issue, capabilities: Capabilities, *, despite: str | None
) -> int:
    with road.database.read() as connection:
        shown = changes.shown_now(connection, issue.about or issue.id)
    mail = render_issue(road, issue.id, nonce=secrets.token_hex(6))
    check_approval(road, issue)
    look_over(road, issue, mail, despite=despite)
    if issue.state is not IssueState.FREEZING:
        begin_freezing(road, issue)
    road.on_step("freeze.before")
    return prepare.freeze(
        road.database,
        issue,
        mail,
        shown=shown,
        batch_size=batch_size(capabilities, mail_bytes(mail)),
        now=road.clock(),
        on_step=road.on_step,
        has_canary=road.has_canary(issue.provider),
    )


def _step_back(road: Road, issue: Issue) -> None:
    """
    Puts an issue that was not frozen back to the state in which a person had it.
    """
    if issue.state is not IssueState.FREEZING:
        with road.database.write() as connection:
            issues.try_move(connection, issue.id, issue.state, only_from=IssueState.FREEZING)


def begin_freezing(road: Road, issue: Issue) -> None:
    """
    Moves the issue to FREEZING, if it is still as it was read.

    Raises:
        Refused: it was edited or moved meanwhile.
    """
    with road.database.write() as connection:
        issues.move_issue(connection, issue.id, IssueState.FREEZING)
        if replace(issues.load_issue(connection, issue.id), state=issue.state) != issue:
            raise Refused(f"issue {issue.id} was edited just now: look at it and send it again")

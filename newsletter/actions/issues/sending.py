"""
The action that sends an issue in one request: what `issue send` asks a person step by step.
"""

from __future__ import annotations

import datetime as dt

from newsletter.actions.guard.objects import the_issue
from newsletter.actions.guard.requires import requires
from newsletter.actions.issues import issue_delivery
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.model.access import Actor, Permission
from newsletter.model.issue import IssueState


@requires(
    Permission.ISSUES_SEND, "issue.send_at_once", about=the_issue(), in_steps=True, audited=False
)
def send_at_once(
    app: App,
    issue_id: int,
    *,
    at: dt.datetime | None = None,
    override_reason: str | None = None,
    ignore_quiet: bool = False,
    fallback_provider: str | None = None,
    by: Actor,
) -> None:
    """
    Render and check an issue, then freeze it for now or schedule it for *at*. For one that is being
    sent, *ignore_quiet* ends its wait for quiet hours.

    Raises:
        NotFound: there is no such issue.
        Refused: *at* has passed, a check found an error or warnings without a reason, it has no
            readers or lacks an approval, or it was sent already.
        SettingsError: the fallback provider cannot continue what the provider of the issue began.
    """
    request = issue_delivery.prepare_send(
        app,
        issue_id,
        at=at.isoformat() if at is not None else None,
        fallback_provider=fallback_provider,
        ignore_quiet=ignore_quiet,
        by=by,
    )
    if request.issue.state is IssueState.SENDING:
        if not ignore_quiet:
            raise Refused(f"issue {issue_id} is already being sent")
        issue_delivery.end_quiet_wait(app, issue_id, by=by)
        return
    check = issue_delivery.check_before_send(app, request.issue, by=by)
    issue_delivery.send(
        app,
        check,
        at=request.at,
        override_reason=override_reason,
        ignore_quiet=ignore_quiet,
        by=by,
    )

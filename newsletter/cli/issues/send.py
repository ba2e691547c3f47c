"""
`newsletter issue send` and what follows it: test, pause, resume, cancel, status.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.issues.drafts import Number
from newsletter.cli.issues.show import people
from newsletter.cli.issues.wait import (
    end_waiting,
    send_with_progress,
    show_status,
    warn_without_sender,
)
from newsletter.cli.session import Session, session_of
from newsletter.errors import Refused
from newsletter.model.issue import IssueState

if TYPE_CHECKING:
    from newsletter.app import App
    from newsletter.issues.preflight import SendCheck

group = typer.Typer()

Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing.")]
FallbackProvider = Annotated[
    str | None, typer.Option(help="Who goes on with it when its provider takes nothing; or none.")
]


@group.command()
def test(
    context: typer.Context,
    issue_id: Number,
    addresses: Annotated[list[str], typer.Argument(help="Where to send the test mail.")],
) -> None:
    """
    Send the issue, marked [Test], to typed addresses. Its unsubscribe link does nothing.

    Example: newsletter issue test 3 me@example.org
    """
    from newsletter.actions.issue_delivery import send_test

    session = session_of(context)
    with session.app() as app:
        _send_until_done(session, app, send_test(app, issue_id, addresses))


@group.command()
def send(
    context: typer.Context,
    issue_id: Number,
    at: Annotated[
        str | None, typer.Option(help="Not now but at 2026-03-05T06:00:00-05:00.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Work along until it is submitted.")] = False,
    yes: Yes = False,
    override: Annotated[
        str | None,
        typer.Option("--override", help="Why it leaves with warnings; kept with the issue."),
    ] = None,
    fallback_provider: FallbackProvider = None,
) -> None:
    """
    Freeze audience and content and hand the issue over; this cannot be taken back. It is looked
    over first: errors stop it, warnings want a word.

    Example: newsletter issue send 3 --wait
    """
    from newsletter.actions import issue_delivery

    session = session_of(context)
    when = _time(at) if at is not None else None
    with session.app() as app:
        request = issue_delivery.prepare_send(
            app, issue_id, at=when, fallback_provider=fallback_provider
        )
        if wait and request.issue.state is IssueState.SENDING:
            # Frozen before, perhaps by a run of this command that was killed: only help along.
            _send_until_done(session, app, issue_id)
            return
        check = issue_delivery.check_before_send(app, request.issue)
        reason = _override_reason(session, check, override or ("--yes" if yes else None))
        if not session.confirm(f"send issue {issue_id} to {people(request.readers)}?", yes=yes):
            raise Refused(f"issue {issue_id} was not sent: you said no")
        issue_delivery.send(app, check, at=when, override_reason=reason)
        if wait and when is None:
            _send_until_done(session, app, issue_id)
            return
        if when is None:
            warn_without_sender(session, app)
        show_status(session, app, issue_id)


def _send_until_done(session: Session, app: App, issue_id: int) -> None:
    was_stopped = send_with_progress(session, app, issue_id)
    end_waiting(session, app, issue_id, was_stopped=was_stopped)


def _time(at: str) -> dt.datetime:
    try:
        when = dt.datetime.fromisoformat(at)
    except ValueError as error:
        raise typer.BadParameter(f"{at} is no time: write 2026-03-05T06:00:00-05:00") from error
    if when.tzinfo is None:
        raise typer.BadParameter(f"{at} has no offset: write 2026-03-05T06:00:00-05:00")
    return when


def _override_reason(session: Session, check: SendCheck, given: str | None) -> str | None:
    """
    Show the issue's warnings, and return why it leaves all the same: the reason *given*, else what
    a person at a terminal types. Where its mail reaches nobody, nobody is asked.

    Raises:
        Refused: the person gives no reason.
    """
    from newsletter.cli.issues.check import line_of

    if not check.warnings:
        return given
    number = check.issue.id
    if not check.need_override:
        count = len(check.warnings)
        session.say(f"it has warnings: `newsletter check {number}` lists {count}")
        return given
    for warning in check.warnings:
        session.say(line_of(warning))
    if given is not None or not session.is_interactive:
        return given
    reason = session.ask("why send it all the same? (nothing: it is not sent)")
    if not reason:
        raise Refused(f"issue {number} was not sent: you gave no reason")
    return reason


@group.command()
def pause(
    context: typer.Context,
    issue_id: Number,
    reason: Annotated[str, typer.Option(help="Why; shown to everybody.")] = "by staff",
) -> None:
    """
    Claim no further batch. Calls in flight end; the rest stays pending.

    Example: newsletter issue pause 3
    """
    from newsletter.actions import issue_delivery

    session = session_of(context)
    with session.app() as app:
        issue_delivery.pause(app, issue_id, reason=reason)
        show_status(session, app, issue_id)


@group.command()
def resume(
    context: typer.Context,
    issue_id: Number,
    reason: Annotated[
        str | None, typer.Option(help="Why it may go on, after too many bounces or complaints.")
    ] = None,
    fallback_provider: FallbackProvider = None,
) -> None:
    """
    Go on with a paused issue: with who is pending, and nobody else. Ends the wait for the first
    readers on a new sending domain.

    Example: newsletter issue resume 3
    """
    from newsletter.actions import issue_delivery

    session = session_of(context)
    with session.app() as app:
        issue_delivery.resume(app, issue_id, reason=reason, fallback_provider=fallback_provider)
        show_status(session, app, issue_id)


@group.command()
def cancel(context: typer.Context, issue_id: Number, yes: Yes = False) -> None:
    """
    Stop an issue for good. Mails that left are not taken back; the rest are cancelled.

    Example: newsletter issue cancel 3
    """
    from newsletter.actions import issue_delivery

    session = session_of(context)
    with session.app() as app:
        if not session.confirm(f"cancel issue {issue_id} for good?", yes=yes):
            raise Refused(f"issue {issue_id} was not cancelled: you said no")
        issue_delivery.cancel(app, issue_id)
        show_status(session, app, issue_id)


@group.command()
def status(
    context: typer.Context,
    issue_id: Number,
    watch: Annotated[
        bool, typer.Option("--watch", help="Live, with pace and time left, until it ends.")
    ] = False,
) -> None:
    """
    Where every recipient of an issue stands; the states add up to the audience.

    Example: newsletter issue status 3 --watch
    """
    from newsletter.actions.issue_delivery import status_of
    from newsletter.cli.issues.live_status import live_display, watch_until_done

    session = session_of(context)
    with session.app() as app:
        if watch:
            with live_display() as show:
                watch_until_done(lambda: status_of(app, issue_id), show)
        show_status(session, app, issue_id)

"""
`newsletter issue test`, `send`, `pause`, `resume` and `cancel`.
"""

from __future__ import annotations

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
from newsletter.cli.session import Session, Yes, session_of
from newsletter.errors import Refused
from newsletter.model.issue import IssueState

if TYPE_CHECKING:
    from newsletter.actions.issues.issue_delivery import SendRequest
    from newsletter.app import App
    from newsletter.issues.preflight import SendCheck

group = typer.Typer()

FallbackProvider = Annotated[
    str | None,
    typer.Option(
        metavar="PROVIDER",
        help="Provider to use if the issue's provider accepts nothing; `none` for no fallback",
        show_default="as set for the issue",
    ),
]
Wait = Annotated[
    bool,
    typer.Option("--wait", help="Send from this process and wait until everything is submitted"),
]


@group.command()
def test(
    context: typer.Context,
    issue_id: Number,
    addresses: Annotated[
        list[str], typer.Argument(metavar="ADDRESS", help="Addresses that get the test email")
    ],
) -> None:
    """
    Send the issue as a test to the given addresses. The subject is marked [Test], and the
    unsubscribe link does nothing.

    Example:
        newsletter issue test 3 me@example.org
    """
    from newsletter.actions.issues.issue_delivery import send_test

    session = session_of(context)
    with session.app() as app:
        _send_until_done(session, app, send_test(app, issue_id, addresses, by=session.actor))


@group.command()
def send(
    context: typer.Context,
    issue_id: Number,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Send at this time: +2h, 2026-03-05 06:00 in the list's time zone, or "
            "2026-03-05T06:00:00-05:00",
            show_default="now",
        ),
    ] = None,
    wait: Wait = False,
    yes: Yes = False,
    override: Annotated[
        str | None,
        typer.Option(
            "--override",
            metavar="TEXT",
            help="Reason to send in spite of warnings, kept with the issue",
            show_default="you are asked at a terminal",
        ),
    ] = None,
    ignore_quiet: Annotated[
        bool, typer.Option("--ignore-quiet", help="Send in the quiet hours of its lists too")
    ] = False,
    fallback_provider: FallbackProvider = None,
) -> None:
    """
    Send an issue. Its readers and content are fixed from then on; an email that was sent cannot be
    recalled.

    The issue is checked first. Errors stop it; warnings need a reason, which you give with
    --override or when asked. A brief that was sent to the list before is a warning.

    Examples:
        newsletter issue send 3 --wait
        newsletter issue send 3 --at "2026-03-05 06:00"
    """
    from newsletter.actions.issues import issue_delivery
    from newsletter.scheduling.local_times import format_time

    session = session_of(context)
    with session.app() as app:
        request = issue_delivery.prepare_send(
            app,
            issue_id,
            at=at,
            fallback_provider=fallback_provider,
            ignore_quiet=ignore_quiet,
            by=session.actor,
        )
        if request.issue.state is IssueState.SENDING:
            # Already frozen, perhaps by an earlier run that was killed: send the rest.
            _continue_send(session, app, issue_id, wait=wait, ignore_quiet=ignore_quiet)
            _show_sent(session, app, issue_id, wait=wait)
            return
        if request.quiet_until is not None:
            ends = format_time(request.quiet_until, str(request.quiet_until.tzinfo))
            session.say(
                f"issue {issue_id} waits for the end of the quiet hours, {ends}; "
                "--ignore-quiet sends it in them too"
            )
        check = issue_delivery.check_before_send(app, request.issue, by=session.actor)
        reason = _override_reason(session, check, override or ("--yes" if yes else None))
        session.require_yes(
            _question(check, request), yes=yes, otherwise=f"issue {issue_id} was not sent"
        )
        issue_delivery.send(
            app,
            check,
            at=request.at,
            override_reason=reason,
            ignore_quiet=ignore_quiet,
            by=session.actor,
        )
        if request.at is None:
            _show_sent(session, app, issue_id, wait=wait)
        else:
            show_status(session, app, issue_id)


def _continue_send(
    session: Session, app: App, issue_id: int, *, wait: bool, ignore_quiet: bool
) -> None:
    from newsletter.actions.issues.issue_delivery import end_quiet_wait

    if ignore_quiet:
        end_quiet_wait(app, issue_id, by=session.actor)
    elif not wait:
        raise Refused(
            f"issue {issue_id} is already being sent: --wait sends the rest, --ignore-quiet ends "
            f"its wait for quiet hours; see `newsletter issue status {issue_id}`"
        )


def _show_sent(session: Session, app: App, issue_id: int, *, wait: bool) -> None:
    if wait:
        _send_until_done(session, app, issue_id)
        return
    warn_without_sender(session, app)
    show_status(session, app, issue_id)


def _send_until_done(session: Session, app: App, issue_id: int) -> None:
    was_stopped = send_with_progress(session, app, issue_id)
    end_waiting(session, app, issue_id, was_stopped=was_stopped)


def _question(check: SendCheck, request: SendRequest) -> str:
    from newsletter.scheduling.local_times import format_time

    issue = check.issue
    subject = f", “{check.rendered.mail.subject}”," if check.rendered else ""
    lists = f" of {', '.join(issue.audience.lists)}" if issue.audience.lists else ""
    when = "now" if request.at is None else f"at {format_time(request.at, request.lists.timezone)}"
    return f"Send issue {issue.id}{subject} to {people(request.readers)}{lists} {when}?"


def _override_reason(session: Session, check: SendCheck, given: str | None) -> str | None:
    """
    Show the issue's warnings, and return the reason to send it in spite of them: the one *given*,
    else what a person at a terminal types. No reason is needed if the provider reaches nobody.

    Raises:
        Refused: the person gives no reason.
    """
    from newsletter.cli.issues.check import line_of
    from newsletter.model.check import count_warnings

    if not check.warnings:
        return given
    number = check.issue.id
    if not check.need_override:
        session.say(
            f"issue {number} has {count_warnings(check.warnings)}: see `newsletter check {number}`"
        )
        return given
    for warning in check.warnings:
        session.say(line_of(warning))
    if given is not None or not session.is_interactive:
        return given
    reason = session.ask("Reason to send it in spite of these warnings (empty: do not send):")
    if not reason:
        raise Refused(f"issue {number} was not sent: you gave no reason")
    return reason


@group.command()
def pause(
    context: typer.Context,
    issue_id: Number,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Reason, shown in the status")
    ] = "by staff",
) -> None:
    """
    Pause an issue that is being sent. Calls to the provider that have begun are finished; the other
    recipients stay pending.

    Example:
        newsletter issue pause 3
    """
    from newsletter.actions.issues import issue_delivery

    session = session_of(context)
    with session.app() as app:
        issue_delivery.pause(app, issue_id, reason=reason, by=session.actor)
        show_status(session, app, issue_id)


@group.command()
def resume(
    context: typer.Context,
    issue_id: Number,
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Reason to continue; needed after too many bounces or complaints",
            show_default="none",
        ),
    ] = None,
    fallback_provider: FallbackProvider = None,
) -> None:
    """
    Resume a paused issue. It is sent only to the recipients that are still pending.

    On a new sending domain, this also ends the wait after the first recipients.

    Example:
        newsletter issue resume 3
    """
    from newsletter.actions.issues import issue_delivery

    session = session_of(context)
    with session.app() as app:
        issue_delivery.resume(
            app, issue_id, reason=reason, fallback_provider=fallback_provider, by=session.actor
        )
        show_status(session, app, issue_id)


@group.command()
def cancel(
    context: typer.Context,
    issue_id: Number,
    reason: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Reason, kept with the issue", show_default="none"),
    ] = None,
    yes: Yes = False,
) -> None:
    """
    Cancel an issue for good. Recipients that are pending get nothing; an email that was sent cannot
    be recalled. If the issue is being sent again to named people, it only stops that.

    Example:
        newsletter issue cancel 3
    """
    from newsletter.actions.issues import issue_delivery, resending

    session = session_of(context)
    with session.app() as app:
        again = resending.is_resending(app, issue_id, by=session.actor)
        what = f"Stop resending issue {issue_id}" if again else f"Cancel issue {issue_id} for good"
        session.require_yes(f"{what}?", yes=yes, otherwise=f"issue {issue_id} was not cancelled")
        issue_delivery.cancel(app, issue_id, reason=reason, by=session.actor)
        show_status(session, app, issue_id)

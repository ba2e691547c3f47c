"""
`newsletter issue send` and what follows it: test, pause, resume, cancel, status.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.issues.drafts import Number
from newsletter.cli.issues.show import group, people
from newsletter.cli.issues.wait import (
    end_waiting,
    hand_over_with_progress,
    show_status,
    warn_without_sender,
)
from newsletter.cli.session import Session, session_of
from newsletter.errors import Refused
from newsletter.issues.status import status_of
from newsletter.model.issue import IssueKind, IssueState

if TYPE_CHECKING:
    import sqlalchemy as sa

    from newsletter.app import App
    from newsletter.issues.rendering import RenderedIssue
    from newsletter.model.issue import Issue

__all__ = ["group"]

Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing.")]
Second = Annotated[
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
    from newsletter.pipeline import queue_test
    from subscribers.validation.address import parse_address

    typed = list({(one := parse_address(address)).key: one.email for address in addresses}.values())
    session = session_of(context)
    with session.app() as app:
        test_id = queue_test(app.publishing, issue_id, typed)
        end_waiting(
            session, app, test_id, was_stopped=hand_over_with_progress(session, app, test_id)
        )


@group.command()
def send(
    context: typer.Context,
    issue_id: Number,
    at: Annotated[
        str | None, typer.Option(help="Not now but at 2026-03-05T06:00:00-05:00.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Work along until it is submitted.")] = False,
    yes: Yes = False,
    despite: Annotated[
        str | None, typer.Option(help="Why it leaves with warnings; kept with the issue.")
    ] = None,
    second_provider: Second = None,
) -> None:
    """
    Freeze audience and content and hand the issue over; this cannot be taken back. It is looked
    over first: errors stop it, warnings want a word.

    Example: newsletter issue send 3 --wait
    """
    from newsletter.delivery.freeze import AlreadyFrozen
    from newsletter.issues.release import schedule_release
    from newsletter.pipeline import publish_issue

    session = session_of(context)
    when = _time(at) if at is not None else None
    with session.app() as app:
        if when is not None and when <= app.clock():
            raise Refused(f"{when.isoformat()} has passed: leave --at away to send now")
        if second_provider is not None:
            with app.database.write() as connection:
                _name_second(app, connection, issue_id, second_provider)
        issue, readers = _about_to_leave(app, issue_id)
        if issue.kind is IssueKind.NOTICE:
            raise Refused(f"issue {issue_id} is a notice: it is sent by itself, and never again")
        if not readers and issue.kind is IssueKind.ISSUE:
            raise Refused(f"issue {issue_id} would go to nobody: add readers to its lists first")
        if wait and issue.state is IssueState.SENDING:
            # Frozen before, perhaps by a run of this command that was killed: only help along.
            _wait_for(session, app, issue_id)
            return
        rendered, despite = _answer(session, app, issue, despite or ("--yes" if yes else None))
        if not session.may(f"send issue {issue_id} to {people(readers)}?", yes=yes):
            raise Refused(f"issue {issue_id} was not sent: you said no")
        if when is not None:
            schedule_release(
                app.publishing, issue, when, override_reason=despite, rendered=rendered
            )
            show_status(session, app, issue_id)
            return
        # Another process may have taken it up in the middle: it is on its way all the same.
        with contextlib.suppress(AlreadyFrozen):
            publish_issue(app.publishing, issue_id, override_reason=despite, rendered=rendered)
        if wait:
            _wait_for(session, app, issue_id)
            return
        warn_without_sender(session, app)
        show_status(session, app, issue_id)


def _wait_for(session: Session, app: App, issue_id: int) -> None:
    end_waiting(session, app, issue_id, was_stopped=hand_over_with_progress(session, app, issue_id))


def _name_second(app: App, connection: sa.Connection, issue_id: int, named: str) -> IssueState:
    """
    The state of the issue, which from now on may go on through the provider *named*.
    """
    from newsletter.store.delivery.failover import set_fallback_provider
    from newsletter.store.issues.issues import load_issue

    issue = load_issue(connection, issue_id)
    second = app.settings.fallback_provider(named, primary=issue.provider)
    set_fallback_provider(connection, issue_id, second)
    return issue.state


def _about_to_leave(app: App, issue_id: int) -> tuple[Issue, int]:
    from newsletter.delivery.freeze import count_audience
    from newsletter.store.issues.issues import load_issue

    with app.database.read() as connection:
        issue = load_issue(connection, issue_id)
        return issue, count_audience(connection, issue.audience)


def _time(at: str) -> dt.datetime:
    try:
        when = dt.datetime.fromisoformat(at)
    except ValueError as error:
        raise typer.BadParameter(f"{at} is no time: write 2026-03-05T06:00:00-05:00") from error
    if when.tzinfo is None:
        raise typer.BadParameter(f"{at} has no offset: write 2026-03-05T06:00:00-05:00")
    return when


def _answer(
    session: Session, app: App, issue: Issue, told: str | None
) -> tuple[RenderedIssue | None, str | None]:
    """
    Render and check the issue, and return the rendering and why it leaves with its warnings: what
    was *told*, else what a person at a terminal says now. Where mail reaches nobody, nobody is
    asked. A test mail is checked when it leaves.

    Raises:
        Refused: it has errors, or the person gives no reason.
    """
    from newsletter.cli.issues.check import line_of
    from newsletter.issues.preflight import refusal, render_and_check
    from newsletter.model.check import Level, of_level

    if issue.kind is not IssueKind.ISSUE:
        return None, told
    rendered, found = render_and_check(app.publishing, issue)
    if errors := of_level(found, Level.ERROR):
        raise Refused(refusal(issue.id, errors))
    warnings = of_level(found, Level.WARNING)
    if warnings and not app.publishing.reaches_people(issue.provider):
        session.say(f"it has warnings: `newsletter check {issue.id}` lists {len(warnings)}")
        return rendered, told
    for warning in warnings:
        session.say(line_of(warning))
    if not warnings or told is not None or not session.is_asked:
        return rendered, told
    reason = session.answer("why send it all the same? (nothing: it is not sent)")
    if not reason:
        raise Refused(f"issue {issue.id} was not sent: you gave no reason")
    return rendered, reason


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
    _move(context, issue_id, IssueState.PAUSED, pause_reason=reason)


@group.command()
def resume(
    context: typer.Context,
    issue_id: Number,
    reason: Annotated[
        str | None, typer.Option(help="Why it may go on, after too many bounces or complaints.")
    ] = None,
    second_provider: Second = None,
) -> None:
    """
    Go on with a paused issue: with who is pending, and nobody else. Ends the wait for the first
    readers on a new sending domain.

    Example: newsletter issue resume 3
    """
    from newsletter.delivery import waves

    session = session_of(context)
    with session.app() as app:
        with app.database.write() as connection:
            state = IssueState.PAUSED
            if second_provider is not None:
                state = _name_second(app, connection, issue_id, second_provider)
            # One on its way is given a second provider, and needs no more.
            if state is not IssueState.SENDING:
                waves.resume(connection, issue_id, reason=reason, now=app.clock())
        show_status(session, app, issue_id)


@group.command()
def cancel(context: typer.Context, issue_id: Number, yes: Yes = False) -> None:
    """
    Stop an issue for good. Mails that left are not taken back; the rest are cancelled.

    Example: newsletter issue cancel 3
    """
    from newsletter.store.delivery.batches import cancel_open
    from newsletter.store.issues.issues import move_issue

    session = session_of(context)
    with session.app() as app:
        if not session.may(f"cancel issue {issue_id} for good?", yes=yes):
            raise Refused(f"issue {issue_id} was not cancelled: you said no")
        with app.database.write() as connection:
            move_issue(connection, issue_id, IssueState.CANCELLED)
            cancel_open(connection, issue_id, now=app.clock())
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
    from newsletter.cli.issues import live_status as watching

    session = session_of(context)
    with session.app() as app:
        if watch:
            with watching.teller() as tell:
                watching.watch(lambda: status_of(app.publishing, issue_id), tell)
        show_status(session, app, issue_id)


def _move(context: typer.Context, issue_id: int, to: IssueState, **values: Any) -> None:
    from newsletter.store.issues.issues import move_issue

    session = session_of(context)
    with session.app() as app:
        with app.database.write() as connection:
            move_issue(connection, issue_id, to, **values)
        show_status(session, app, issue_id)

"""
`newsletter webhook`: what was sent to a webhook, sending it again, and a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.operations.webhook import NameArgument
from newsletter.cli.session import session_of, table

if TYPE_CHECKING:
    from newsletter.model.outgoing import LoggedAttempt

group = typer.Typer()


@group.command()
def attempts(
    context: typer.Context,
    name: NameArgument,
    limit: Annotated[int, typer.Option("-n", "--limit", metavar="N", min=1, help="How many")] = 20,
) -> None:
    """
    Show the last attempts to send to a webhook, the newest first.

    Example:
        newsletter webhook attempts crm -n 5
    """
    from newsletter.actions.operations import webhook_attempts

    session = session_of(context)
    with session.app() as app:
        found = webhook_attempts.attempts(app, name, limit=limit, by=session.actor)
    rows = [
        (
            f"{each.at:%Y-%m-%d %H:%M:%S}",
            each.kind,
            each.event_key or "-",
            each.status or "-",
            f"{each.duration_ms} ms",
            each.error or "delivered",
        )
        for each in found
    ]
    headings = ("time (UTC)", "kind", "event", "status", "took", "result")
    words = table(rows, headings, empty=f"Nothing was sent to webhook {name} yet.")
    session.show([_as_json(each) for each in found], words)


@group.command()
def replay(
    context: typer.Context,
    name: NameArgument,
    event: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Event, as `attempts` shows it or receivers got it",
            show_default="none",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="From this time on, in UTC, such as 2026-11-24T06:00",
            show_default="none",
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Before this time, with --since", show_default="now"),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Those that were given up after three days")
    ] = False,
) -> None:
    """
    Send events to a webhook again, under the same ids. They are kept for 30 days.

    Examples:
        newsletter webhook replay crm --since 2026-11-24T06:00
        newsletter webhook replay crm --failed
    """
    from newsletter.actions.operations import webhook_attempts
    from newsletter.actions.operations.webhook_attempts import ReplayChoice

    choice = ReplayChoice(event=event, since=since, until=until, is_failed=failed)
    session = session_of(context)
    with session.app() as app:
        count = webhook_attempts.replay(app, name, choice, by=session.actor)
    words = "1 event is" if count == 1 else f"{count:,} events are"
    session.show({"events": count}, f"{words} sent to webhook {name} again")


@group.command()
def test(context: typer.Context, name: NameArgument) -> None:
    """
    Send a test to a webhook now, and show the response. Exit status 1 if it failed.

    Example:
        newsletter webhook test crm
    """
    from newsletter.actions.operations import webhook_attempts

    session = session_of(context)
    with session.app() as app:
        result = webhook_attempts.test(app, name, by=session.actor)
    if not result.is_delivered:
        session.refuse(f"webhook {name} failed: {result.error}")
    values = {"status": result.status, "duration_ms": result.duration_ms}
    session.show(values, f"webhook {name} responded with {result.status}")


def _as_json(attempt: LoggedAttempt) -> dict[str, Any]:
    return {
        "at": attempt.at.isoformat(),
        "kind": attempt.kind,
        "event": attempt.event_key or None,
        "status": attempt.status,
        "duration_ms": attempt.duration_ms,
        "error": attempt.error,
    }

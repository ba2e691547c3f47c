"""
`newsletter issue resend`: send an issue again to named people.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.issues.drafts import Number
from newsletter.cli.issues.send import Wait
from newsletter.cli.issues.show import people
from newsletter.cli.issues.wait import (
    require_submitted,
    send_with_progress,
    warn_without_sender,
)
from newsletter.cli.session import session_of

group = typer.Typer()


@group.command()
def resend(
    context: typer.Context,
    issue_id: Number,
    addresses: Annotated[
        list[str], typer.Argument(metavar="ADDRESS", help="People who get the issue again")
    ],
    again: Annotated[
        bool, typer.Option("--again", help="Send it to those who got it before too; don't ask")
    ] = False,
    wait: Wait = False,
) -> None:
    """
    Send an issue that was sent again to people whom it was not sent to, who rejected it, or who ask
    for it. They get the email that was frozen, with their name and values of today, at once.

    Nobody gets it who is suppressed, has unsubscribed or paused, or whose outcome is uncertain.

    Example:
        newsletter issue resend 3 ada@example.org bob@example.org --wait
    """
    from newsletter.actions.issues import resending

    session = session_of(context)
    with session.app() as app:
        accepted = resending.accepted_before(app, issue_id, addresses, by=session.actor)
        if accepted and not again and session.is_interactive:
            session.require_yes(
                f"{', '.join(accepted)} got issue {issue_id} already. Send it again?",
                yes=False,
                otherwise=f"issue {issue_id} was not sent again",
            )
        count = resending.resend(app, issue_id, addresses, again=again, by=session.actor)
        if not wait:
            warn_without_sender(session, app)
        session.show(
            {"issue": issue_id, "recipients": count},
            f"issue {issue_id} is sent again to {people(count)}",
        )
        if wait:
            was_stopped = send_with_progress(session, app, issue_id)
            require_submitted(session, app, issue_id, was_stopped=was_stopped)

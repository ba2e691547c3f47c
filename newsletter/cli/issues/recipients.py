"""
`newsletter issue status`, `recipients` and `resolve`: how an issue is being sent, the recipients
behind the numbers, and a decision about those whose outcome is uncertain.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.issues.drafts import Number
from newsletter.cli.issues.live_status import describe_uncertain, reconciles_soon
from newsletter.cli.issues.wait import STATES, show_status
from newsletter.cli.session import Yes, session_of, table
from newsletter.errors import Refused

group = typer.Typer()


@group.command()
def recipients(
    context: typer.Context,
    issue_id: Number,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="STATE", help=f"Show only this state: {', '.join(STATES)}", show_default="all"
        ),
    ] = None,
) -> None:
    """
    List the recipients of an issue that is being sent or was sent, with the state of each and the
    reason for it.

    Example:
        newsletter issue recipients 3 --state uncertain
    """
    from newsletter.actions.issues.issue_status import recipients_of
    from newsletter.model.delivery import DeliveryState

    if state is not None and state not in STATES:
        raise typer.BadParameter(f"--state: {state!r} is not one of {', '.join(STATES)}")
    session = session_of(context)
    with session.app() as app:
        found = recipients_of(
            app, issue_id, only=DeliveryState(state) if state else None, by=session.actor
        )
    rows = [(each.email or "(erased)", each.state, each.reason) for each in found]
    session.show(
        [each.as_json() for each in found],
        table(rows, ("address", "state", "reason"), empty=_nobody(issue_id, state)),
    )


def _nobody(issue_id: int, state: str | None) -> str:
    if state:
        return f"No recipient of issue {issue_id} is {state}."
    return f"Issue {issue_id} has no recipients yet. Send it: newsletter issue send {issue_id}"


@group.command()
def resolve(
    context: typer.Context,
    issue_id: Number,
    as_state: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="accepted|rejected",
            help="Outcome to record for all of them",
        ),
    ],
    yes: Yes = False,
) -> None:
    """
    Decide the outcome of the uncertain recipients. Nothing is sent.

    Example:
        newsletter issue resolve 3 --as accepted
    """
    from newsletter.actions.issues import issue_delivery, issue_status
    from newsletter.model.delivery import DeliveryState

    if as_state not in ("accepted", "rejected"):
        raise typer.BadParameter(f"--as: {as_state!r} is not valid; write accepted or rejected")
    session = session_of(context)
    with session.app() as app:
        found = issue_status.status_of(app, issue_id, by=session.actor)
        uncertain = found["uncertain"]
        if not uncertain:
            raise Refused(
                f"no recipient of issue {issue_id} is uncertain, so there is nothing to decide"
            )
        if reconciles_soon(found):
            session.say(f"{describe_uncertain(found)}; your decision replaces that")
        people = f"{uncertain} recipient{'' if uncertain == 1 else 's'} of issue {issue_id}"
        session.require_yes(
            f"Record {people} as {as_state}?", yes=yes, otherwise="nothing was changed"
        )
        issue_delivery.resolve(app, issue_id, as_state=DeliveryState(as_state), by=session.actor)
        show_status(session, app, issue_id)


@group.command()
def status(
    context: typer.Context,
    issue_id: Number,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Follow it live, with rate and time left, until it is done"),
    ] = False,
) -> None:
    """
    Show how many recipients of an issue are in each state. The states add up to the audience.

    Example:
        newsletter issue status 3 --watch
    """
    from newsletter.actions.issues.issue_status import status_of
    from newsletter.cli.issues.live_status import live_display, watch_until_done

    session = session_of(context)
    with session.app() as app:
        if watch:
            with live_display() as show:
                watch_until_done(lambda: status_of(app, issue_id, by=session.actor), show)
        show_status(session, app, issue_id)

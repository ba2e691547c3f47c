"""
`newsletter issue recipients` and `resolve`: who is meant by the numbers of `issue status`, and what
became of those of whom nobody knows it.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.issues.drafts import Number
from newsletter.cli.issues.live_status import describe_uncertain, reconciles_soon
from newsletter.cli.issues.send import Yes
from newsletter.cli.issues.wait import STATES, show_status
from newsletter.cli.session import session_of, table
from newsletter.errors import Refused

group = typer.Typer()


@group.command()
def recipients(
    context: typer.Context,
    issue_id: Number,
    state: Annotated[
        str | None, typer.Option(help=f"Only those who are {', '.join(STATES)}.")
    ] = None,
) -> None:
    """
    Each recipient of a frozen issue by address: where they stand, and why.

    Example: newsletter issue recipients 3 --state uncertain
    """
    from newsletter.actions.issue_delivery import recipients_of
    from newsletter.model.delivery import DeliveryState

    if state is not None and state not in STATES:
        raise typer.BadParameter(f"{state}: write one of {', '.join(STATES)}")
    session = session_of(context)
    with session.app() as app:
        found = recipients_of(app, issue_id, only=DeliveryState(state) if state else None)
    rows = [(each.email or "(erased)", each.state, each.reason) for each in found]
    session.show(
        [each.as_json() for each in found],
        table(rows, ("address", "state", "reason")) if rows else "nobody",
    )


@group.command()
def resolve(
    context: typer.Context,
    issue_id: Number,
    as_state: Annotated[str, typer.Option("--as", help="accepted or rejected.")],
    yes: Yes = False,
) -> None:
    """
    Decide what became of the uncertain recipients. Nothing is sent.

    Example: newsletter issue resolve 3 --as accepted
    """
    from newsletter.actions import issue_delivery
    from newsletter.model.delivery import DeliveryState

    if as_state not in ("accepted", "rejected"):
        raise typer.BadParameter(f"{as_state}: write accepted or rejected")
    session = session_of(context)
    with session.app() as app:
        found = issue_delivery.status_of(app, issue_id)
        uncertain = found["uncertain"]
        if not uncertain:
            raise Refused(f"nobody of issue {issue_id} is uncertain: there is nothing to decide")
        if reconciles_soon(found):
            session.say(f"{describe_uncertain(found)}; what you say now counts instead")
        if not session.confirm(f"call {uncertain} recipients {as_state}?", yes=yes):
            raise Refused("nothing was decided: you said no")
        issue_delivery.resolve(app, issue_id, as_state=DeliveryState(as_state))
        show_status(session, app, issue_id)

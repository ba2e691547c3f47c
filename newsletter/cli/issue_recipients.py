"""
`newsletter issue recipients`: who is meant by the numbers of `issue status`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.issue import Number
from newsletter.cli.issue_correct import group
from newsletter.cli.sending import STATES
from newsletter.cli.session import session_of, table

__all__ = ["group"]


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
    from newsletter.model.delivery import DeliveryState
    from newsletter.store.issues import load_issue
    from newsletter.store.status import standings

    if state is not None and state not in STATES:
        raise typer.BadParameter(f"{state}: write one of {', '.join(STATES)}")
    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        load_issue(connection, issue_id)
        found = standings(connection, issue_id, only=DeliveryState(state) if state else None)
    rows = [(one.email or "(erased)", one.state, one.reason) for one in found]
    session.show(
        [one.as_json() for one in found],
        table(rows, ("address", "state", "reason")) if rows else "nobody",
    )

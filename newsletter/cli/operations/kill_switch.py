"""
`newsletter stop-all` and `start-all`: the switch for everything that leaves the house.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.session import session_of
from newsletter.errors import Refused
from subscribers.validation.text_fields import one_line


def stop_all(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Why; shown to everybody.")] = "by staff",
) -> None:
    """
    Hand nothing over, fire no slot, in every process, until `newsletter start-all`. Calls in
    flight end; nobody is lost.

    Example: newsletter stop-all --reason "wrong list"
    """
    from newsletter.store.flow_control import kill_switch as stops

    session = session_of(context)
    why = one_line(reason, "reason")
    with session.app() as app, app.database.write() as connection:
        stops.engage(connection, stops.StopKind.ALL, reason=why, now=app.clock())
        stopped = stops.active_stop(connection)
        flying = stops.in_flight(connection)
    assert stopped is not None
    session.show(
        {"stopped": stopped.as_json(), "batches_in_flight": flying},
        f"{stopped}\nbatches in a call just now, which end by themselves: {flying}",
    )


def start_all(context: typer.Context) -> None:
    """
    Hand over again: with who is pending, and nobody else. Slots that came up meanwhile are late.

    Example: newsletter start-all
    """
    from newsletter.store.flow_control import kill_switch as stops

    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        was_stopped = stops.disengage(connection, stops.StopKind.ALL)
        left = stops.active_stop(connection)
    if left is not None:
        raise Refused(str(left))
    words = "everything goes on" if was_stopped else "nothing was stopped"
    session.show({"stopped": None, "was_stopped": was_stopped}, words)

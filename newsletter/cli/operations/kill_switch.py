"""
`newsletter stop-all` and `start-all`: the kill switch.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.session import session_of


def stop_all(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Why; shown to everybody.")] = "by staff",
) -> None:
    """
    Hand nothing over, fire no slot, in every process, until `newsletter start-all`. Calls in
    flight end; nobody is lost.

    Example: newsletter stop-all --reason "wrong list"
    """
    from newsletter.actions import kill_switch

    session = session_of(context)
    with session.app() as app:
        engaged = kill_switch.engage(app, reason=reason)
    stop, flying = engaged.stop, engaged.batches_in_flight
    session.show(
        {"stopped": stop.as_json(), "batches_in_flight": flying},
        f"{stop}\nbatches in a call just now, which end by themselves: {flying}",
    )


def start_all(context: typer.Context) -> None:
    """
    Hand over again: with who is pending, and nobody else. Slots that came up meanwhile are late.

    Example: newsletter start-all
    """
    from newsletter.actions import kill_switch

    session = session_of(context)
    with session.app() as app:
        was_stopped = kill_switch.disengage(app)
    words = "everything goes on" if was_stopped else "nothing was stopped"
    session.show({"stopped": None, "was_stopped": was_stopped}, words)

"""
`newsletter stop-all` and `start-all`: the kill switch.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.session import session_of


def stop_all(
    context: typer.Context,
    reason: Annotated[
        str, typer.Option(metavar="TEXT", help="Reason, shown in every status")
    ] = "by staff",
) -> None:
    """
    Stop all sending and all schedules, in every process, until `newsletter start-all`.

    Calls to a provider that are in progress are finished. No recipient is lost.

    Example:
        newsletter stop-all --reason "wrong list"
    """
    from newsletter.actions.operations import kill_switch

    session = session_of(context)
    with session.app() as app:
        engaged = kill_switch.engage(app, reason=reason, by=session.actor)
    stop, flying = engaged.stop, engaged.batches_in_flight
    if not engaged.is_new:
        session.say("all sending was stopped already; the first reason is kept")
    session.show(
        {"stopped": stop.as_json(), "batches_in_flight": flying},
        f"{stop}\nbatches already being submitted, which will finish: {flying}",
    )


def start_all(context: typer.Context) -> None:
    """
    Allow sending again after `newsletter stop-all`, to the recipients that are still pending.
    Scheduled runs that came due in between count as late.

    Example:
        newsletter start-all
    """
    from newsletter.actions.operations import kill_switch

    session = session_of(context)
    with session.app() as app:
        was_stopped = kill_switch.disengage(app, by=session.actor)
    words = "sending and schedules have resumed" if was_stopped else "sending was not stopped"
    session.show({"stopped": None, "was_stopped": was_stopped}, words)

"""
`newsletter schedule pause`, `resume`, `next`, `run` and `why`: a schedule's slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.issues.wait import send_with_progress, warn_without_sender
from newsletter.cli.schedules.show import Name, next_of
from newsletter.cli.session import Session, session_of, table
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.app import App
    from newsletter.store.scheduling.schedules import SlotRow

group = typer.Typer()


@group.command()
def pause(context: typer.Context, name: Name) -> None:
    """
    Let no slot fire until resumed.

    Example: newsletter schedule pause morning
    """
    _set_paused(context, name, paused=True)


@group.command()
def resume(context: typer.Context, name: Name) -> None:
    """
    Let slots fire again, from now on: those of the pause are not made up for.

    Example: newsletter schedule resume morning
    """
    _set_paused(context, name, paused=False)


def _set_paused(context: typer.Context, name: str, *, paused: bool) -> None:
    from newsletter.actions import schedules

    session = session_of(context)
    with session.app() as app:
        schedules.set_paused(app, name, paused=paused)
    session.show({"name": name, "paused": paused}, f"{name} {'paused' if paused else 'resumed'}")


@group.command(name="next")
def next_(
    context: typer.Context,
    name: Name,
    count: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many.")] = 5,
) -> None:
    """
    The next slots, by its own clock and in UTC.

    Example: newsletter schedule next morning -n 10
    """
    from newsletter.actions import schedules

    session = session_of(context)
    with session.app() as app:
        rule, coming = schedules.next_slots(app, name, count=count)
    session.show(
        [{"slot": slot.wall, "due": slot.due.isoformat()} for slot in coming],
        table([(s.wall, f"{s.due:%Y-%m-%d %H:%M} UTC") for s in coming], (rule.timezone, "")),
    )


@group.command()
def run(
    context: typer.Context,
    name: Name,
    slot: Annotated[
        str | None, typer.Option(help="A slot by its local time: 2026-03-05T06:00.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Work along until it is submitted.")] = False,
) -> None:
    """
    Fire the slot that is due now, or a named one. A slot fires once, whoever asks. It goes out
    now, without waiting for briefs that only just came.

    Example: newsletter schedule run morning
    """
    from newsletter.actions.slots import run_slot

    session = session_of(context)
    with session.app() as app:
        fired = run_slot(app, name, wall=slot)
        if fired.wall is None:
            session.show([], "nothing is due")
            return
        if not fired.has_fired:
            session.say(f"{slot} fired before")
        if wait:
            _send_until_done(session, app, fired.issues)
        elif any(_is_sending(app, issue_id) for issue_id in fired.issues):
            warn_without_sender(session, app)
    _show_slots(session, fired.rows)
    for row in fired.rows:
        if row.outcome == "failed":
            raise Refused(f"slot {fired.wall} of {name} failed: {row.reason}")


def _send_until_done(session: Session, app: App, issues: Iterable[int]) -> None:
    for issue_id in issues:
        if send_with_progress(session, app, issue_id):
            session.refuse("stopped; what was in flight is written down", status=130)


def _is_sending(app: App, issue_id: int) -> bool:
    from newsletter.actions.issue_delivery import status_of

    return bool(status_of(app, issue_id)["state"] == "sending")


@group.command()
def why(
    context: typer.Context,
    name: Name,
    most: Annotated[int, typer.Option("-n", help="How many slots.")] = 10,
) -> None:
    """
    What became of the last slots, and why.

    Example: newsletter schedule why morning
    """
    from newsletter.actions.slots import slot_history

    session = session_of(context)
    with session.app() as app:
        history = slot_history(app, name, limit=most)
    if history.rule.is_paused:
        session.say(f"{name} is paused: `newsletter schedule resume {name}` has slots fire again")
    elif history.overdue is not None:
        what = history.stop or "start `newsletter serve`, or see what its log says"
        session.say(f"slot {history.overdue.wall} is due and nothing fired it: {what}")
    elif not history.rows:
        following = next_of(history.next_due)
        session.say(f"no slot of {name} has come up yet; the next is {following}")
    _show_slots(session, history.rows)


def _show_slots(session: Session, rows: Sequence[SlotRow]) -> None:
    shown = [(row.slot.wall, row.outcome, row.issue_id or "", row.reason) for row in rows]
    session.show([row.as_json() for row in rows], table(shown, ("slot", "outcome", "issue", "why")))

"""
`newsletter schedule pause`, `resume`, `next`, `run` and `why`: the runs of a schedule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.issues.send import Wait
from newsletter.cli.issues.wait import send_with_progress, warn_without_sender
from newsletter.cli.schedules.show import Name, moved_readers, next_in_words
from newsletter.cli.session import Session, session_of, table
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.app import App
    from newsletter.store.scheduling.schedules import SlotRow

group = typer.Typer()


@group.command()
def pause(context: typer.Context, name: Name) -> None:
    """
    Pause a schedule: it makes no issues until it is resumed.

    Example:
        newsletter schedule pause morning
    """
    _set_paused(context, name, paused=True)


@group.command()
def resume(context: typer.Context, name: Name) -> None:
    """
    Resume a paused schedule from now on. Missed runs are not made up.

    Example:
        newsletter schedule resume morning
    """
    _set_paused(context, name, paused=False)


def _set_paused(context: typer.Context, name: str, *, paused: bool) -> None:
    from newsletter.actions.issues import schedules

    session = session_of(context)
    with session.app() as app:
        moved = schedules.set_paused(app, name, paused=paused, by=session.actor)
    words = f"{'paused' if paused else 'resumed'} schedule {name}{moved_readers(moved)}"
    session.show({"name": name, "paused": paused, "get_each_issue": moved}, words)


@group.command(name="next")
def next_(
    context: typer.Context,
    name: Name,
    count: Annotated[
        int, typer.Option("-n", metavar="N", min=1, max=1000, help="Number of runs to show")
    ] = 5,
) -> None:
    """
    Show the next runs of a schedule, in its own time zone and in UTC.

    Example:
        newsletter schedule next morning -n 10
    """
    from newsletter.actions.issues import schedules

    session = session_of(context)
    with session.app() as app:
        rule, coming = schedules.next_slots(app, name, count=count, by=session.actor)
    session.show(
        [{"slot": slot.wall, "due": slot.due.isoformat()} for slot in coming],
        table(
            [(s.wall, f"{s.due:%Y-%m-%d %H:%M}") for s in coming],
            (rule.timezone, "UTC"),
            empty=f"Schedule {name} has no further runs.",
        ),
    )


@group.command()
def run(
    context: typer.Context,
    name: Name,
    slot: Annotated[
        str | None,
        typer.Option(
            metavar="SLOT",
            help="Run of this local time, such as 2026-03-05T06:00",
            show_default="the run that is due now",
        ),
    ] = None,
    wait: Wait = False,
) -> None:
    """
    Run a schedule now: make the issue of the run that is due, or of the one given. Each run happens
    only once.

    It does not wait until new briefs have settled.

    Examples:
        newsletter schedule run morning
        newsletter schedule run morning --slot 2026-03-05T06:00 --wait
    """
    from newsletter.actions.issues.slots import run_slot

    session = session_of(context)
    with session.app() as app:
        fired = run_slot(app, name, wall=slot, by=session.actor)
        if fired.wall is None:
            session.show([], f"no run of schedule {name} is due")
            return
        if not fired.has_fired:
            session.say(f"run {slot} of schedule {name} has already happened")
        if wait:
            _send_until_done(session, app, fired.issues)
        elif any(_is_sending(session, app, issue_id) for issue_id in fired.issues):
            warn_without_sender(session, app)
    _show_slots(session, fired.rows)
    for row in fired.rows:
        if row.outcome == "failed":
            raise Refused(f"run {fired.wall} of schedule {name} failed: {row.reason}")


def _send_until_done(session: Session, app: App, issues: Iterable[int]) -> None:
    for issue_id in issues:
        if _is_sending(session, app, issue_id) and send_with_progress(session, app, issue_id):
            session.refuse(
                f"stopped; to continue with issue {issue_id}: "
                f"`newsletter issue send {issue_id} --wait` or `newsletter serve`",
                status=130,
            )


def _is_sending(session: Session, app: App, issue_id: int) -> bool:
    from newsletter.actions.issues.issue_status import status_of

    return bool(status_of(app, issue_id, by=session.actor)["state"] == "sending")


@group.command()
def why(
    context: typer.Context,
    name: Name,
    most: Annotated[int, typer.Option("-n", metavar="N", help="Number of runs to show")] = 10,
) -> None:
    """
    Explain the last runs of a schedule: the outcome of each, and the reason.

    Example:
        newsletter schedule why morning
    """
    from newsletter.actions.issues.slots import slot_history

    session = session_of(context)
    with session.app() as app:
        history = slot_history(app, name, limit=most, by=session.actor)
    if history.rule.is_paused:
        session.say(f"schedule {name} is paused: to resume, `newsletter schedule resume {name}`")
    elif history.overdue is not None:
        what = history.stop or "start `newsletter serve`, or look in its log"
        session.say(f"run {history.overdue.wall} is due and has not started: {what}")
    elif not history.rows:
        following = next_in_words(history.next_due, history.rule.timezone)
        session.say(f"schedule {name} has not run yet; next run: {following}")
    _show_slots(session, history.rows)


def _show_slots(session: Session, rows: Sequence[SlotRow]) -> None:
    shown: list[tuple[object, ...]] = []
    for row in rows:
        first, *more = row.reason.split("\n")
        shown.append((row.slot.wall, row.outcome, row.issue_id or "", first))
        shown += [("", "", "", line) for line in more]
    session.show(
        [row.as_json() for row in rows],
        table(shown, ("run", "outcome", "issue", "reason"), empty="No runs yet."),
    )

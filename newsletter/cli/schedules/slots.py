"""
`newsletter schedule pause`, `resume`, `next`, `run` and `why`: a schedule's slots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.issues.wait import send_with_progress, warn_without_sender
from newsletter.cli.schedules.show import Name, next_of
from newsletter.cli.session import Session, session_of, table
from newsletter.errors import Refused
from newsletter.issues.status import status_of

if TYPE_CHECKING:
    import sqlalchemy as sa

    from newsletter.app import App
    from newsletter.model.schedule import Schedule
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
    from newsletter.store.scheduling.schedules import change_schedule, find_schedule

    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        rule = find_schedule(connection, name)
        values: dict[str, Any] = {"is_paused": paused}
        if rule.is_paused and not paused:
            values["last_due"] = app.clock()
        change_schedule(connection, rule.id, **values)
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
    from newsletter.scheduling.firing import upcoming
    from newsletter.store.scheduling.schedules import find_schedule

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        rule = find_schedule(connection, name)
        coming = upcoming(rule, now=app.clock(), count=count)
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
    from newsletter.pipeline import publish_slot
    from newsletter.store.scheduling.schedules import find_schedule, last_slots

    session = session_of(context)
    with session.app() as app:
        with app.database.read() as connection:
            rule = find_schedule(connection, name)
        fired = _fired(app, rule, slot)
        if fired is not None:
            publish_slot(app.publishing, fired, waits=False)
        elif slot is None:
            session.show([], "nothing is due")
            return
        else:
            session.say(f"{slot} fired before")
        wall = fired.slot.wall if fired is not None else slot
        with app.database.read() as connection:
            rows = last_slots(connection, rule.id, most=1000)
        done = [_with_shortened(app, row) for row in rows if row.slot.wall == wall]
        if wait:
            _work_along(session, app, done)
        elif any(_is_sending(app, row) for row in done):
            warn_without_sender(session, app)
    _show_slots(context, done)
    for row in done:
        if row.outcome == "failed":
            raise Refused(f"slot {wall} of {name} failed: {row.reason}")


def _fired(app: App, rule: Schedule, slot: str | None) -> SlotRow | None:
    """
    The slot that fires now, the named one where a *slot* is; None where none is due, or the named
    one fired before.

    Raises:
        Refused: the named one has not come yet.
    """
    from newsletter.scheduling.firing import fire_due, fire_slot, resume_held_slot
    from newsletter.scheduling.slots import slot_at

    if slot is None:
        return fire_due(app.database, rule, now=app.clock()) or resume_held_slot(
            app.database, rule, now=app.clock()
        )
    wanted = slot_at(slot, rule.timezone)
    if wanted.due > app.clock():
        raise Refused(f"slot {slot} of {rule.name} has not come yet")
    return fire_slot(app.database, rule, wanted, now=app.clock()) or resume_held_slot(
        app.database, rule, wall=wanted.wall, now=app.clock()
    )


def _work_along(session: Session, app: App, rows: Sequence[SlotRow]) -> None:
    """
    Hands over the issues of *rows* until each is submitted.
    """
    for issue_id in {row.issue_id for row in rows if row.issue_id is not None}:
        if send_with_progress(session, app, issue_id):
            session.refuse("stopped; what was in flight is written down", status=130)


def _is_sending(app: App, row: SlotRow) -> bool:
    return (
        row.issue_id is not None and status_of(app.publishing, row.issue_id)["state"] == "sending"
    )


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
    from newsletter.scheduling.firing import overdue_slot, upcoming
    from newsletter.store.flow_control.kill_switch import active_stop
    from newsletter.store.scheduling.schedules import find_schedule, last_slots

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        rule = find_schedule(connection, name)
        rows = last_slots(connection, rule.id, most=most)
        rows = [_with_draft(connection, row) for row in rows]
        rows = [_with_shortened(app, row) for row in rows]
        coming = upcoming(rule, now=app.clock(), count=1)
        left, stopped = overdue_slot(app.database, rule, now=app.clock()), active_stop(connection)
    if rule.is_paused:
        session.say(f"{name} is paused: `newsletter schedule resume {name}` has slots fire again")
    elif left is not None:
        what = stopped or "start `newsletter serve`, or see what its log says"
        session.say(f"slot {left.wall} is due and nothing fired it: {what}")
    elif not rows:
        session.say(f"no slot of {name} has come up yet; the next is {next_of(coming)}")
    _show_slots(context, rows)


def _with_draft(connection: sa.Connection, row: SlotRow) -> SlotRow:
    """
    *row* with why its issue is still a draft, where it is one.
    """
    from newsletter.model.issue import IssueState
    from newsletter.store.issues.issues import load_issue

    if row.issue_id is None:
        return row
    issue = load_issue(connection, row.issue_id)
    if issue.state is not IssueState.DRAFT:
        return row
    told = f"its issue is a draft: {issue.pause_reason or 'it waits for a person'}"
    is_told = issue.pause_reason is not None and issue.pause_reason in row.reason
    return row if is_told else _with_reason(row, told)


def _with_shortened(app: App, row: SlotRow) -> SlotRow:
    """
    *row* with how many briefs its issue shows shorter to fit into a mail.
    """
    from newsletter.issues.rendering import shortened_in

    count = len(shortened_in(app.publishing, row.issue_id)) if row.issue_id is not None else 0
    return _with_reason(row, f"{count} shortened to fit into a mail") if count else row


def _with_reason(row: SlotRow, told: str) -> SlotRow:
    return replace(row, reason="; ".join(filter(None, [row.reason, told])))


def _show_slots(context: typer.Context, rows: Sequence[SlotRow]) -> None:
    shown = [(row.slot.wall, row.outcome, row.issue_id or "", row.reason) for row in rows]
    session_of(context).show(
        [row.as_json() for row in rows], table(shown, ("slot", "outcome", "issue", "why"))
    )

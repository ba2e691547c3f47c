"""
`newsletter privacy`: requests under data protection law, and what is stored about an address.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import Force, session_of, table

if TYPE_CHECKING:
    from subscribers.requests.privacy import PrivacyRequest

group = typer.Typer()

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="Email address of the person")]


@group.command()
def add(
    context: typer.Context,
    address: Address,
    kind: Annotated[
        str, typer.Option(metavar="access|correction|erasure", help="What the person asked for")
    ],
    received: Annotated[
        dt.datetime | None,
        typer.Option(
            metavar="DATE",
            formats=["%Y-%m-%d"],
            help="Day on which the request arrived",
            show_default="today",
        ),
    ] = None,
) -> None:
    """
    Record a request, which must be answered within one month. The person need not be a subscriber.

    Example:
        newsletter privacy add ada@example.org --kind access --received 2026-03-02
    """
    from newsletter.actions.people import privacy

    session = session_of(context)
    day = None if received is None else received.date()
    with session.app() as app:
        made = privacy.add(app, address, kind, by=session.actor, received=day)
    words = f"recorded request {made.id} ({made.kind}); answer it by {made.due_at:%Y-%m-%d}"
    session.show(_as_json(made), words)


@group.command(name="list")
def list_all(
    context: typer.Context,
    is_open: Annotated[bool, typer.Option("--open", help="Only those that are not done")] = False,
) -> None:
    """
    List the requests by deadline.

    Example:
        newsletter privacy list --open
    """
    from newsletter.actions.people import privacy

    session = session_of(context)
    with session.app() as app:
        found, now = privacy.all_of(app, is_open=is_open, by=session.actor), app.clock()
    rows = [
        (
            each.id,
            each.kind,
            each.email_key or "erased",
            f"{each.received_at:%Y-%m-%d}",
            f"{each.due_at:%Y-%m-%d}",
            _state(each, now),
        )
        for each in found
    ]
    headings = ("request", "kind", "address", "received", "due", "state")
    session.show([_as_json(each) for each in found], table(rows, headings, empty="No requests."))


@group.command()
def done(
    context: typer.Context,
    request_id: Annotated[int, typer.Argument(metavar="ID", help="Number of the request")],
    outcome: Annotated[str, typer.Option(metavar="TEXT", help="What was done, in one line")],
) -> None:
    """
    Close a request, and record what was done.

    Example:
        newsletter privacy done 3 --outcome "sent the data as a file"
    """
    from newsletter.actions.people import privacy

    session = session_of(context)
    with session.app() as app:
        closed = privacy.done(app, request_id, outcome=outcome, by=session.actor)
    session.show(_as_json(closed), f"closed request {closed.id}: {closed.outcome}")


@group.command()
def export(
    context: typer.Context,
    address: Address,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File to write", show_default="standard output"),
    ] = None,
    force: Force = False,
) -> None:
    """
    Write everything that is stored about an address, as JSON: newsletters, consents, answers,
    history, emails.

    Example:
        newsletter privacy export ada@example.org --out ada.json
    """
    import json

    from newsletter.actions.people import privacy
    from newsletter.settings.output_files import output_files

    session = session_of(context)
    with session.app() as app:
        data = privacy.data_about(app, address, by=session.actor)
        text = json.dumps(data, ensure_ascii=False, indent=2)
        if out is not None:
            files = output_files(app.settings, session.config, force=force)
            with files.new_file(out) as new:
                new.write_text(text + "\n", encoding="utf-8")
    if out is None:
        session.show(data, text)
    else:
        session.show({"file": str(out), "address": address}, f"wrote {out}")


def _state(request: PrivacyRequest, now: dt.datetime) -> str:
    if request.done_at is not None:
        late = "" if request.is_in_time else ", too late"
        by = f" by {request.by_name}" if request.by_name else ""
        return f"done on {request.done_at:%Y-%m-%d}{late}{by}: {request.outcome}"
    return "overdue" if request.is_overdue(now) else "open"


def _as_json(request: PrivacyRequest) -> dict[str, Any]:
    return {
        "id": request.id,
        "kind": request.kind,
        "address": request.email_key,
        "received_at": request.received_at.isoformat(),
        "due_at": request.due_at.isoformat(),
        "done_at": request.done_at.isoformat() if request.done_at else None,
        "in_time": request.is_in_time,
        "outcome": request.outcome,
        "through": request.through,
        "by": request.by_name,
    }

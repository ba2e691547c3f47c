"""
`newsletter brief`: read files into briefs, and show the stored ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.input_files import or_standard_input
from newsletter.cli.listing import DEFAULT_ROWS, most_rows
from newsletter.cli.session import session_of, table

if TYPE_CHECKING:
    from newsletter.model.brief import Brief, BriefStatus
    from newsletter.store.content.briefs import StoredBrief

group = typer.Typer()


Files = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE",
        help="Text, Markdown, HTML or Word files; - reads standard input",
        callback=or_standard_input(".md"),
    ),
]
Number = Annotated[int, typer.Argument(metavar="BRIEF", help="Number of the brief")]


@group.command()
def read(context: typer.Context, paths: Files) -> None:
    """
    Read files and show the briefs in them. Nothing is stored.

    Example:
        newsletter brief read monday.txt --json
    """
    from newsletter.ingest.files import read_files

    found = read_files(paths)
    session_of(context).show(
        [brief.as_json() for brief in found], "\n\n".join(for_people(brief) for brief in found)
    )


@group.command(name="list")
def list_stored(
    context: typer.Context,
    status: Annotated[
        str | None,
        typer.Option(
            metavar="recorded|new|held|used",
            help="Show only briefs of this status",
            show_default="all",
        ),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Show at most N briefs", show_default=DEFAULT_ROWS),
    ] = None,
) -> None:
    """
    List the stored briefs, newest first.

    Example:
        newsletter brief list --status held
    """
    from newsletter.actions.content import briefs

    wanted = _status(status) if status else None
    session = session_of(context)
    with session.app() as app:
        limit = most_rows(session, most)
        found = briefs.latest(app, status=wanted, limit=limit, by=session.actor)
    rows = [(b.id, standing(b), f"{b.day:%Y-%m-%d}", b.source, b.brief.title) for b in found]
    session.show(
        [brief.as_json() for brief in found],
        table(rows, ("id", "status", "date", "source", "title"), empty=_none_of(status)),
    )


@group.command()
def show(context: typer.Context, brief_id: Number) -> None:
    """
    Show one stored brief, with all its fields and the issues it is in.

    Example:
        newsletter brief show 12
    """
    from newsletter.actions.content import briefs

    session = session_of(context)
    with session.app() as app:
        found, held_by = briefs.show(app, brief_id, by=session.actor)
        now = app.clock()
    words = [f"brief {found.id}: {standing(found)}; source: {found.source}; key: {found.key}"]
    words += [found.status_reason] if found.status_reason else []
    words += [f"dated {found.day:%Y-%m-%d}{_waits(found, now)}"]
    if held_by:
        words.append(
            "used in issue " + ", ".join(f"{number} ({state})" for number, state in held_by)
        )
    value = found.as_json()
    value["issues"] = [{"id": number, "state": state} for number, state in held_by]
    session.show(value, "\n".join([*words, for_people(found.brief, edited=found.edited)]))


@group.command()
def add(context: typer.Context, paths: Files) -> None:
    """
    Store files as briefs for issues made by hand. Adding the same file again updates its brief.

    Example:
        newsletter brief add special.md
    """
    from newsletter.actions.content import briefs

    session = session_of(context)
    with session.app() as app:
        kept = briefs.add(app, paths, by=session.actor)
    lines = [
        line
        for brief in kept
        for line in (f"{brief.id}  {brief.brief.title}", *_warnings(brief.brief))
    ]
    session.show([brief.as_json() for brief in kept], "\n".join(lines))


def standing(found: StoredBrief) -> str:
    """
    Format the status of a brief, for a person.
    """
    return f"{found.status}, pinned" if found.is_pinned else str(found.status)


def _waits(found: StoredBrief, now: dt.datetime) -> str:
    is_waiting = found.dated_at > now
    return f"; it waits until {found.dated_at:%Y-%m-%d %H:%M} UTC" if is_waiting else ""


def _status(word: str) -> BriefStatus:
    from newsletter.model.brief import BriefStatus

    if word not in list(BriefStatus):
        raise typer.BadParameter(f"--status: {word!r} is not one of {', '.join(BriefStatus)}")
    return BriefStatus(word)


def _none_of(status: str | None) -> str:
    if status:
        return f"No {status} briefs."
    return "No briefs yet. Fetch some: newsletter collect, or add a file: newsletter brief add FILE"


def for_people(brief: Brief, *, edited: Sequence[str] = ()) -> str:
    """
    Format the fields of a brief, and name those that were *edited* by hand.
    """
    from newsletter.ingest.brief_edits import words_of

    lines = [f"{brief.series}: {brief.title}" if brief.series else brief.title]
    if brief.date:
        lines.append(f"{brief.date:%d %B %Y}")
    if brief.caption or brief.credit:
        credit = f"({brief.credit})" if brief.credit else ""
        lines.append(f"[{' '.join(filter(None, [brief.caption, credit]))}]")
        if not brief.image_url:
            lines.append("no image, so its caption and credit are not sent")
    lines += [f"  • {takeaway}" for takeaway in brief.takeaways]
    lines += ["", brief.body_text, *brief.footnotes]
    if edited:
        lines.append(f"edited by hand: {', '.join(words_of(edited))}")
    lines += [f"removed: {what}" for what in brief.removed]
    return "\n".join([*lines, *_warnings(brief)])


def _warnings(brief: Brief) -> list[str]:
    return [f"warning: {what}" for what in brief.warnings]

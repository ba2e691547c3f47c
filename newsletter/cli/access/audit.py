"""
`newsletter audit`: who did what, and whether the record of it is whole.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import Force, session_of, table

if TYPE_CHECKING:
    from newsletter.actions.access.audit import AuditFilter
    from newsletter.model.audit import AuditEntry

group = typer.Typer()

Actor = Annotated[
    str, typer.Option("--actor", metavar="NAME", help="Only what NAME did", show_default="anybody")
]
Action = Annotated[
    str,
    typer.Option(
        "--action", metavar="ACTION", help="Only this action: issue.send", show_default="all"
    ),
]
Object = Annotated[
    str,
    typer.Option(
        "--object",
        metavar="OBJECT",
        help="Only this kind of object, or this one: issue, or issue:12",
        show_default="all",
    ),
]
Since = Annotated[
    str,
    typer.Option(
        "--since", metavar="DATE", help="From this day on, UTC", show_default="the first entry"
    ),
]
Until = Annotated[
    str,
    typer.Option(
        "--until", metavar="DATE", help="Before this day, UTC", show_default="the last entry"
    ),
]
# The longest description of changes in a line for people.
_MAX_WORDS = 120


@group.command(name="list")
def list_entries(
    context: typer.Context,
    actor: Actor = "",
    action: Action = "",
    object_name: Object = "",
    since: Since = "",
    until: Until = "",
    limit: Annotated[int, typer.Option("--limit", metavar="NUMBER", min=1, help="How many")] = 50,
    before: Annotated[
        int | None,
        typer.Option(
            "--before",
            metavar="NUMBER",
            help="Only entries before this number",
            show_default="the last entry",
        ),
    ] = None,
) -> None:
    """
    List what was done, the latest first.

    Example:
        newsletter audit list --object issue:12
    """
    from newsletter.actions.access import audit

    session = session_of(context)
    which = _filter(actor, action, object_name, since, until)
    with session.app() as app:
        found = audit.entries(app, which, before=before, limit=limit, by=session.actor)
    rows = [
        (
            entry.number,
            f"{entry.at:%Y-%m-%d %H:%M}",
            entry.actor,
            entry.channel,
            entry.action,
            f"{entry.object_kind} {entry.object_id}".rstrip(),
            _changes(entry),
        )
        for entry in found
    ]
    headings = ("number", "at (UTC)", "who", "through", "action", "object", "changes")
    is_filtered = any((actor, action, object_name, since, until, before))
    empty = "no entry is like this" if is_filtered else "the audit trail has no entries yet"
    session.show(
        [audit.as_json(entry) for entry in found],
        table(rows, headings, empty=empty),
    )


@group.command()
def check(context: typer.Context) -> None:
    """
    Check that no entry was changed, removed or added outside the program. Its output names the
    last entry and its hash: kept elsewhere, they show later that nothing was cut off.

    Example:
        newsletter audit check
    """
    from newsletter.actions.access import audit

    session = session_of(context)
    with session.app() as app:
        report = audit.check(app, by=session.actor)
    head = report.head
    values = {
        "is_whole": not report.problems,
        "first": head.first_number,
        "last": head.last_number,
        "hash": head.last_hash,
        "problems": [vars(each) for each in report.problems],
    }
    lines = [
        f"{f'entry {each.number}' if each.number else 'the trail'}: {each.problem}"
        for each in report.problems
    ]
    summary = (
        f"{len(report.problems)} problems were found: compare with an export or a backup"
        if report.problems
        else f"entries {head.first_number} to {head.last_number} are whole; the last has the hash "
        f"{head.last_hash}"
    )
    session.show(values, "\n".join([*lines, summary]))
    if report.problems:
        sys.exit(1)


@group.command()
def export(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="File to write", show_default="standard output"),
    ] = None,
    actor: Actor = "",
    action: Action = "",
    object_name: Object = "",
    since: Since = "",
    until: Until = "",
    force: Force = False,
) -> None:
    """
    Export the audit trail as JSON Lines, the latest entry first.

    Example:
        newsletter audit export --out audit.jsonl
    """
    from newsletter.actions.access import audit
    from newsletter.settings.output_files import output_files

    session = session_of(context)
    which = _filter(actor, action, object_name, since, until)
    with session.app() as app:
        if out is None:
            audit.export(app, sys.stdout, which, by=session.actor)
            return
        files = output_files(app.settings, session.config, force=force)
        with files.new_file(out) as new, new.open("w", encoding="utf-8", newline="") as opened:
            count = audit.export(app, opened, which, by=session.actor)
    session.show({"entries": count, "file": str(out)}, f"wrote {count:,} entries to {out}")


def _filter(actor: str, action: str, object_name: str, since: str, until: str) -> AuditFilter:
    from newsletter.actions.access.audit import AuditFilter
    from newsletter.model.access import ObjectKind

    kind, _, number = object_name.partition(":")
    kinds = [each.value for each in ObjectKind]
    if kind and kind not in kinds:
        raise typer.BadParameter(f"{kind!r} is not a kind of object: use {', '.join(kinds)}")
    return AuditFilter(
        actor=actor,
        action=action,
        object_kind=kind,
        object_id=number,
        since=_day(since),
        until=_day(until),
    )


def _day(typed: str) -> dt.datetime | None:
    if not typed:
        return None
    try:
        day = dt.date.fromisoformat(typed)
    except ValueError:
        raise typer.BadParameter(f"{typed!r} is not a date: write it as 2026-11-24") from None
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _changes(entry: AuditEntry) -> str:
    words = ", ".join(
        f"{name}: {_fact(value)}"
        for name, value in entry.changes.items()
        if not _is_change(value) or value["before"] is not None or value["after"]
    )
    return words if len(words) <= _MAX_WORDS else f"{words[: _MAX_WORDS - 1]}…"


def _fact(value: Any) -> str:
    if not _is_change(value):
        return _text(value)
    after = _text(value["after"])
    return after if value["before"] is None else f"{_text(value['before'])} → {after}"


def _is_change(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"before", "after"}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

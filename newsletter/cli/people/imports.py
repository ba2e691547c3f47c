"""
`newsletter import`: the imports so far; continue one, or undo it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.format_values import format_values
from newsletter.cli.listing import DEFAULT_ROWS, most_rows, shortened
from newsletter.cli.people.formats.imported import saying_where_it_stopped, words_in_lines
from newsletter.cli.progress import progress
from newsletter.cli.session import Yes, session_of, table
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.actions.people.files.imports import ImportJob

group = typer.Typer()

Number = Annotated[int, typer.Argument(metavar="N", help="Number of the import")]

# What the counts of an undo say to a person, one and several.
_UNDONE: Mapping[str, tuple[str, str]] = {
    "people": ("person removed", "people removed"),
    "subscriptions": (
        "person taken off the list, who was known before",
        "people taken off the list, who were known before",
    ),
    "values": ("value set back", "values set back"),
    "kept_changed": (
        "person kept: something else happened to them since",
        "people kept: something else happened to them since",
    ),
    "kept_mailed": ("person kept: has been sent email", "people kept: have been sent email"),
    "kept_unsubscribed": (
        "person stays unsubscribed or suppressed",
        "people stay unsubscribed or suppressed",
    ),
    "kept_values": ("value kept: changed since", "values kept: changed since"),
}


@group.command(name="list")
def list_imports(
    context: typer.Context,
    before: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Show only imports with lower numbers", show_default="the latest"
        ),
    ] = None,
    most: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Show at most N imports", show_default=DEFAULT_ROWS),
    ] = None,
) -> None:
    """
    List the imports, the last one first.

    Example:
        newsletter import list
    """
    from newsletter.actions.people.files import imports

    session = session_of(context)
    with session.app() as app:
        limit = most_rows(session, most)
        found = imports.list_imports(app, before=before, limit=limit, by=session.actor)
    rows = [
        (
            each.job.id,
            shortened(each.job.file_name),
            each.job.list_slug,
            each.job.product,
            f"{each.job.created_at:%Y-%m-%d %H:%M}",
            each.job.by_name,
            _state(each),
            each.job.counts.get("created", 0),
            each.job.counts.get("updated", 0),
        )
        for each in found
    ]
    headings = ("import", "file", "list", "product", "when", "by", "state", "created", "updated")
    none = "No imports yet. Import people: newsletter subscriber import FILE --list SLUG"
    session.show([_full(each) for each in found], table(rows, headings, empty=none))


@group.command()
def show(context: typer.Context, number: Number) -> None:
    """
    Show one import: its files, how far it is, and what it came to.

    Example:
        newsletter import show 7
    """
    from newsletter.actions.people.files import imports

    session = session_of(context)
    with session.app() as app:
        found = imports.show(app, number, by=session.actor)
    value = _full(found)
    words = format_values({name: what for name, what in _shown(found).items() if what})
    if found.next_command:
        words += f"\nit was interrupted; to continue it: {found.next_command}"
    session.show(value, words)


@group.command()
def resume(context: typer.Context, number: Number) -> None:
    """
    Continue an import that was interrupted, or that waits.

    Example:
        newsletter import resume 7
    """
    from newsletter.actions.people.files import imports

    session = session_of(context)
    with (
        session.app() as app,
        saying_where_it_stopped(session),
        progress(f"import {number}, bytes") as report,
    ):
        result = imports.resume(app, number, progress=report, by=session.actor)
    shown = {name: what for name, what in result.as_json().items() if what}
    shown.pop("columns", None)
    shown |= {"words": words_in_lines(result.words)} if result.words else {}
    session.show(result.as_json(), format_values(shown))


@group.command()
def undo(context: typer.Context, number: Number, yes: Yes = False) -> None:
    """
    Undo an import: remove the people it added and set back the values it changed. Nobody to whom
    something happened since is removed, and whoever it unsubscribed or suppressed stays so.

    Example:
        newsletter import undo 7
    """
    from newsletter.actions.people.files import imports

    session = session_of(context)
    with session.app() as app:
        counts = imports.count_undo(app, number, by=session.actor)
        if not yes and not session.is_interactive:
            what = "; ".join(_undone_lines(counts)) or "nothing to take back"
            raise Refused(f"undoing import {number} needs --yes where nobody can be asked: {what}")
        if not yes:
            session.say(_undone(counts))
            if not session.confirm(f"Undo import {number}?", yes=False):
                raise Refused(f"import {number} was not undone")
        with progress(f"undoing import {number}, batches") as report:
            counts = imports.undo_import(app, number, by=session.actor, progress=report)
    value = {"import": number, **dict.fromkeys(_UNDONE, 0), **counts}
    session.show(value, f"import {number} is undone\n{_undone(counts)}")


def _undone(counts: Mapping[str, int]) -> str:
    return "\n".join(_undone_lines(counts)) or "nothing to take back"


def _undone_lines(counts: Mapping[str, int]) -> list[str]:
    return [
        f"{counts[name]:,} {one if counts[name] == 1 else many}"
        for name, (one, many) in _UNDONE.items()
        if counts.get(name)
    ]


def _state(found: ImportJob) -> str:
    return "interrupted" if found.is_interrupted else found.job.state.value


def _shown(found: ImportJob) -> dict[str, Any]:
    """
    Return what `show` tells a person.
    """
    job = found.job
    size = job.progress.get("size")
    done = job.progress.get("bytes")
    return {
        "import": job.id,
        "state": _state(found),
        "list": job.list_slug,
        "files": [str(file.path) for file in job.files],
        "product": job.product,
        "by": job.by_name,
        "started": job.started_at and f"{job.started_at:%Y-%m-%d %H:%M}",
        "ended": job.ended_at and f"{job.ended_at:%Y-%m-%d %H:%M}",
        "rows": job.position,
        "progress": f"{100 * done // size} %" if done and size else "",
        **{name: what for name, what in job.counts.items() if what},
        "words": words_in_lines(job.counts.get("words", {})),
        "error": job.error,
        "undone": _undone_lines(job.undo.get("counts", {})),
    }


def _full(found: ImportJob) -> dict[str, Any]:
    job = found.job
    times = {"created": job.created_at, "started": job.started_at, "ended": job.ended_at}
    return {
        "import": job.id,
        "state": job.state.value,
        "is_interrupted": found.is_interrupted,
        "list": job.list_slug,
        "product": job.product,
        "files": [
            {"path": str(file.path), "size": file.size, "sha256": file.sha256} for file in job.files
        ],
        "options": dict(job.options),
        "by": job.by_name,
        "through": job.through,
        "times": {name: at.isoformat() if at else None for name, at in times.items()},
        "rows": job.position,
        "bytes": job.progress.get("bytes"),
        "counts": dict(job.counts),
        "error": job.error,
        "undo": {name: what for name, what in job.undo.items() if name != "after"},
    }

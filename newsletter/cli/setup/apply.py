"""
`newsletter apply`: lists, sources and schedules out of a TOML file, and into one, so that a team
can keep them in git.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.session import session_of

if TYPE_CHECKING:
    from newsletter.operations.config_as_code.apply import Change


def apply(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="The TOML file.")] = None,
    export: Annotated[
        bool, typer.Option("--export", help="Write what is there now as such a file.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """
    Bring lists, sources and schedules to what a file says; what it does not name stays. With
    --export, print such a file. Secrets are named in it (env:NAME), never told.

    Example: newsletter apply setup.toml --dry-run
    """
    from newsletter.operations.config_as_code.apply import apply_setup, export_setup
    from newsletter.operations.config_as_code.file import as_toml, read_setup

    if export == (file is not None):
        raise typer.BadParameter("name a file, or say --export")
    session = session_of(context)
    with session.app() as app:
        if file is None:
            setup = export_setup(app)
            session.show(setup, as_toml(setup).rstrip())
            return
        done = apply_setup(app, read_setup(file), dry_run=dry_run)
        if dry_run:
            session.say("nothing was changed: this was a dry run")
    value = {"dry_run": dry_run, "done": [change.as_json() for change in done]}
    session.show(value, "\n".join(map(_line, done)) or "nothing named")


def _line(change: Change) -> str:
    words = f"{change.did:<9}  {change.kind} {change.name}"
    return f"{words}: {', '.join(change.keys)}" if change.did == "changed" else words

"""
`newsletter apply`: lists, sources and schedules out of a TOML file, and into one, so that a team
can keep them in git.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from newsletter.cli.session import session_of
from newsletter.cli.setup.setup_file import as_toml, read_setup
from newsletter.errors import NewsletterError


class _DryRun(NewsletterError):
    """
    Ends the transaction of a --dry-run: nothing of it is kept.
    """


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
    from newsletter.cli.setup import apply_changes as applying

    if export == (file is not None):
        raise typer.BadParameter("name a file, or say --export")
    session = session_of(context)
    with session.app() as app:
        if file is None:
            with app.database.read() as connection:
                setup = applying.export(connection)
            session.show(setup, as_toml(setup).rstrip())
            return
        setup = read_setup(file)
        done: list[dict[str, Any]] = []
        try:
            with app.database.write() as connection:
                done += applying.apply(app, connection, setup)
                if dry_run:
                    raise _DryRun
        except _DryRun:
            session.say("nothing was changed: this was a dry run")
    session.show({"dry_run": dry_run, "done": done}, "\n".join(map(_line, done)) or "nothing named")


def _line(one: dict[str, Any]) -> str:
    words = f"{one['did']:<9}  {one['kind']} {one['name']}"
    return f"{words}: {', '.join(one['keys'])}" if one["did"] == "changed" else words

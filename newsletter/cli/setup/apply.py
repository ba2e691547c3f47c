"""
`newsletter apply`: apply fields, lists, sources, segments and schedules from a TOML file, or export
them, so that a team can keep them in git.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.input_files import or_standard_input
from newsletter.cli.session import session_of

if TYPE_CHECKING:
    from newsletter.operations.config_as_code.apply import Change


def apply(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="TOML file to apply; - reads standard input",
            callback=or_standard_input(".toml"),
        ),
    ] = None,
    export: Annotated[
        bool, typer.Option("--export", help="Print the current setup as a TOML file")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change")] = False,
) -> None:
    """
    Apply fields, lists, sources, segments and schedules from a file, or export them. What the file
    leaves out stays unchanged.

    An exported file refers to secrets by name (env:NAME) and never contains them.

    Examples:
        newsletter apply setup.toml --dry-run
        newsletter apply --export > setup.toml
    """
    from newsletter.operations.config_as_code.apply import apply_setup, export_setup
    from newsletter.operations.config_as_code.file import as_toml, read_setup

    if export == (file is not None):
        raise typer.BadParameter("`newsletter apply` needs either a FILE or --export")
    session = session_of(context)
    with session.app() as app:
        if file is None:
            setup = export_setup(app, by=session.actor)
            session.show(setup, as_toml(setup).rstrip())
            return
        done = apply_setup(app, read_setup(file), dry_run=dry_run, by=session.actor)
        if dry_run:
            session.say("dry run: nothing was changed")
    value = {"dry_run": dry_run, "done": [change.as_json() for change in done]}
    session.show(
        value,
        "\n".join(map(_line, done))
        or f"{file} contains no field, list, source, segment or schedule",
    )


def _line(change: Change) -> str:
    words = f"{change.did:<9}  {change.kind} {change.name}"
    return f"{words}: {', '.join(change.keys)}" if change.did == "changed" else words

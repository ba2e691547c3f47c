"""
`newsletter move-out` and `move-in`: a whole installation in one file, from any database to another.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.input_files import or_standard_input
from newsletter.cli.operations.backup import IS_COPY
from newsletter.cli.progress import progress
from newsletter.cli.session import Force, Yes, session_of

if TYPE_CHECKING:
    from newsletter.operations.move import Manifest

# An interrupted one is written again from its beginning, under this name beside FILE.
_BEGUN = "move-out"


def move_out(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="ZIP file to write")],
    with_secrets: Annotated[
        bool,
        typer.Option(
            "--with-secrets",
            help="With secret.key, API tokens, and what staff log in with",
        ),
    ] = False,
    force: Force = False,
) -> None:
    """
    Write the whole installation to one ZIP file: people, issues, settings in the database,
    pictures, own templates; newsletter.toml is not in it. If `newsletter serve` runs meanwhile, the
    file has nothing of what happens after its beginning.

    Examples:
        newsletter move-out everything.zip
        newsletter move-out everything.zip --with-secrets
    """
    from newsletter.operations import move
    from newsletter.settings.output_files import output_files

    session = session_of(context)
    with session.app() as app:
        files = output_files(app.settings, session.config, force=force)
        with (
            files.new_file(file, continued_as=_BEGUN) as new,
            progress("moving out, rows") as report,
        ):
            manifest = move.move_out(
                app, new, with_secrets=with_secrets, report=report, by=session.actor
            )
    size = file.stat().st_size
    words = [
        f"wrote {file}, {manifest.rows:,} rows, {size:,} bytes; it has the addresses of all readers"
    ]
    if with_secrets:
        words.append("it also has secret.key: whoever has this file can sign links and log in")
    else:
        words.append(
            "without secret.key: unless you copy it too, links in emails already sent will stop "
            "working; staff need new passwords, and programs new tokens"
        )
    session.show({"file": str(file), "bytes": size, **_counts(manifest)}, "\n".join(words))


def move_in(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="File that `newsletter move-out` wrote; - reads standard input",
            callback=or_standard_input(".zip"),
        ),
    ],
    yes: Yes = False,
) -> None:
    """
    Fill an empty database with a whole installation that `newsletter move-out` wrote, from SQLite
    or PostgreSQL. Nothing is sent until `newsletter resume --only-copy`.

    Example:
        newsletter move-in everything.zip
    """
    from newsletter.operations import move

    session = session_of(context)
    with session.unopened_app() as app:
        place = app.database.shown_url
        session.require_yes(f"Fill {place} with {file}?", yes=yes, otherwise="nothing was moved in")
        with progress("moving in, rows") as report:
            moved = move.move_in(app, file, report=report, by=session.actor)
    words = [f"moved in {moved.manifest.rows:,} rows from {file} to {place}"]
    if not moved.has_same_secret:
        words.append(
            "secret.key is not the one that signed the links in emails already sent: copy that "
            "one here, or those links will stop working"
        )
    words.append(IS_COPY)
    value = {**_counts(moved.manifest), "has_same_secret": moved.has_same_secret}
    session.show(value, "\n".join(words))


def _counts(manifest: Manifest) -> dict[str, Any]:
    return {
        "rows": manifest.rows,
        "tables": {name: table.rows for name, table in manifest.tables.items()},
        "files": list(manifest.files),
        "has_secrets": manifest.has_secrets,
        "schema": manifest.database_schema,
    }

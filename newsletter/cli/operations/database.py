"""
`newsletter database copy`: move from SQLite to PostgreSQL, when one machine is no longer enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.session import Yes, session_of, table

if TYPE_CHECKING:
    from newsletter.operations.move_to_postgres import MigrationReport

group = typer.Typer()


@group.command()
def copy(
    context: typer.Context,
    to: Annotated[
        str,
        typer.Option(metavar="URL", help="Empty database: postgresql://USER@HOST/NAME"),
    ],
    yes: Yes = False,
) -> None:
    """
    Copy everything to an empty PostgreSQL database. From then on that database sends, and this one
    no longer does.

    Stop `newsletter serve` first. Keep the password in ~/.pgpass.

    Example:
        newsletter database copy --to postgresql://news@localhost/news
    """
    from newsletter.cli.progress import progress
    from newsletter.operations.move_to_postgres import move_database
    from newsletter.store.database import Database

    session = session_of(context)
    if not to.startswith("postgresql"):
        raise typer.BadParameter(
            f"--to: {to!r} is not a PostgreSQL URL; write postgresql://USER@HOST/NAME"
        )
    with session.app() as app:
        new = Database(to)
        place = new.shown_url
        question = f"Copy everything to {place}, and stop sending from this database for good?"
        session.require_yes(question, yes=yes, otherwise="nothing was copied")
        try:
            with progress("copying, rows") as report:
                moved = move_database(
                    app.database,
                    new,
                    app.settings.folder,
                    now=app.clock(),
                    report=report,
                    on_step=app.on_step,
                )
        finally:
            new.close()
    session.show(moved.as_json(), _in_words(moved))


def _in_words(moved: MigrationReport) -> str:
    rows = [(copied.table, f"{copied.rows:,}") for copied in moved.tables if copied.rows]
    words = [table([*rows, ("total", f"{moved.rows:,}")], ("table", "rows"), empty="")]
    if moved.uncertain_batches:
        words.append(f"uncertain batches, to be resolved there: {moved.uncertain_batches}")
    words.append(f"sends from now on: {moved.to}")
    words.append("next: set [database] url to it in newsletter.toml; this database no longer sends")
    return "\n".join(words)

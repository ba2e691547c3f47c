"""
`newsletter database copy`: from SQLite to PostgreSQL, when one machine is not enough any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.session import session_of, table
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.operations.move_to_postgres import MigrationReport

group = typer.Typer()


@group.command()
def copy(
    context: typer.Context,
    to: Annotated[
        str, typer.Option(metavar="URL", help="The empty database: postgresql://USER@HOST/NAME.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    """
    Copy everything to an empty PostgreSQL database, which sends from then on; this one does not.
    Stop `newsletter serve` first. A password is best kept in ~/.pgpass.

    Example: newsletter database copy --to postgresql://news@localhost/news
    """
    from newsletter.cli.progress import progress
    from newsletter.operations.move_to_postgres import move_database
    from newsletter.store.database import Database

    session = session_of(context)
    if not to.startswith("postgresql"):
        raise typer.BadParameter(f"{to}: write postgresql://USER@HOST/NAME", param_hint="--to")
    with session.app() as app:
        new = Database(to)
        place = new.engine.url.render_as_string(hide_password=True)
        if not session.confirm(f"copy to {place}, and never send from here again?", yes=yes):
            raise Refused("nothing was copied: you said no")
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
    words = [table([*rows, ("in all", f"{moved.rows:,}")], ("table", "rows"))]
    if moved.uncertain_batches:
        words.append(f"in doubt, to be resolved there: {moved.uncertain_batches} batches")
    words.append(f"sends from now on: {moved.to}")
    words.append("set [database] url to it in newsletter.toml; the old database sends no more")
    return "\n".join(words)

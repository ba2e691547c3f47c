"""
`newsletter secret`: the secrets that sign the links in emails.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.session import Yes, session_of, table

group = typer.Typer()


@group.command(name="list")
def list_all(context: typer.Context) -> None:
    """
    List the secrets in `secret.key` by name. The names show whether two machines have the same
    ones, and tell nothing of the secrets.

    Example:
        newsletter secret list
    """
    from newsletter.actions.operations import secrets

    session = session_of(context)
    with session.unopened_app() as app:
        names = secrets.names_of_all(app, by=session.actor).names
    rows = [(name, "former" if at else "current") for at, name in enumerate(names)]
    values = [{"name": name, "state": state} for name, state in rows]
    session.show(values, table(rows, ("secret", "state"), empty=""))


@group.command()
def create(
    context: typer.Context,
    lost: Annotated[
        bool,
        typer.Option(
            "--lost", help="Also if the secret that signed links is lost: they stop working"
        ),
    ] = False,
) -> None:
    """
    Make `secret.key` if it is missing. Only its owner can read it. An existing one is never
    replaced.

    Example:
        newsletter secret create
    """
    from newsletter.actions.operations import secrets

    session = session_of(context)
    with session.app() as app:
        file = secrets.create(app, is_lost=lost, by=session.actor)
    words = f"wrote a new secret to {file}; back it up, apart from the database"
    if lost:
        words += "\nif links were signed before, run `newsletter resume --only-copy` next"
    session.show({"file": str(file)}, words)


@group.command()
def rotate(context: typer.Context, yes: Yes = False) -> None:
    """
    Sign links with a new secret from now on. Former secrets stay in the file, so that links in
    emails already sent still work.

    Example:
        newsletter secret rotate
    """
    from newsletter.actions.operations import secrets

    session = session_of(context)
    with session.unopened_app() as app:
        session.require_yes(
            "Sign links with a new secret from now on?", yes=yes, otherwise="nothing was changed"
        )
        file = secrets.rotate(app, by=session.actor)
    with session.unopened_app() as app:
        names = secrets.names_of_all(app, by=session.actor).names
    session.show(
        {"file": str(file), "current": names[0], "former": list(names[1:])},
        f"wrote a new secret to {file}; former secrets stay in it, and their links still work\n"
        "back up the file, copy it to every other machine that runs newsletter, then restart "
        "`newsletter serve` and `newsletter worker` on all of them",
    )

"""
`newsletter secret`: the secrets that sign the links in emails.
"""

from __future__ import annotations

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

"""
`newsletter serve`: web, scheduler and sender in one process, ended in order by SIGTERM.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.session import session_of


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Default: [web] host.")] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Default: [web] port. 0 takes a free one."),
    ] = None,
    only: Annotated[
        str, typer.Option(help="Some of the parts, with commas between.")
    ] = "web,schedule,send",
) -> None:
    """
    Run web pages, scheduler and sender until told to stop.

    Example: newsletter serve --port 8000
    """
    from newsletter.workers.serve import PARTS, ServeProcess

    wanted = {part.strip() for part in only.split(",")}
    if not wanted <= set(PARTS):
        raise typer.BadParameter(f"{only}: write some of {', '.join(PARTS)}")
    session = session_of(context)
    with session.app() as app:
        ServeProcess(
            app,
            host=host or app.settings.web.host,
            port=app.settings.web.port if port is None else port,
            parts=frozenset(wanted),
        ).run()

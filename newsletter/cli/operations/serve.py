"""
`newsletter serve`: web pages, scheduler and sender in one process, until SIGTERM or Ctrl-C.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.session import Session, session_of

if TYPE_CHECKING:
    from newsletter.app import App


def serve(
    context: typer.Context,
    host: Annotated[
        str | None,
        typer.Option(metavar="HOST", help="Address to listen on", show_default="host of [web]"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535,
            help="Port to listen on; 0 for a free one",
            show_default="port of [web]",
        ),
    ] = None,
    only: Annotated[
        str, typer.Option(metavar="PARTS", help="Parts to run, separated by commas")
    ] = "web,schedule,send",
) -> None:
    """
    Run web pages, scheduler and sender in one process, until SIGTERM or Ctrl-C.

    Examples:
        newsletter serve --port 8000
        newsletter serve --only web
    """
    from newsletter.workers.database_wait import wait_for_database
    from newsletter.workers.serve import PARTS, ServeProcess

    wanted = {part.strip() for part in only.split(",")}
    if not wanted <= set(PARTS):
        raise typer.BadParameter(
            f"--only: {only!r} has an unknown part; write one or more of {', '.join(PARTS)}"
        )
    session = session_of(context)
    wait_for_database(session.config)
    with session.app() as app:
        if "web" in wanted and sys.stderr.isatty():
            _say_where_to_log_in(session, app)
        ServeProcess(
            app,
            host=host or app.settings.web.host,
            port=app.settings.web.port if port is None else port,
            parts=frozenset(wanted),
        ).run()


def _say_where_to_log_in(session: Session, app: App) -> None:
    """
    Print where staff log in, or a link that makes the first owner, if there is none. The log never
    has that link.
    """
    from newsletter.actions.access.staff_links import setup_url

    url = setup_url(app)
    if url is None:
        session.say(f"log in at {app.site.base_url}/admin/")
    else:
        session.say(
            f"nobody can log in yet; this link makes the first owner, within 24 hours:\n{url}"
        )

"""
`newsletter worker`: the sender alone, on any number of machines.
"""

from __future__ import annotations

import typer

from newsletter.cli.session import session_of


def worker(context: typer.Context) -> None:
    """
    Run the sender alone, until SIGTERM or Ctrl-C.

    With PostgreSQL, run it on any number of machines beside `newsletter serve`. With SQLite, all
    workers have to be on the machine that has the database file, and one of them sends at a time.

    Example:
        newsletter worker
    """
    from newsletter.workers.database_wait import wait_for_database
    from newsletter.workers.serve import ServeProcess

    session = session_of(context)
    wait_for_database(session.config)
    with session.app() as app:
        ServeProcess(app, host="", port=0, parts=frozenset({"send"})).run()

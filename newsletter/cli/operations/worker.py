"""
`newsletter worker`: the sender alone, on as many machines as there are.
"""

from __future__ import annotations

import typer

from newsletter.cli.session import session_of


def worker(context: typer.Context) -> None:
    """
    Hand over what is frozen until told to stop: SIGTERM or Ctrl-C ends it in order.

    On PostgreSQL any number of machines may run one beside `newsletter serve`; with SQLite all
    are on the machine of the file, and take turns.

    Example: newsletter worker
    """
    from newsletter.workers.serve import ServeProcess

    with session_of(context).app() as app:
        ServeProcess(app, host="", port=0, parts=frozenset({"send"})).run()

"""
`newsletter collect`: fetch new briefs from the sources now.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.progress import progress
from newsletter.cli.session import one_line, session_of, table


def collect(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Sources to poll", show_default="all"),
    ] = None,
) -> None:
    """
    Fetch new briefs from the sources now. The exit status is 1 if a source failed.

    Example:
        newsletter collect site
    """
    from newsletter.actions.content import sources

    session = session_of(context)
    with session.app() as app, progress("collecting") as report:
        reports = sources.collect(app, names or (), progress=report, by=session.actor)
    rows = [report.as_json() for report in reports]
    counts = ("source", "recorded", "new", "changed", "unchanged", "held")
    none = "No sources yet. Add one: newsletter source add NAME KIND LOCATION"
    session.show(rows, table([[row[name] for name in counts] for row in rows], counts, empty=none))
    for polled in reports:
        for note in polled.notes:
            session.say(one_line(f"{polled.source}: {note}"))
    failed = [polled for polled in reports if polled.error]
    for polled in failed[:-1]:
        session.say(f"{polled.source}: {polled.error}")
    if failed:
        session.refuse(f"{failed[-1].source}: {failed[-1].error}")

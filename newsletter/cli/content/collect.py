"""
`newsletter collect`: a look at the sources at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.progress import progress
from newsletter.cli.session import session_of, table


def collect(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="Which; all without a name.")] = None,
) -> None:
    """
    Poll sources now. Status 1 when one of them failed.

    Example: newsletter collect site
    """
    from newsletter.actions import sources
    from newsletter.pipeline import collect_sources

    session = session_of(context)
    with session.app() as app:
        wanted = names or sources.all_names(app)
        reports = []
        with progress("collecting") as report:
            for done, name in enumerate(wanted, 1):
                reports += collect_sources(app.publishing, [name])
                report(done, len(wanted))
    found = [report.as_json() for report in reports]
    counts = ("source", "recorded", "new", "changed", "unchanged", "held")
    session.show(found, table([[row[name] for name in counts] for row in found], counts))
    for polled in reports:
        for note in polled.notes:
            session.say(f"{polled.source}: {note}")
    failed = [polled for polled in reports if polled.error]
    if failed:
        session.refuse("; ".join(f"{polled.source}: {polled.error}" for polled in failed))

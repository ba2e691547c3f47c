"""
`newsletter source list`, `show`, `pause`, `resume`, `remove` and `archive`: where briefs come from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.input_files import or_standard_input
from newsletter.cli.session import one_line, session_of, table
from newsletter.model.duration import format_duration
from newsletter.model.source import SourceSettings, SourceStanding

group = typer.Typer()

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the source")]


@group.command(name="list")
def list_sources(context: typer.Context) -> None:
    """
    List the sources: the last poll and its result, the next poll, and the number of briefs.

    Example:
        newsletter source list
    """
    from newsletter.actions.content import sources

    session = session_of(context)
    with session.app() as app:
        found = sources.standings(app, by=session.actor)
    headings = ("name", "kind", "location", "last poll", "next poll", "briefs")
    none = "No sources yet. Add one: newsletter source add NAME KIND LOCATION"
    lines = [table([_row(each) for each in found], headings, empty=none)]
    lines += [f"{each.source.name} {each.source.pause}" for each in found if each.source.pause]
    lines += [f"{each.source.name} {each.problem}" for each in found if each.problem]
    lines += [f"{each.source.name}: {_warned(each)}" for each in found if each.with_warnings]
    session.show([each.as_json() for each in found], "\n".join(lines))


@group.command()
def show(context: typer.Context, name: NameArgument) -> None:
    """
    Show one source: its settings, its last poll, and what keeps it from being polled.

    Example:
        newsletter source show site
    """
    from newsletter.actions.content import sources

    session = session_of(context)
    with session.app() as app:
        found = sources.standing(app, name, by=session.actor)
    labels = ("kind", "location", "last poll", "next poll", "briefs")
    lines = [
        name,
        *(f"  {label}: {value}" for label, value in zip(labels, _row(found)[1:], strict=True)),
        *(f"  {label}: {value}" for label, value in _settings(found.source).items()),
    ]
    lines += [f"  {found.source.pause}"] if found.source.pause else []
    lines += [f"  {found.problem}"] if found.problem else []
    lines += [f"  {_warned(found)}"] if found.with_warnings else []
    session.show(found.as_json(), "\n".join(lines))


@group.command()
def pause(
    context: typer.Context,
    name: NameArgument,
    reason: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Reason, shown with the source", show_default="none"),
    ] = "",
) -> None:
    """
    Stop polling a source until `newsletter source resume`. Its briefs stay, and schedules do not
    wait for it.

    Example:
        newsletter source pause site --reason "the site is being rebuilt"
    """
    from newsletter.actions.content import source_pauses

    session = session_of(context)
    with session.app() as app:
        paused = source_pauses.pause(app, name, reason=reason, by=session.actor)
    session.show(paused.as_json(), f"paused source {name}")


@group.command()
def resume(context: typer.Context, name: NameArgument) -> None:
    """
    Poll a paused or held source again. After a hold, the next poll takes the items there as known,
    under their new ids.

    Example:
        newsletter source resume site
    """
    from newsletter.actions.content import source_pauses

    session = session_of(context)
    with session.app() as app:
        resumed = source_pauses.resume(app, name, by=session.actor)
    advice = f"`newsletter collect {name}` polls it now"
    session.show(resumed.as_json(), f"resumed source {name}: {advice}")


@group.command()
def remove(context: typer.Context, name: NameArgument) -> None:
    """
    Remove a source. Its briefs stay.

    Example:
        newsletter source remove site
    """
    from newsletter.actions.content import sources

    session = session_of(context)
    with session.app() as app:
        removed, rules = sources.remove(app, name, by=session.actor)
    for rule in rules:
        session.say(
            f"schedule {rule} uses source {name}, so its runs will fail: add a source of that name "
            f"again, or `newsletter schedule remove {rule}`"
        )
    session.show(removed.as_json(), f"removed source {name}")


@group.command()
def archive(
    context: typer.Context,
    name: NameArgument,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="WordPress export file (WXR) of the source; - reads standard input",
            callback=or_standard_input(".xml"),
        ),
    ],
) -> None:
    """
    Record the posts of an export file as already seen in a source. They are never sent.

    Example:
        newsletter source archive site export.xml
    """
    from newsletter.actions.content import sources

    session = session_of(context)
    with session.app() as app:
        report = sources.record_export(app, name, file, by=session.actor)
    counts = report.as_json()
    session.show(counts, f"recorded: {counts['recorded']}, already known: {counts['unchanged']}")
    for note in report.notes:
        session.say(one_line(note))


def _warned(standing: SourceStanding) -> str:
    first, count = standing.with_warnings[0], len(standing.with_warnings)
    number = "1 brief has" if count == 1 else f"{count} briefs have"
    return f"{number} warnings: see `newsletter brief show {first}`"


def _settings(source: SourceSettings) -> dict[str, str]:
    return {
        "interval": format_duration(source.every),
        "settle": format_duration(source.settle),
        "look-back": format_duration(source.look_back),
        "first poll": source.first_poll,
        "categories": ", ".join(map(one_line, source.categories)) or "all",
    }


def _row(standing: SourceStanding) -> tuple[str, ...]:
    source = standing.source
    last = f"{source.last_polled_at:%Y-%m-%d %H:%M} UTC" if source.last_polled_at else "never"
    following = f"{source.next_poll_at:%Y-%m-%d %H:%M} UTC" if source.next_poll_at else "now"
    counts = ", ".join(f"{count} {status}" for status, count in sorted(standing.briefs.items()))
    if source.paused_at is not None:
        following = "paused"
    elif source.is_gone:
        following = "never (gone)"
    elif source.held_since is not None:
        following = "held"
    return (source.name, source.kind, source.location, last, following, counts or "none")

"""
`newsletter source`: where briefs come from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.session import one_line, session_of, table
from newsletter.model.brief import FullText, ImageRule, ReadingRules
from newsletter.model.duration import parse_duration
from newsletter.model.source import FirstPoll, SourceSettings, SourceStanding

group = typer.Typer()


POLLING, READING = "Polling", "Reading"
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the source")]
Every = Annotated[
    str,
    typer.Option(
        metavar="DURATION",
        help="How often `newsletter serve` polls it: 90s, 15m, 2h",
        rich_help_panel=POLLING,
    ),
]
First = Annotated[
    FirstPoll,
    typer.Option(
        help="At the first poll: record what is there and never send it, or treat it as new",
        rich_help_panel=POLLING,
    ),
]
LookBack = Annotated[
    str,
    typer.Option(
        metavar="DURATION",
        help="Hold briefs older than this until you free them",
        rich_help_panel=POLLING,
    ),
]
Settle = Annotated[
    str,
    typer.Option(
        metavar="DURATION",
        help="Scheduled runs wait until the briefs have not changed for this long",
        rich_help_panel=POLLING,
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        metavar="SECRET",
        help="API key or password, as env:NAME or file:PATH (ghost, mailbox)",
        show_default="none",
        rich_help_panel=POLLING,
    ),
]
Categories = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CATEGORY",
        help="Take only briefs of this category",
        show_default="all",
        rich_help_panel=READING,
    ),
]
Timezone = Annotated[
    str,
    typer.Option(metavar="ZONE", help="Time zone of dates without one", rich_help_panel=READING),
]
Prefixes = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEXT",
        help="Series name to recognise at the start of titles",
        show_default=", ".join(ReadingRules().prefixes),
        rich_help_panel=READING,
    ),
]
Trailers = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TEXT",
        help="Drop closing lines that start with this",
        show_default="none",
        rich_help_panel=READING,
    ),
]
DayFirst = Annotated[
    bool,
    typer.Option(
        "--day-first",
        help="Read 3/5/2026 as the third of May, not as the fifth of March",
        rich_help_panel=READING,
    ),
]
Image = Annotated[
    ImageRule,
    typer.Option(
        help="Main image: the first in the text, the feed's, the page's, or none; auto tries all",
        rich_help_panel=READING,
    ),
]
Text = Annotated[
    FullText,
    typer.Option(
        help="Full text: auto fetches the page of an item that has only an excerpt",
        rich_help_panel=READING,
    ),
]


@group.command()
def add(
    context: typer.Context,
    name: NameArgument,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="Kind: folder, feed, wordpress, ghost, page or mailbox, or that of a plugin",
        ),
    ],
    location: Annotated[str, typer.Argument(metavar="LOCATION", help="Folder or address (URL)")],
    every: Every = "15m",
    first_poll: First = FirstPoll.RECORD,
    look_back: LookBack = "14d",
    settle: Settle = "15m",
    key: Key = None,
    category: Categories = None,
    timezone: Timezone = "UTC",
    prefix: Prefixes = None,
    trailer: Trailers = None,
    day_first: DayFirst = False,
    image: Image = ImageRule.AUTO,
    full_text: Text = FullText.AUTO,
) -> None:
    """
    Add a source of briefs.

    Examples:
        newsletter source add site feed https://example.org/feed/ --category News
        newsletter source add desk folder briefs --first-poll new --every 5m
    """
    from newsletter.actions import sources

    session = session_of(context)
    with session.app() as app:
        reading = ReadingRules(
            prefixes=tuple(prefix) if prefix else ReadingRules().prefixes,
            trailers=tuple(trailer or ()),
            day_first=day_first,
            image=image,
            full_text=full_text,
        )
        source = SourceSettings(
            id=0,
            name=name,
            kind=kind,
            location=location,
            every=parse_duration(every),
            first_poll=first_poll,
            look_back=parse_duration(look_back),
            settle=parse_duration(settle),
            timezone=timezone,
            categories=tuple(category or ()),
            key=key,
            reading=reading,
        )
        sources.add(app, source)
    session.show(source.as_json(), f"added source {name}: {kind} {location}")


@group.command(name="list")
def list_sources(context: typer.Context) -> None:
    """
    List the sources: the last poll and its result, the next poll, and the number of briefs.

    Example:
        newsletter source list
    """
    from newsletter.actions import sources

    session = session_of(context)
    with session.app() as app:
        found = sources.standings(app)
    headings = ("name", "kind", "location", "last poll", "next poll", "briefs")
    none = "No sources yet. Add one: newsletter source add NAME KIND LOCATION"
    lines = [table([_row(each) for each in found], headings, empty=none)]
    lines += [f"{each.source.name} {each.problem}" for each in found if each.problem]
    session.show([each.as_json() for each in found], "\n".join(lines))


@group.command()
def show(context: typer.Context, name: NameArgument) -> None:
    """
    Show one source: its settings, its last poll, and what keeps it from being polled.

    Example:
        newsletter source show site
    """
    from newsletter.actions import sources

    session = session_of(context)
    with session.app() as app:
        found = sources.standing(app, name)
    labels = ("kind", "location", "last poll", "next poll", "briefs")
    lines = [
        name,
        *(f"  {label}: {value}" for label, value in zip(labels, _row(found)[1:], strict=True)),
    ]
    lines += [f"  {found.problem}"] if found.problem else []
    session.show(found.as_json(), "\n".join(lines))


@group.command()
def resume(context: typer.Context, name: NameArgument) -> None:
    """
    Poll a held source again. Its next poll takes the items there as known, under their new ids.

    Example:
        newsletter source resume site
    """
    from newsletter.actions import sources

    session = session_of(context)
    with session.app() as app:
        resumed = sources.resume(app, name)
    advice = f"`newsletter collect {name}` polls it now"
    session.show(resumed.as_json(), f"resumed source {name}: {advice}")


@group.command()
def remove(context: typer.Context, name: NameArgument) -> None:
    """
    Remove a source. Its briefs stay.

    Example:
        newsletter source remove site
    """
    from newsletter.actions import sources

    session = session_of(context)
    with session.app() as app:
        removed, rules = sources.remove(app, name)
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
        Path, typer.Argument(metavar="FILE", help="WordPress export file (WXR) of the source")
    ],
) -> None:
    """
    Record the posts of an export file as already seen in a source. They are never sent.

    Example:
        newsletter source archive site export.xml
    """
    from newsletter.actions import sources

    session = session_of(context)
    with session.app() as app:
        report = sources.record_export(app, name, file)
    counts = report.as_json()
    session.show(counts, f"recorded: {counts['recorded']}, already known: {counts['unchanged']}")
    for note in report.notes:
        session.say(one_line(note))


def _row(standing: SourceStanding) -> tuple[str, ...]:
    source = standing.source
    last = f"{source.last_polled_at:%Y-%m-%d %H:%M} UTC" if source.last_polled_at else "never"
    following = f"{source.next_poll_at:%Y-%m-%d %H:%M} UTC" if source.next_poll_at else "now"
    counts = ", ".join(f"{count} {status}" for status, count in sorted(standing.briefs.items()))
    if source.is_gone:
        following = "never (gone)"
    elif source.held_since is not None:
        following = "held"
    return (source.name, source.kind, source.location, last, following, counts or "none")

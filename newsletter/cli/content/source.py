"""
`newsletter source`: where briefs come from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.session import session_of, table
from newsletter.model.brief import FullText, ImageRule, ReadingRules
from newsletter.model.duration import parse_duration
from newsletter.model.source import FirstPoll, SourceKind, SourceSettings, SourceStanding

group = typer.Typer()


Every = Annotated[str, typer.Option(help="How often serve polls it: 90s, 15m, 2h.")]
First = Annotated[
    FirstPoll, typer.Option(help="record: what is there now is never sent. new: it is.")
]
Categories = Annotated[
    list[str] | None, typer.Option(help="Take only briefs of this category; repeatable.")
]
LookBack = Annotated[
    str, typer.Option(help="Unseen briefs dated longer ago are held for a person.")
]
Settle = Annotated[
    str, typer.Option(help="A slot waits for briefs that came or changed less long ago: 0m.")
]
Timezone = Annotated[str, typer.Option(help="Of dates without one.")]
Prefixes = Annotated[
    list[str] | None, typer.Option(help="A series' name before its titles; repeatable.")
]
Trailers = Annotated[
    list[str] | None, typer.Option(help="How lines to drop at the end begin; repeatable.")
]
DayFirst = Annotated[bool, typer.Option("--day-first", help="3/5/2026 is the third of May.")]
Image = Annotated[
    ImageRule,
    typer.Option(help="The leading picture: the feed's, the text's first, the page's, none."),
]
Text = Annotated[FullText, typer.Option(help="auto: an excerpt's page is read for the whole text.")]
Key = Annotated[str | None, typer.Option(help="Its secret as env:NAME or file:PATH (ghost, IMAP).")]


@group.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What to call it.")],
    kind: Annotated[SourceKind, typer.Argument(help="What it is.")],
    location: Annotated[str, typer.Argument(help="A folder, or an address.")],
    every: Every = "15m",
    first_poll: First = FirstPoll.RECORD,
    category: Categories = None,
    look_back: LookBack = "14d",
    settle: Settle = "15m",
    timezone: Timezone = "UTC",
    prefix: Prefixes = None,
    trailer: Trailers = None,
    day_first: DayFirst = False,
    image: Image = ImageRule.AUTO,
    full_text: Text = FullText.AUTO,
    key: Key = None,
) -> None:
    """
    Add a source of briefs.

    Example: newsletter source add site feed https://example.org/feed/ --category IntelBrief
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
    session.show(source.as_json(), f"added {name}: {kind} {location}")


@group.command(name="list")
def list_sources(context: typer.Context) -> None:
    """
    Every source: how its last poll went, when the next is due, how many briefs it gave.

    Example: newsletter source list
    """
    from newsletter.actions import sources

    session = session_of(context)
    with session.app() as app:
        found = sources.standings(app)
    headings = ("name", "kind", "location", "last poll", "next poll", "briefs")
    lines = [table([_row(each) for each in found], headings)]
    lines += [f"{each.source.name} {_failures(each)}" for each in found if each.error]
    session.show([each.as_json() for each in found], "\n".join(lines))


@group.command()
def remove(context: typer.Context, name: Annotated[str, typer.Argument()]) -> None:
    """
    Remove a source; its briefs stay.

    Example: newsletter source remove site
    """
    from newsletter.actions import sources

    session = session_of(context)
    with session.app() as app:
        removed, rules = sources.remove(app, name)
    for rule in rules:
        session.say(
            f"schedule {rule} takes briefs from {name}, so its slots fail: add one of this name "
            f"again, or `newsletter schedule remove {rule}`"
        )
    session.show(removed.as_json(), f"removed {name}")


@group.command()
def archive(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The source the posts belong to.")],
    file: Annotated[Path, typer.Argument(help="A WordPress export file (WXR).")],
) -> None:
    """
    Record the posts of an export file as seen in a source. None of them is ever sent.

    Example: newsletter source archive site export.xml
    """
    from newsletter.actions import sources

    session = session_of(context)
    with session.app() as app:
        report = sources.record_export(app, name, file)
    counts = report.as_json()
    session.show(counts, f"recorded {counts['recorded']}, known before {counts['unchanged']}")
    for note in report.notes:
        session.say(note)


def _row(standing: SourceStanding) -> tuple[str, ...]:
    source = standing.source
    last = f"{source.last_polled_at:%Y-%m-%d %H:%M} UTC" if source.last_polled_at else "never"
    following = f"{source.next_poll_at:%Y-%m-%d %H:%M} UTC" if source.next_poll_at else "at once"
    counts = ", ".join(f"{count} {status}" for status, count in sorted(standing.briefs.items()))
    if source.is_gone:
        following = "never: gone"
    return (source.name, source.kind, source.location, last, following, counts or "none")


def _failures(standing: SourceStanding) -> str:
    times = "once" if standing.source.failures == 1 else f"{standing.source.failures} times"
    return f"failed {times}: {standing.error}"

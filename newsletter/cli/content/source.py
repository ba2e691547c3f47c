"""
`newsletter source`: where briefs come from.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from newsletter.cli.session import duration, session_of, table
from newsletter.errors import SourceError
from newsletter.ingest.sources.imap.location import is_imap, read_location
from newsletter.model.brief import FullText, ImageRule, ReadingRules
from newsletter.model.source import FirstPoll, SourceKind, SourceSettings, SourceStanding

group = typer.Typer()


@group.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What to call it.")],
    kind: Annotated[SourceKind, typer.Argument(help="What it is.")],
    location: Annotated[str, typer.Argument(help="A folder, or an address.")],
    every: Annotated[str, typer.Option(help="How often serve polls it: 90s, 15m, 2h.")] = "15m",
    first_poll: Annotated[
        FirstPoll, typer.Option(help="record: what is there now is never sent. new: it is.")
    ] = FirstPoll.RECORD,
    category: Annotated[
        list[str] | None, typer.Option(help="Take only briefs of this category; repeatable.")
    ] = None,
    look_back: Annotated[
        str, typer.Option(help="Unseen briefs dated longer ago are held for a person.")
    ] = "14d",
    settle: Annotated[
        str, typer.Option(help="A slot waits for briefs that came or changed less long ago: 0m.")
    ] = "15m",
    timezone: Annotated[str, typer.Option(help="Of dates without one.")] = "UTC",
    prefix: Annotated[
        list[str] | None, typer.Option(help="A series' name before its titles; repeatable.")
    ] = None,
    trailer: Annotated[
        list[str] | None, typer.Option(help="How lines to drop at the end begin; repeatable.")
    ] = None,
    day_first: Annotated[
        bool, typer.Option("--day-first", help="3/5/2026 is the third of May.")
    ] = False,
    image: Annotated[
        ImageRule,
        typer.Option(help="The leading picture: the feed's, the text's first, the page's, none."),
    ] = ImageRule.AUTO,
    full_text: Annotated[
        FullText, typer.Option(help="auto: an excerpt's page is read for the whole text.")
    ] = FullText.AUTO,
    key: Annotated[
        str | None, typer.Option(help="Its secret as env:NAME or file:PATH (ghost, IMAP).")
    ] = None,
) -> None:
    """
    Add a source of briefs.

    Example: newsletter source add site feed https://example.org/feed/ --category IntelBrief
    """
    from newsletter.store.content.sources import add_source

    session = session_of(context)
    if not re.fullmatch(r"[\w.-]+", name):
        raise typer.BadParameter(f"{name!r}: a name has letters, digits, '-', '_' and '.'")
    settings = SourceSettings(
        id=0,
        name=name,
        kind=kind,
        location=checked_location(kind, location),
        every=duration(every),
        first_poll=first_poll,
        look_back=duration(look_back),
        settle=duration(settle),
        timezone=known_zone(timezone),
        categories=tuple(category or ()),
        key=named_secret(key),
        reading=ReadingRules(
            prefixes=tuple(prefix) if prefix else ReadingRules().prefixes,
            trailers=tuple(trailer or ()),
            day_first=day_first,
            image=image,
            full_text=full_text,
        ),
    )
    with session.app() as app, app.database.write() as connection:
        add_source(connection, settings, now=app.clock())
    session.show(settings.as_json(), f"added {name}: {kind} {location}")


@group.command(name="list")
def list_sources(context: typer.Context) -> None:
    """
    Every source: how its last poll went, when the next is due, how many briefs it gave.

    Example: newsletter source list
    """
    from newsletter.store.content.sources import standings

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        found = standings(connection)
    headings = ("name", "kind", "location", "last poll", "next poll", "briefs")
    lines = [table([_row(one) for one in found], headings)]
    lines += [f"{one.source.name} {_trouble(one)}" for one in found if one.error]
    session.show([one.as_json() for one in found], "\n".join(lines))


@group.command()
def remove(context: typer.Context, name: Annotated[str, typer.Argument()]) -> None:
    """
    Remove a source; its briefs stay.

    Example: newsletter source remove site
    """
    from newsletter.store.content.sources import find_source, remove_source
    from newsletter.store.scheduling.schedules import all_schedules

    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        gone = find_source(connection, name)
        remove_source(connection, name)
        bereft = [rule.name for rule in all_schedules(connection) if name in rule.sources]
    for rule in bereft:
        session.say(
            f"schedule {rule} takes briefs from {name}, so its slots fail: add one of this name "
            f"again, or `newsletter schedule remove {rule}`"
        )
    session.show(gone.as_json(), f"removed {name}")


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
    from newsletter.ingest.collect import record_archive
    from newsletter.ingest.files import read_archive
    from newsletter.store.content.sources import find_source

    session = session_of(context)
    with session.app() as app:
        with app.database.read() as connection:
            settings = find_source(connection, name)
        items, notes = read_archive(file)
        report = record_archive(
            app.database, settings, items, notes=notes, sandbox=app.sandbox, now=app.clock()
        )
    counts = report.as_json()
    session.show(counts, f"recorded {counts['recorded']}, known before {counts['unchanged']}")
    for note in report.notes:
        session.say(note)


def named_secret(key: str | None) -> str | None:
    """
    *key*, when it names a secret and is none itself.

    Raises:
        typer.BadParameter: it holds the secret in clear.
    """
    if key is not None and not key.startswith(("env:", "file:")):
        raise typer.BadParameter("write env:NAME or file:PATH, never the key itself")
    return key


def known_zone(name: str) -> str:
    """
    *name*, when it is a time zone.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise typer.BadParameter(f"{name} is no time zone: write one like Europe/Paris") from error
    return name


def checked_location(kind: SourceKind, location: str) -> str:
    """
    *location*, when a source of *kind* can be there.

    Raises:
        typer.BadParameter: it cannot, or the address holds a password.
    """
    if kind is SourceKind.MAILBOX and is_imap(location):
        return _checked_imap(location)
    if "@" in location.partition("://")[2].partition("/")[0]:
        raise typer.BadParameter("leave user and password out of the address")
    is_local = kind in (SourceKind.FOLDER, SourceKind.MAILBOX)
    if not is_local and not location.startswith(("http://", "https://")):
        raise typer.BadParameter(f"{location}: a {kind} starts with http:// or https://")
    return location


def _checked_imap(location: str) -> str:
    try:
        read_location(location)
    except SourceError as error:
        raise typer.BadParameter(str(error)) from error
    return location


def _row(one: SourceStanding) -> tuple[str, ...]:
    source = one.source
    last = f"{source.last_polled_at:%Y-%m-%d %H:%M} UTC" if source.last_polled_at else "never"
    following = f"{source.next_poll_at:%Y-%m-%d %H:%M} UTC" if source.next_poll_at else "at once"
    counts = ", ".join(f"{count} {status}" for status, count in sorted(one.briefs.items()))
    if source.is_gone:
        following = "never: gone"
    return (source.name, source.kind, source.location, last, following, counts or "none")


def _trouble(one: SourceStanding) -> str:
    times = "once" if one.source.failures == 1 else f"{one.source.failures} times"
    return f"failed {times}: {one.error}"

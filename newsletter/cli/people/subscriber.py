"""
`newsletter subscriber`: people, one at a time and by file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.progress import progress
from newsletter.cli.session import session_of, table
from newsletter.model.access import OPERATOR

if TYPE_CHECKING:
    from subscribers.model import Subscriber

group = typer.Typer()

ListSlug = Annotated[str, typer.Option("--list", help="The list's slug.")]
Address = Annotated[str, typer.Argument(help="Their address.")]


@group.command()
def add(
    context: typer.Context,
    address: Address,
    list_slug: ListSlug,
    name: Annotated[str, typer.Option(help="Their name.")] = "",
    consent: Annotated[
        str | None, typer.Option(help="How they agreed; makes them active at once.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Whose clock they live by: Europe/Paris.")
    ] = None,
) -> None:
    """
    Add one person to a list. Without --consent a double opt-in list leaves them pending.

    Example: newsletter subscriber add ada@example.org --list daily --consent "at the fair"
    """
    from newsletter.actions import subscribers

    session = session_of(context)
    with session.app() as app:
        made, person = subscribers.add(
            app,
            address,
            list_slug,
            by=OPERATOR,
            name=name,
            consent=consent,
            timezone=timezone,
        )
    words = f"{address} is {made.state} on {list_slug}"
    session.show(_states(person), f"{words}: {made.note}" if made.note else words)


@group.command()
def unsubscribe(
    context: typer.Context,
    address: Address,
    list_slug: ListSlug,
) -> None:
    """
    End one person's subscription to a list.

    Example: newsletter subscriber unsubscribe ada@example.org --list daily
    """
    from newsletter.actions import subscribers

    session = session_of(context)
    with session.app() as app:
        person = subscribers.unsubscribe(app, address, list_slug)
    session.show(_states(person), f"{address} is off {list_slug}")


@group.command()
def show(context: typer.Context, address: Address) -> None:
    """
    One person: time zone, lists, states, suppressions.

    Example: newsletter subscriber show ada@example.org
    """
    from newsletter.actions import subscribers

    session = session_of(context)
    with session.app() as app:
        person = subscribers.show(app, address)
    lines = [f"{person.email}  {person.name}".rstrip()]
    lines += [f"  time zone: {person.timezone}"] if person.timezone else []
    lines += [f"  {s.list_slug}: {s.state} since {s.since:%Y-%m-%d}" for s in person.subscriptions]
    lines += [f"  never mailed: {x.reason} {x.scope}".rstrip() for x in person.suppressions]
    session.show(full(person), "\n".join(lines))


@group.command(name="list")
def list_people(
    context: typer.Context,
    list_slug: Annotated[str | None, typer.Option("--list", help="Of this list only.")] = None,
    begins: Annotated[str, typer.Option(help="Addresses beginning with this.")] = "",
    after: Annotated[str, typer.Option(help="Go on after this address.")] = "",
    most: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
) -> None:
    """
    People by address.

    Example: newsletter subscriber list --list daily --begins ada
    """
    from newsletter.actions import subscribers

    session = session_of(context)
    with session.app() as app:
        found = subscribers.search(app, list_slug=list_slug, begins=begins, after=after, limit=most)
    rows = [
        (
            p.email,
            p.name,
            p.timezone or "",
            ", ".join(f"{s.list_slug}: {s.state}" for s in p.subscriptions),
        )
        for p in found
    ]
    session.show([full(p) for p in found], table(rows, ("address", "name", "timezone", "lists")))


@group.command(name="import")
def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, TSV, or one address a line.")],
    list_slug: ListSlug,
    consent: Annotated[str | None, typer.Option(help="How all of them agreed.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Only say what would happen.")] = False,
) -> None:
    """
    Add people from a file. Nobody who left, bounced or complained is ever brought back.

    Example: newsletter subscriber import people.csv --list daily --consent "old list, 2024"
    """
    from newsletter.actions import subscribers

    session = session_of(context)
    with session.app() as app, progress(f"importing {file.name}, bytes") as report:
        result = subscribers.import_people(
            app, file, list_slug, consent=consent, dry_run=dry_run, progress=report
        )
    value = result.as_json()
    words = [f"{name}: {what}" for name, what in value.items() if what]
    session.show(value, "\n".join([*(["dry run: nothing was written"] if dry_run else []), *words]))


@group.command(name="export")
def export_file(
    context: typer.Context,
    list_slug: ListSlug,
    out: Annotated[Path | None, typer.Option(help="The file; standard output without it.")] = None,
) -> None:
    """
    Write a list's people as CSV, which `import` reads back without loss.

    Example: newsletter subscriber export --list daily --out daily.csv
    """
    from newsletter.actions import subscribers

    session = session_of(context)
    if session.as_json and out is None:
        raise typer.BadParameter("with --json the CSV needs a file of its own: add --out FILE")
    with session.app() as app:
        count = subscribers.export_people(app, list_slug, out or sys.stdout)
    if out is not None:
        session.show({"exported": count, "file": str(out)}, f"{count} people in {out}")


def _states(person: Subscriber) -> dict[str, Any]:
    return {
        "address": person.email,
        "lists": [{"slug": s.list_slug, "state": s.state} for s in person.subscriptions],
    }


def full(person: Subscriber) -> dict[str, Any]:
    """
    Return a person in the shape of `subscriber show --json`.
    """
    return {
        "address": person.email,
        "name": person.name,
        "timezone": person.timezone,
        "lists": [
            {"slug": s.list_slug, "state": s.state, "since": s.since.isoformat()}
            for s in person.subscriptions
        ],
        "suppressions": [
            {"reason": x.reason, "scope": x.scope, "since": x.since.isoformat()}
            for x in person.suppressions
        ],
    }

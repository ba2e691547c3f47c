"""
`newsletter subscriber`: people, one at a time and by file.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.progress import progress
from newsletter.cli.session import session_of, table

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
    from subscribers.lists import find_list
    from subscribers.subscriptions import subscribe
    from subscribers.validation.address import parse_address
    from subscribers.validation.timezones import parse_timezone

    session = session_of(context)
    person = parse_address(address)
    zone = None if timezone is None else parse_timezone(timezone)
    with session.app() as app, app.database.write() as connection:
        made = subscribe(
            connection,
            person,
            mailing_list=find_list(connection, list_slug),
            name=name,
            consent=consent,
            source="command line",
            now=app.clock(),
            timezone=zone,
        )
        value = _states(connection, person)
    words = f"{address} is {made.state} on {list_slug}"
    session.show(value, f"{words}: {made.note}" if made.note else words)


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
    from subscribers.lists import find_list
    from subscribers.subscriptions import unsubscribe_address
    from subscribers.validation.address import parse_address

    session = session_of(context)
    person = parse_address(address)
    with session.app() as app, app.database.write() as connection:
        unsubscribe_address(
            connection,
            person,
            mailing_list=find_list(connection, list_slug),
            reason="by staff",
            now=app.clock(),
        )
        value = _states(connection, person)
    session.show(value, f"{address} is off {list_slug}")


@group.command()
def show(context: typer.Context, address: Address) -> None:
    """
    One person: time zone, lists, states, suppressions.

    Example: newsletter subscriber show ada@example.org
    """
    from subscribers.people import subscriber_by_address
    from subscribers.validation.address import parse_address

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        person = subscriber_by_address(connection, parse_address(address))
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
    from subscribers.lists import find_list
    from subscribers.people import search_people

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        mailing_list = find_list(connection, list_slug) if list_slug else None
        found = search_people(
            connection, begins=begins, mailing_list=mailing_list, after=after, limit=most
        )
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
    from subscribers.import_export.importer import import_csv
    from subscribers.lists import find_list

    session = session_of(context)
    with session.app() as app:
        with app.database.read() as connection:
            mailing_list = find_list(connection, list_slug)
        with progress(f"importing {file.name}, bytes") as report:
            result = import_csv(
                app.database.engine,
                file,
                mailing_list=mailing_list,
                consent=consent,
                dry_run=dry_run,
                now=app.clock(),
                progress=report,
                keyring=app.links.keys,
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
    from newsletter.errors import Refused
    from subscribers.import_export.exporter import export_csv
    from subscribers.lists import find_list

    session = session_of(context)
    if session.as_json and out is None:
        raise typer.BadParameter("with --json the CSV needs a file of its own: add --out FILE")
    with session.app() as app, app.database.read() as connection:
        mailing_list = find_list(connection, list_slug)
        try:
            target = out.open("w", encoding="utf-8", newline="") if out else nullcontext(sys.stdout)
        except OSError as error:
            raise Refused(f"cannot write {out}: {error.strerror}") from error
        with target as file:
            count = export_csv(connection, file, mailing_list=mailing_list)
    if out is not None:
        session.show({"exported": count, "file": str(out)}, f"{count} people in {out}")


def _states(connection: Any, person: Any) -> dict[str, Any]:
    from subscribers.people import subscriber_by_address

    found = subscriber_by_address(connection, person)
    return {
        "address": found.email,
        "lists": [{"slug": s.list_slug, "state": s.state} for s in found.subscriptions],
    }


def full(person: Subscriber) -> dict[str, Any]:
    """
    The shape of `subscriber show --json`.
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

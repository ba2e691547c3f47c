"""
`newsletter subscriber list`: find people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.listing import DEFAULT_ROWS, listing, most_rows, shortened
from newsletter.cli.options import Fields, Option, Text, with_options
from newsletter.cli.people.bulk.filter_options import FILTER, PANEL, filter_from
from newsletter.cli.people.formats.person import full, state_of
from newsletter.cli.people.subscriber_pending import show_pending
from newsletter.cli.session import session_of

if TYPE_CHECKING:
    from newsletter.actions.people.search import FoundPerson

group = typer.Typer()

_BEGINS = Option("begins", Text, "With an address that begins with this", PANEL, "any", "TEXT")
_HEADINGS = ("address", "name", "timezone", "tags", "lists")
_NONE = "No subscribers found. Add one: newsletter subscriber add ADDRESS --list SLUG"
_NO_MATCH = "No subscribers match."


@group.command(name="list")
@with_options((*FILTER, _BEGINS), show_defaults=True)
def list_people(
    context: typer.Context,
    fields: Fields,
    after: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS", help="Start after this address", show_default="the first one"
        ),
    ] = "",
    pending: Annotated[
        bool,
        typer.Option("--pending", help="Show only people who never confirmed, with their sign-up"),
    ] = False,
    most: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Show at most N people", show_default=DEFAULT_ROWS),
    ] = None,
    count: Annotated[bool, typer.Option("--count", help="Show only how many there are")] = False,
) -> None:
    """
    List people, sorted by address: everybody, or those whom all given options describe.

    Examples:
        newsletter subscriber list --list daily --state active --tag press
        newsletter subscriber list --text hansen --count
        newsletter subscriber list --pending
    """
    from newsletter.actions.people import search
    from newsletter.actions.people.pending import pending as waiting

    session = session_of(context)
    limit = most_rows(session, most)
    if pending:
        if count:
            raise typer.BadParameter("--count does not go with --pending: use --state pending")
        if rest := sorted(fields.keys() - {"list_slug"}):
            option = f"--{rest[0].replace('_', '-')}"
            raise typer.BadParameter(f"--pending goes with --list, --after and --most: no {option}")
        slug = fields.get("list_slug")
        with session.app() as app:
            show_pending(
                session, waiting(app, list_slug=slug, after=after, limit=limit, by=session.actor)
            )
        return
    which = filter_from(fields)
    with session.app() as app:
        if count:
            found = search.count(app, which, by=session.actor)
            session.show({"people": found}, f"{found:,}")
            return
        # One more tells whether there are more.
        asked = None if limit is None else limit + 1
        parts = search.find(app, which, after=after, limit=asked, by=session.actor)
        seen, last = 0, ""
        empty = _NO_MATCH if fields or after else _NONE
        with listing(session, _HEADINGS, empty=empty) as shown:
            for part in parts:
                page = part if limit is None else part[: limit - seen]
                shown.add([(_as_json(each), _row(each)) for each in page])
                last = page[-1].person.email or "" if page else last
                seen += len(part)
    if limit is not None and seen > limit:
        session.say(f"there are more: see them with --after {last} or --most N")


def _as_json(found: FoundPerson) -> dict[str, Any]:
    return full(found.person, found.values, found.tags)


def _row(found: FoundPerson) -> tuple[str, ...]:
    person = found.person
    return (
        person.email or "",
        shortened(person.name),
        person.timezone or "",
        ", ".join(found.tags),
        ", ".join(f"{s.list_slug}: {state_of(person, s)}" for s in person.subscriptions),
    )

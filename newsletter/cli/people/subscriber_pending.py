"""
`newsletter subscriber drop`: people who never confirmed, in bulk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import Session, Yes, session_of, table
from newsletter.model.access import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from subscribers.signup.model import PendingPerson

group = typer.Typer()


@group.command()
def drop(
    context: typer.Context,
    pending: Annotated[bool, typer.Option("--pending", help="Drop people who never confirmed")],
    older_than: Annotated[
        str, typer.Option(metavar="DURATION", help="Drop those who have waited longer than this")
    ],
    list_slug: Annotated[
        str | None,
        typer.Option("--list", metavar="SLUG", help="Mailing list", show_default="all"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count them, and drop nobody")] = False,
    yes: Yes = False,
) -> None:
    """
    Drop people who never confirmed that they want to be on a list. Those who were on no other list
    are forgotten.

    Example:
        newsletter subscriber drop --pending --older-than 30d --list daily
    """
    from newsletter.actions import pending as actions
    from newsletter.model.duration import parse_duration

    if not pending:
        raise typer.BadParameter("only pending people can be dropped: add --pending")
    session = session_of(context)
    with session.app() as app:
        age = parse_duration(older_than)
        count = actions.count_to_drop(app, older_than=age, list_slug=list_slug)
        dropped = 0
        if not dry_run and count:
            if not session.confirm(f"Drop {_people(count)}?", yes=yes):
                session.refuse("nobody was dropped: you answered no")
            dropped = actions.drop(app, older_than=age, list_slug=list_slug, by=OPERATOR)
    words = f"{_people(count)} would be dropped" if dry_run else f"dropped {_people(dropped)}"
    session.show({"pending": count, "dropped": dropped}, words)


def _people(count: int) -> str:
    return "1 pending subscription" if count == 1 else f"{count} pending subscriptions"


def show_pending(session: Session, people: Sequence[PendingPerson]) -> None:
    """
    Print people who never confirmed, with what is known about their sign-up.
    """
    rows = [
        (
            p.address,
            p.list_slug,
            f"{p.since:%Y-%m-%d}",
            p.form or "not asked",
            str(p.requests),
            f"{p.requested_at:%Y-%m-%d}" if p.requested_at else "",
            "; ".join(p.warnings),
        )
        for p in people
    ]
    headings = ("address", "list", "since", "form", "asked", "last", "warnings")
    none = "Nobody is pending."
    session.show([_as_json(p) for p in people], table(rows, headings, empty=none))


def _as_json(person: PendingPerson) -> dict[str, Any]:
    times = {
        name: value.isoformat() if value else None
        for name, value in (
            ("since", person.since),
            ("requested_at", person.requested_at),
            ("expires_at", person.expires_at),
            ("reminded_at", person.reminded_at),
        )
    }
    return {
        "address": person.address,
        "name": person.name,
        "list": person.list_slug,
        "form": person.form,
        "requests": person.requests,
        **times,
        "warnings": list(person.warnings),
    }

"""
`newsletter subscriber drop` and `resend-confirmation`: people who never confirmed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.format_values import format_people
from newsletter.cli.session import Session, Yes, session_of, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.actions.people.asking import Asked
    from subscribers.signup.model import PendingPerson

group = typer.Typer()

_WARNINGS = {"disposable": "throw-away address", "no_mail": "domain takes no email"}


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
    from newsletter.actions.people import pending as actions
    from newsletter.model.duration import parse_duration

    if not pending:
        raise typer.BadParameter("only pending people can be dropped: add --pending")
    session = session_of(context)
    with session.app() as app:
        age = parse_duration(older_than)
        count = actions.count_to_drop(app, older_than=age, list_slug=list_slug, by=session.actor)
        dropped = 0
        if not dry_run and count:
            session.require_yes(f"Drop {_people(count)}?", yes=yes, otherwise="nobody was dropped")
            dropped = actions.drop(app, older_than=age, list_slug=list_slug, by=session.actor)
    words = f"{_people(count)} would be dropped" if dry_run else f"dropped {_people(dropped)}"
    session.show({"pending": count, "dropped": dropped}, words)


@group.command()
def resend_confirmation(
    context: typer.Context,
    address: Annotated[
        str | None,
        typer.Argument(metavar="ADDRESS", help="Email address", show_default="all of the list"),
    ] = None,
    list_slug: Annotated[
        str | None,
        typer.Option(
            "--list", metavar="SLUG", help="Mailing list", show_default="all of the person"
        ),
    ] = None,
    most: Annotated[int, typer.Option(metavar="N", min=1, help="Ask at most N people")] = 100,
    yes: Yes = False,
) -> None:
    """
    Send the email with the button to confirm again. Nobody gets it twice in 24 hours, or more than
    three times.

    Examples:
        newsletter subscriber resend-confirmation ada@example.org
        newsletter subscriber resend-confirmation --list daily --most 500
    """
    from newsletter.actions.people import asking

    session = session_of(context)
    if address is None and list_slug is None:
        raise typer.BadParameter("say whom to ask: ADDRESS or --list SLUG")
    with session.app() as app:
        if address is not None:
            show_asked(session, asking.resend_to_address(app, address, list_slug, by=session.actor))
            return
        question = f"Ask up to {format_people(most)} on list {list_slug} again?"
        session.require_yes(question, yes=yes, otherwise="nobody was asked")
        assert list_slug is not None
        show_asked(session, asking.resend_to_list(app, list_slug, most=most, by=session.actor))


def show_asked(session: Session, done: Asked) -> None:
    """
    Print how many people were asked to confirm.
    """
    value = {"asked": done.asked, "left": done.left}
    session.show(value, f"{_asked(done)}; {_left(done)}" if done.left else _asked(done))


def _asked(done: Asked) -> str:
    return f"asked {format_people(done.asked)} to confirm"


def _left(done: Asked) -> str:
    return f"{format_people(done.left)} {'is' if done.left == 1 else 'are'} left to ask"


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
            "; ".join(_WARNINGS.get(warning, warning) for warning in p.warnings),
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

"""
`newsletter list`: mailing lists, and who sends to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.format_values import format_values
from newsletter.cli.session import Session, session_of, table
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.actions.lists import ListDetails

group = typer.Typer()

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="Slug of the list")]
OptInWord = Annotated[
    str | None,
    typer.Option(
        "--opt-in",
        metavar="double|single",
        help="Whether new readers confirm their address first (double) or not (single)",
        show_default="double",
    ),
]
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="SENDER",
        help="Sender of its emails, as 'Name <address>'",
        show_default="as in the settings",
    ),
]
ReplyTo = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Address that readers' replies go to",
        show_default="as in the settings",
    ),
]
Language = Annotated[
    str | None,
    typer.Option(
        metavar="LANGUAGE",
        help="Language tag: en, fr, pt-BR",
        show_default="the site's",
    ),
]
Description = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="One line that tells readers what the list is about",
        show_default="none",
    ),
]
NeedsApproval = Annotated[
    bool | None,
    typer.Option(
        "--approval/--no-approval",
        help="Issues are sent only after a person has approved them",
        show_default="--no-approval",
    ),
]

Quiet = Annotated[
    str | None,
    typer.Option(
        metavar="HOURS",
        help="Send no issue in these hours: 22:00-07:00",
        show_default="none",
    ),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        metavar="ZONE", help="Time zone of the quiet hours, such as Europe/Oslo", show_default="UTC"
    ),
]


@group.command()
def add(
    context: typer.Context,
    slug: Annotated[
        str,
        typer.Argument(
            metavar="SLUG", help="Short name, used in URLs: lower-case letters, digits and -"
        ),
    ],
    name: Annotated[str, typer.Option(metavar="NAME", help="Name that readers see")],
    opt_in: OptInWord = None,
    sender: From = None,
    reply_to: ReplyTo = None,
    language: Language = None,
    description: Description = None,
    needs_approval: NeedsApproval = None,
    quiet: Quiet = None,
    timezone: Timezone = None,
) -> None:
    """
    Add a mailing list.

    Example:
        newsletter list add daily --name "The Daily Brief" \\
            --from "Desk <desk@example.org>"
    """
    from newsletter.actions import lists

    values = lists.ListValues(
        description=description,
        opt_in=opt_in,
        language=language,
        sender=sender,
        reply_to=reply_to,
        needs_approval=needs_approval,
        quiet=quiet,
        timezone=timezone,
    )
    session = session_of(context)
    with session.app() as app:
        made = lists.add(app, slug, name, values)
    session.show(_as_json(made), f"added list {slug}: {name}")


@group.command()
def edit(
    context: typer.Context,
    slug: Slug,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name that readers see")] = None,
    new_slug: Annotated[
        str | None,
        typer.Option("--slug", metavar="SLUG", help="New slug; it is part of the List-Id"),
    ] = None,
    opt_in: OptInWord = None,
    sender: From = None,
    reply_to: ReplyTo = None,
    language: Language = None,
    description: Description = None,
    needs_approval: NeedsApproval = None,
    quiet: Quiet = None,
    timezone: Timezone = None,
) -> None:
    """
    Change a mailing list. What you leave out stays unchanged; --quiet "" removes the quiet hours.

    Example:
        newsletter list edit daily --approval
    """
    from newsletter.actions import lists

    values = lists.ListValues(
        slug=new_slug,
        name=name,
        description=description,
        opt_in=opt_in,
        language=language,
        sender=sender,
        reply_to=reply_to,
        needs_approval=needs_approval,
        quiet=quiet,
        timezone=timezone,
    )
    if values == lists.ListValues():
        raise Refused("nothing to change: give an option, such as --name NAME")
    session = session_of(context)
    with session.app() as app:
        changed = lists.edit(app, slug, values)
        now = changed.mailing_list.slug
        if quiet is not None or timezone is not None:
            _say_who_waits(session, lists.issues_in_quiet_hours(app, now))
    words = f"changed list {slug}" if now == slug else f"changed list {slug}, now {now}"
    session.show(_as_json(changed), words)


def _say_who_waits(session: Session, waiting: Sequence[int]) -> None:
    for number in waiting:
        session.say(
            f"issue {number} still waits for the quiet hours that applied when it was sent; to end "
            f"that: `newsletter issue send {number} --ignore-quiet`"
        )


@group.command()
def remove(context: typer.Context, slug: Slug) -> None:
    """
    Remove a mailing list that nobody was ever on.

    Example:
        newsletter list remove daly
    """
    from newsletter.actions import lists

    session = session_of(context)
    with session.app() as app:
        removed = lists.remove(app, slug)
    session.show({"slug": removed.slug, "name": removed.name}, f"removed list {slug}")


@group.command(name="list")
def list_lists(context: typer.Context) -> None:
    """
    List the mailing lists, with the number of readers on each.

    Example:
        newsletter list list
    """
    from newsletter.actions import lists

    session = session_of(context)
    with session.app() as app:
        counted = lists.all_with_counts(app)
    found = [
        {
            **_as_json(details),
            "active": counts.active,
            "pending": counts.pending,
            "suppressed": counts.suppressed,
            "ended": counts.ended,
        }
        for details, counts in counted
    ]
    columns = ("slug", "name", "active", "pending", "suppressed", "ended")
    none = "No mailing lists yet. Add one: newsletter list add SLUG --name NAME"
    rows = [[row[name] for name in columns] for row in found]
    session.show(found, table(rows, columns, empty=none))


@group.command()
def show(context: typer.Context, slug: Slug) -> None:
    """
    Show all settings of one list.

    Example:
        newsletter list show daily
    """
    from newsletter.actions import lists

    session = session_of(context)
    with session.app() as app:
        value = _as_json(lists.show(app, slug))
    words = {**value, "from": value["from"] or "as in the settings"}
    words["reply_to"] = value["reply_to"] or "as in the settings"
    session.show(value, format_values(words))


def _as_json(details: ListDetails) -> dict[str, Any]:
    mailing_list, settings = details.mailing_list, details.settings
    sender = settings.sender
    return {
        "slug": mailing_list.slug,
        "name": mailing_list.name,
        "description": mailing_list.description,
        "opt_in": mailing_list.opt_in,
        "visibility": mailing_list.visibility,
        "language": mailing_list.language,
        "from": f"{sender.name} <{sender.address}>" if sender else None,
        "reply_to": settings.reply_to,
        "needs_approval": settings.needs_approval,
        "quiet": str(settings.quiet) if settings.quiet else None,
        "timezone": settings.timezone,
    }

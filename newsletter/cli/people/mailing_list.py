"""
`newsletter list`: mailing lists, and who sends to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of, table

if TYPE_CHECKING:
    from newsletter.actions.lists import ListDetails

group = typer.Typer()

Name = Annotated[str | None, typer.Option(help="What readers see.")]
OptInWord = Annotated[str | None, typer.Option("--opt-in", help="double or single.")]
From = Annotated[str | None, typer.Option("--from", help="'Name <address>' its mails come from.")]
ReplyTo = Annotated[str | None, typer.Option(help="Where answers go.")]
Language = Annotated[str | None, typer.Option(help="en, fr, ...")]
Description = Annotated[str | None, typer.Option(help="One line for readers.")]
NeedsApproval = Annotated[
    bool | None, typer.Option("--approval/--no-approval", help="A person must approve issues.")
]


@group.command()
def add(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(help="Its name in addresses: letters, digits, -.")],
    name: Annotated[str, typer.Option(help="What readers see.")],
    opt_in: OptInWord = None,
    sender: From = None,
    reply_to: ReplyTo = None,
    language: Language = None,
    description: Description = None,
    needs_approval: NeedsApproval = None,
) -> None:
    """
    Add a mailing list.

    Example: newsletter list add daily --name "The Daily Brief" --from "Desk <desk@example.org>"
    """
    from newsletter.actions import lists

    values = lists.ListValues(
        description=description,
        opt_in=opt_in,
        language=language,
        sender=sender,
        reply_to=reply_to,
        needs_approval=needs_approval,
    )
    session = session_of(context)
    with session.app() as app:
        made = lists.add(app, slug, name, values)
    session.show(_as_json(made), f"added list {slug}: {name}")


@group.command()
def edit(
    context: typer.Context,
    slug: Annotated[str, typer.Argument()],
    name: Name = None,
    opt_in: OptInWord = None,
    sender: From = None,
    reply_to: ReplyTo = None,
    language: Language = None,
    description: Description = None,
    needs_approval: NeedsApproval = None,
) -> None:
    """
    Change a mailing list; what is not named stays.

    Example: newsletter list edit daily --approval
    """
    from newsletter.actions import lists

    values = lists.ListValues(
        name=name,
        description=description,
        opt_in=opt_in,
        language=language,
        sender=sender,
        reply_to=reply_to,
        needs_approval=needs_approval,
    )
    session = session_of(context)
    with session.app() as app:
        changed = lists.edit(app, slug, values)
    session.show(_as_json(changed), f"changed list {slug}")


@group.command(name="list")
def list_lists(context: typer.Context) -> None:
    """
    Every list with its readers.

    Example: newsletter list list
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
            "ended": counts.ended,
        }
        for details, counts in counted
    ]
    columns = ("slug", "name", "active", "pending", "ended")
    session.show(found, table([[row[name] for name in columns] for row in found], columns))


@group.command()
def show(context: typer.Context, slug: Annotated[str, typer.Argument()]) -> None:
    """
    One list, with what publishing adds to it.

    Example: newsletter list show daily
    """
    from newsletter.actions import lists

    session = session_of(context)
    with session.app() as app:
        value = _as_json(lists.show(app, slug))
    session.show(value, "\n".join(f"{name}: {what}" for name, what in value.items()))


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
    }

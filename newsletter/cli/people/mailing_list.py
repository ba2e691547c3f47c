"""
`newsletter list`: mailing lists, and who sends to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of, table

if TYPE_CHECKING:
    import sqlalchemy as sa

    from subscribers.model import MailingList

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
    from subscribers.lists import add_list

    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        made = add_list(
            connection,
            slug,
            name=name,
            now=app.clock(),
            description=description or "",
            opt_in=opt_in_from(opt_in or "double"),
            language=language or app.settings.site.language,
        )
        publish(connection, made, sender, reply_to, needs_approval=needs_approval)
        value = _as_json(connection, made)
    session.show(value, f"added list {slug}: {name}")


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
    from subscribers.lists import edit_list

    session = session_of(context)
    with session.app() as app, app.database.write() as connection:
        changed = edit_list(
            connection,
            slug,
            name=name,
            description=description,
            opt_in=opt_in_from(opt_in) if opt_in else None,
            language=language,
        )
        publish(connection, changed, sender, reply_to, needs_approval=needs_approval)
        value = _as_json(connection, changed)
    session.show(value, f"changed list {slug}")


@group.command(name="list")
def list_lists(context: typer.Context) -> None:
    """
    Every list with its readers.

    Example: newsletter list list
    """
    from subscribers.lists import all_lists

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        found = [
            {
                **_as_json(connection, counts.mailing_list),
                "active": counts.active,
                "pending": counts.pending,
                "ended": counts.ended,
            }
            for counts in all_lists(connection)
        ]
    columns = ("slug", "name", "active", "pending", "ended")
    session.show(found, table([[row[name] for name in columns] for row in found], columns))


@group.command()
def show(context: typer.Context, slug: Annotated[str, typer.Argument()]) -> None:
    """
    One list, with what publishing adds to it.

    Example: newsletter list show daily
    """
    from subscribers.lists import find_list

    session = session_of(context)
    with session.app() as app, app.database.read() as connection:
        value = _as_json(connection, find_list(connection, slug))
    session.show(value, "\n".join(f"{name}: {what}" for name, what in value.items()))


def opt_in_from(word: str) -> Any:
    """
    How a list is joined, by its *word*.

    Raises:
        typer.BadParameter: it is none of the two.
    """
    from subscribers.model import OptIn

    if word not in list(OptIn):
        raise typer.BadParameter(f"{word}: write double or single")
    return OptIn(word)


def publish(
    connection: sa.Connection,
    mailing_list: MailingList,
    sender: str | None,
    reply_to: str | None,
    *,
    needs_approval: bool | None,
) -> None:
    """
    Sets what publishing adds to a list; None leaves a value as it is.
    """
    from dataclasses import replace

    from newsletter.store.issues.list_settings import list_settings, set_list_settings

    own = list_settings(connection, mailing_list.id)
    if sender is not None:
        own = replace(own, sender=sender_from(sender))
    if reply_to is not None:
        own = replace(own, reply_to=_checked(reply_to))
    if needs_approval is not None:
        own = replace(own, needs_approval=needs_approval)
    set_list_settings(connection, mailing_list.id, own)


def sender_from(text: str) -> Any:
    """
    `Name <address>` or an address, as a sender.

    Raises:
        InvalidAddress: there is no address in it mail can be sent from.
        InvalidText: the name is more than a line.
    """
    from newsletter.model.mail import Sender
    from subscribers.validation.text_fields import one_line

    name, opened, address = text.strip().removesuffix(">").rpartition("<")
    name = one_line(name.strip(" ").strip('"'), "sender's name")
    return Sender(name, _checked(address if opened else text))


def _checked(address: str) -> str:
    from subscribers.validation.address import parse_address

    return parse_address(address).email


def _as_json(connection: sa.Connection, mailing_list: MailingList) -> dict[str, Any]:
    from newsletter.store.issues.list_settings import list_settings

    own = list_settings(connection, mailing_list.id)
    return {
        "slug": mailing_list.slug,
        "name": mailing_list.name,
        "description": mailing_list.description,
        "opt_in": mailing_list.opt_in,
        "visibility": mailing_list.visibility,
        "language": mailing_list.language,
        "from": f"{own.sender.name} <{own.sender.address}>" if own.sender else None,
        "reply_to": own.reply_to,
        "needs_approval": own.needs_approval,
    }

"""
`newsletter tag`: the tags that people can have.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.format_values import format_people
from newsletter.cli.people.bulk.acts import BulkCommand, ask
from newsletter.cli.progress import progress
from newsletter.cli.session import Yes, session_of, table

group = typer.Typer()

Tag = Annotated[str, typer.Argument(metavar="TAG", help="Name of the tag")]


@group.command(name="list")
def list_tags(context: typer.Context) -> None:
    """
    List the tags, with the number of people who have each.

    Example:
        newsletter tag list
    """
    from newsletter.actions.people import tags

    session = session_of(context)
    with session.app() as app:
        found = tags.count_all(app, by=session.actor)
    none = "No tags yet. Add one: newsletter subscriber tag ADDRESS --add TAG"
    words = table(list(found.items()), ("tag", "people"), empty=none)
    session.show([{"tag": name, "people": people} for name, people in found.items()], words)


@group.command()
def rename(
    context: typer.Context,
    tag: Tag,
    new_name: Annotated[str, typer.Argument(metavar="NEW", help="Its new name")],
) -> None:
    """
    Rename a tag. Whoever has it keeps it, and segments name it as it is called now.

    Example:
        newsletter tag rename press media
    """
    from newsletter.actions.people import tags

    session = session_of(context)
    with session.app() as app:
        ((name, people),) = tags.rename(app, tag, new_name, by=session.actor).items()
    session.show({"tag": name, "people": people}, f"renamed tag {tag} to {name}")


@group.command()
def remove(context: typer.Context, tag: Tag, yes: Yes = False) -> None:
    """
    Remove a tag, and take it from everybody who has it.

    Example:
        newsletter tag remove press --yes
    """
    from newsletter.actions.people import tags

    session = session_of(context)
    command = BulkCommand(
        verb="Take the tag from", doing="taking the tag", ending=f"and remove {tag}"
    )
    with session.app() as app:
        if count := tags.count_people(app, tag, by=session.actor):
            ask(session, command, count, yes=yes)
        with progress("taking the tag, people") as report:
            taken = tags.remove(app, tag, by=session.actor, progress=report)
    words = f"removed tag {tag}, which {format_people(taken) if taken else 'nobody'} had"
    session.show({"tag": tag, "people": taken}, words)

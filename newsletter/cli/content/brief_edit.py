"""
`newsletter brief edit`, `hold`, `free`, `pin` and `unpin`: what a person decides about a brief.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.content.brief import for_people, standing
from newsletter.cli.session import session_of

if TYPE_CHECKING:
    from newsletter.store.content.briefs import StoredBrief

group = typer.Typer()

Number = Annotated[int, typer.Argument(help="The brief's number.")]


@group.command()
def edit(
    context: typer.Context,
    brief_id: Number,
    title: Annotated[str | None, typer.Option(help="Its headline.")] = None,
    series: Annotated[str | None, typer.Option(help="The name before the headline.")] = None,
    takeaway: Annotated[
        list[str] | None, typer.Option(help="All its takeaways from now on; repeatable.")
    ] = None,
    caption: Annotated[str | None, typer.Option(help="Under its picture.")] = None,
    credit: Annotated[str | None, typer.Option(help="Whose picture it is.")] = None,
    image: Annotated[str | None, typer.Option(help="The picture's address.")] = None,
    image_alt: Annotated[str | None, typer.Option(help="What the picture shows.")] = None,
    date: Annotated[str | None, typer.Option(help="Its day, such as 2026-11-24.")] = None,
    url: Annotated[str | None, typer.Option(help="Where its button leads.")] = None,
    language: Annotated[str | None, typer.Option(help="en, fr, pt-BR, ...")] = None,
    reset: Annotated[
        list[str] | None,
        typer.Option(help="Give this field back to the source, or all; repeatable."),
    ] = None,
) -> None:
    """
    Change a stored brief; what is not named stays, and an empty text takes a field away. What you
    set lasts, whatever its source changes, until --reset.

    Example: newsletter brief edit 12 --title "The Quieter Quay"
    """
    from newsletter.actions import briefs
    from newsletter.errors import Refused

    words = {
        "title": title,
        "series": series,
        "takeaway": takeaway or None,
        "caption": caption,
        "credit": credit,
        "image": image,
        "image-alt": image_alt,
        "date": date,
        "url": url,
        "language": language,
    }
    values = {name: value for name, value in words.items() if value is not None}
    if not values and not reset:
        raise Refused("nothing to change: name a field, such as --title, or --reset")
    session = session_of(context)
    with session.app() as app:
        changed = briefs.edit(app, brief_id, values=values, reset=reset or ())
    stored = changed.stored
    session.show(stored.as_json(), for_people(changed.brief, edited=stored.edited))


@group.command()
def hold(
    context: typer.Context,
    brief_id: Number,
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later.")] = "",
) -> None:
    """
    Keep a brief out of every schedule's issues until `newsletter brief free`.

    Example: newsletter brief hold 12 --reason "waits for the lawyers"
    """
    from newsletter.actions import briefs

    session = session_of(context)
    with session.app() as app:
        held, drafts = briefs.hold(app, brief_id, reason=reason)
    hint = "".join(f"; it stays in draft {n}: see `newsletter issue edit {n}`" for n in drafts)
    session.show(held.as_json(), f"{brief_id} is {standing(held)}{hint}")


@group.command()
def free(context: typer.Context, brief_id: Number) -> None:
    """
    Let a held or recorded brief into issues after all.

    Example: newsletter brief free 12
    """
    from newsletter.actions import briefs

    session = session_of(context)
    with session.app() as app:
        freed = briefs.free(app, brief_id).stored
    session.show(freed.as_json(), f"{brief_id} is {standing(freed)}")


@group.command()
def pin(context: typer.Context, brief_id: Number) -> None:
    """
    Let a brief lead the next issue that takes it. A pin holds for one issue.

    Example: newsletter brief pin 12
    """
    found = _set_pinned(context, brief_id, pinned=True)
    hint = "" if found.status in ("new", "used") else f": `newsletter brief free {brief_id}` first"
    session_of(context).show(found.as_json(), f"{brief_id} is {standing(found)}{hint}")


@group.command()
def unpin(context: typer.Context, brief_id: Number) -> None:
    """
    Take a pin off again.

    Example: newsletter brief unpin 12
    """
    found = _set_pinned(context, brief_id, pinned=False)
    session_of(context).show(found.as_json(), f"{brief_id} is {standing(found)}")


def _set_pinned(context: typer.Context, brief_id: int, *, pinned: bool) -> StoredBrief:
    from newsletter.actions import briefs

    with session_of(context).app() as app:
        return briefs.set_pinned(app, brief_id, pinned=pinned)

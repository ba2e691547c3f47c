"""
`newsletter brief edit`, `hold`, `free`, `pin` and `unpin`: what a person decides about a brief.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.content.brief import for_people, standing
from newsletter.cli.session import session_of

if TYPE_CHECKING:
    import sqlalchemy as sa

    from newsletter.app import App
    from newsletter.model.brief import Brief
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
    told = {name: value for name, value in words.items() if value is not None}
    if not told and not reset:
        raise Refused("nothing to change: name a field, such as --title, or --reset")
    session = session_of(context)
    with session.app() as app:
        found = _changed(app, brief_id, told, reset or ())
    (looked_at,) = _with_pictures_measured(context, found)
    session.show(found.as_json(), for_people(looked_at, edited=found.edited))


def _changed(
    app: App, brief_id: int, told: Mapping[str, str | list[str]], reset: Sequence[str]
) -> StoredBrief:
    """
    The brief as it is kept from now on: what is *told* of its fields set, those of *reset* given
    back to its source first.
    """
    from newsletter.ingest.brief_edits import edited_brief, fields_of
    from newsletter.store.content.briefs import load_brief
    from newsletter.store.content.edits import edit_brief, reset_brief

    with app.database.write() as connection:
        load_brief(connection, brief_id)
        if reset:
            reset_brief(connection, brief_id, fields_of(reset), now=app.clock())
        if told:
            edited = edited_brief(load_brief(connection, brief_id).brief, told)
            edit_brief(connection, brief_id, edited, now=app.clock())
        return load_brief(connection, brief_id)


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
    from newsletter.model.issue import EDITABLE
    from newsletter.store.content.briefs import hold_brief
    from newsletter.store.issues.corrections import issues_with
    from subscribers.validation.text_fields import one_line

    why = one_line(reason, "reason")

    def held(connection: sa.Connection) -> None:
        hold_brief(connection, brief_id, reason=why)
        drafts.extend(
            number for number, state in issues_with(connection, brief_id) if state in EDITABLE
        )

    drafts: list[int] = []
    found = _decided(context, brief_id, held)
    hint = "".join(f"; it stays in draft {n}: see `newsletter issue edit {n}`" for n in drafts)
    session_of(context).show(found.as_json(), f"{brief_id} is {standing(found)}{hint}")


@group.command()
def free(context: typer.Context, brief_id: Number) -> None:
    """
    Let a held or recorded brief into issues after all.

    Example: newsletter brief free 12
    """
    from newsletter.store.content.briefs import release_brief

    found = _decided(context, brief_id, lambda connection: release_brief(connection, brief_id))
    _with_pictures_measured(context, found)
    session_of(context).show(found.as_json(), f"{brief_id} is {standing(found)}")


@group.command()
def pin(context: typer.Context, brief_id: Number) -> None:
    """
    Let a brief lead the next issue that takes it. A pin holds for one issue.

    Example: newsletter brief pin 12
    """
    from newsletter.store.content.briefs import set_pinned

    found = _decided(context, brief_id, lambda c: set_pinned(c, brief_id, pinned=True))
    hint = "" if found.status in ("new", "used") else f": `newsletter brief free {brief_id}` first"
    session_of(context).show(found.as_json(), f"{brief_id} is {standing(found)}{hint}")


@group.command()
def unpin(context: typer.Context, brief_id: Number) -> None:
    """
    Take a pin off again.

    Example: newsletter brief unpin 12
    """
    from newsletter.store.content.briefs import set_pinned

    found = _decided(context, brief_id, lambda c: set_pinned(c, brief_id, pinned=False))
    session_of(context).show(found.as_json(), f"{brief_id} is {standing(found)}")


def _with_pictures_measured(context: typer.Context, found: StoredBrief) -> list[Brief]:
    """
    The brief as it is told to a person, its pictures on the web looked at by now.
    """
    from newsletter.ingest.images.measure import with_measured

    with session_of(context).app() as app:
        return with_measured(app.illustrator, [found.brief], location="")


def _decided(
    context: typer.Context, brief_id: int, decide: Callable[[sa.Connection], None]
) -> StoredBrief:
    """
    The brief, which must be there, after *decide* did its part in the same transaction.
    """
    from newsletter.store.content.briefs import load_brief

    with session_of(context).app() as app, app.database.write() as connection:
        load_brief(connection, brief_id)
        decide(connection)
        return load_brief(connection, brief_id)

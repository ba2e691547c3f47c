"""
`newsletter brief edit`, `hold`, `free`, `join`, `pin` and `unpin`: decisions about stored briefs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.content.brief import Number, for_people, standing
from newsletter.cli.session import session_of

if TYPE_CHECKING:
    from newsletter.store.content.briefs import StoredBrief

group = typer.Typer()


@group.command()
def edit(
    context: typer.Context,
    brief_id: Number,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Headline")] = None,
    series: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Name of the series, before the headline")
    ] = None,
    takeaway: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="A takeaway; those given replace all the present ones"),
    ] = None,
    caption: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Caption of the image")
    ] = None,
    credit: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Credit line of the image")
    ] = None,
    image: Annotated[str | None, typer.Option(metavar="URL", help="Address of the image")] = None,
    image_alt: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Text for readers who cannot see the image")
    ] = None,
    date: Annotated[
        str | None, typer.Option(metavar="DATE", help="Date, such as 2026-11-24")
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Page that the button leads to")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="LANGUAGE", help="Language tag: en, fr, pt-BR")
    ] = None,
    body: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The text itself, in Markdown")
    ] = None,
    body_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File with the text; - reads standard input"),
    ] = None,
    reset: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="Field to take from the source again, or `all`"),
    ] = None,
) -> None:
    """
    Change fields of a stored brief. Fields that you leave out stay unchanged; an empty text removes
    a field.

    Your values are kept when the source changes, until you use --reset.

    Example:
        newsletter brief edit 12 --title "The Quieter Quay"
        newsletter brief edit 12 --body-file quay.md
        newsletter brief edit 12 --reset title --reset body
    """
    from newsletter.actions.content import briefs
    from newsletter.cli.issues.intro import read_intro
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
        "body": read_intro(body, body_file, option="--body"),
    }
    values = {name: value for name, value in words.items() if value is not None}
    if not values and not reset:
        raise Refused("nothing to change: give a field, such as --title TEXT, or --reset FIELD")
    session = session_of(context)
    with session.app() as app:
        stored = briefs.edit(app, brief_id, values=values, reset=reset or (), by=session.actor)
        brief = briefs.measured(app, stored, by=session.actor)
    session.show(stored.as_json(), for_people(brief, edited=stored.edited))


@group.command()
def hold(
    context: typer.Context,
    brief_id: Number,
    reason: Annotated[
        str,
        typer.Option(metavar="TEXT", help="Reason, kept with the brief", show_default="none"),
    ] = "",
) -> None:
    """
    Hold a brief back: no schedule uses it until `newsletter brief free`.

    Example:
        newsletter brief hold 12 --reason "waiting for legal"
    """
    from newsletter.actions.content import briefs

    session = session_of(context)
    with session.app() as app:
        held, drafts = briefs.hold(app, brief_id, reason=reason, by=session.actor)
    hint = "".join(
        f"; it stays in draft {n}, which cannot be sent with it: to remove it, "
        f"`newsletter issue edit {n} --brief ...`"
        for n in drafts
    )
    session.show(held.as_json(), f"brief {brief_id}: {standing(held)}{hint}")


@group.command()
def free(context: typer.Context, brief_id: Number) -> None:
    """
    Allow a held or recorded brief in issues.

    Example:
        newsletter brief free 12
    """
    from newsletter.actions.content import briefs

    session = session_of(context)
    with session.app() as app:
        freed = briefs.free(app, brief_id, by=session.actor)
        briefs.measured(app, freed, by=session.actor)
    session.show(freed.as_json(), f"brief {brief_id}: {standing(freed)}")


@group.command()
def join(
    context: typer.Context,
    brief_id: Annotated[int, typer.Argument(metavar="BRIEF", help="Number of the brief to keep")],
    other: Annotated[
        int, typer.Argument(metavar="OTHER", help="Number of the brief that is the same news")
    ],
) -> None:
    """
    Join two briefs that are the same piece of news. Later versions of either update the first one;
    the other is held, and no schedule takes it.

    Example:
        newsletter brief join 12 13
    """
    from newsletter.actions.content import briefs

    session = session_of(context)
    with session.app() as app:
        kept = briefs.join(app, brief_id, other=other, by=session.actor)
    session.show(kept.as_json(), f"brief {brief_id}: joined with brief {other}, which is held")


@group.command()
def pin(context: typer.Context, brief_id: Number) -> None:
    """
    Put a brief first in the next issue that includes it. The pin counts for one issue.

    Example:
        newsletter brief pin 12
    """
    found = _set_pinned(context, brief_id, pinned=True)
    hint = (
        ""
        if found.status in ("new", "used")
        else f"; no schedule uses it before `newsletter brief free {brief_id}`"
    )
    session_of(context).show(found.as_json(), f"brief {brief_id}: {standing(found)}{hint}")


@group.command()
def unpin(context: typer.Context, brief_id: Number) -> None:
    """
    Remove the pin of a brief.

    Example:
        newsletter brief unpin 12
    """
    found = _set_pinned(context, brief_id, pinned=False)
    session_of(context).show(found.as_json(), f"brief {brief_id}: {standing(found)}")


def _set_pinned(context: typer.Context, brief_id: int, *, pinned: bool) -> StoredBrief:
    from newsletter.actions.content import briefs

    session = session_of(context)
    with session.app() as app:
        return briefs.set_pinned(app, brief_id, pinned=pinned, by=session.actor)

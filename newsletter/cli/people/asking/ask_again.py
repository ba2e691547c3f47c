"""
`newsletter list ask-again`: ask the people of a list whether they still want it, in a run that
`newsletter serve` works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.format_values import format_people
from newsletter.cli.people.asking.show_run import show_count, show_run
from newsletter.cli.session import Session, Yes, session_of
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.app import App
    from subscribers.ask_again.model import AskTerms

group = typer.Typer()


@group.command()
def ask_again(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Mailing list")],
    per_day: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Ask at most N people in 24 hours",
            show_default="none; a run needs it",
        ),
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Ask everybody who is active on the list")
    ] = False,
    segment: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Ask those who are active on the list and in a segment",
            show_default="none",
        ),
    ] = None,
    import_id: Annotated[
        int | None,
        typer.Option(
            "--import",
            metavar="N",
            help="Ask those who are pending since an import",
            show_default="none",
        ),
    ] = None,
    days: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=365, help="Unsubscribe who has not answered in N days"
        ),
    ] = 30,
    status: Annotated[
        bool, typer.Option("--status", help="Show how far the latest run is, and start none")
    ] = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="Stop the run: nobody else is asked or unsubscribed")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count them, and ask nobody")] = False,
    yes: Yes = False,
) -> None:
    """
    Ask people of a list whether they want it, a few each day, and unsubscribe those who do not
    answer in time. It asks those who are pending and were never asked, unless you say otherwise.
    `newsletter serve` does the work.

    Examples:
        newsletter list ask-again daily --per-day 500 --yes
        newsletter list ask-again daily --all --per-day 200 --days 14 --dry-run
        newsletter list ask-again daily --status
    """
    from newsletter.actions.people import ask_again as actions

    session = session_of(context)
    chosen = [everybody, segment is not None, import_id is not None]
    if sum(chosen) > 1:
        raise typer.BadParameter("--all, --segment and --import exclude each other")
    if status and stop:
        raise typer.BadParameter("--status and --stop exclude each other")
    if (status or stop) and (any(chosen) or dry_run or per_day is not None):
        raise typer.BadParameter("--status and --stop are about the run there is: give no other")
    with session.app() as app:
        if status:
            found = actions.status(app, slug, by=session.actor)
            if found is None:
                raise Refused(f"list {slug} was never asked again: there is no run to show")
            show_run(session, slug, found)
            return
        if stop:
            session.require_yes(
                f"Stop asking the people of list {slug}?", yes=yes, otherwise="nothing was stopped"
            )
            show_run(session, slug, actions.stop(app, slug, by=session.actor))
            return
        if per_day is None:
            raise typer.BadParameter("say how many people to ask in 24 hours: --per-day N")
        terms = _terms(everybody, segment, import_id, per_day=per_day, days=days)
        _start(session, app, slug, terms, dry_run=dry_run, yes=yes)


def _start(
    session: Session, app: App, slug: str, terms: AskTerms, *, dry_run: bool, yes: bool
) -> None:
    from newsletter.actions.people import ask_again as actions

    if dry_run:
        show_count(session, slug, terms, actions.count(app, slug, terms, by=session.actor))
        return
    if not yes:
        count = actions.count(app, slug, terms, by=session.actor)
        question = (
            f"Ask {format_people(count)} of list {slug}, and unsubscribe those who do not answer "
            f"in {terms.days} days?"
        )
        if count:
            session.require_yes(question, yes=yes, otherwise="nobody was asked")
    show_run(session, slug, actions.start(app, slug, terms, by=session.actor))


def _terms(
    everybody: bool, segment: str | None, import_id: int | None, *, per_day: int, days: int
) -> AskTerms:
    from subscribers.ask_again.model import AskAudience, AskTerms

    audience = AskAudience.PENDING
    if everybody:
        audience = AskAudience.ALL
    elif segment is not None:
        audience = AskAudience.SEGMENT
    elif import_id is not None:
        audience = AskAudience.IMPORT
    return AskTerms(
        audience=audience, per_day=per_day, days=days, segment=segment, import_id=import_id
    )

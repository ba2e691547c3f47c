"""
`newsletter list embed` and `ask-again`: the sign-up form of a list for another website, and asking
imported people whether they want it.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.people.subscriber_pending import show_asked
from newsletter.cli.session import Yes, session_of
from newsletter.model.access import OPERATOR

group = typer.Typer()


@group.command()
def embed(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Mailing list")],
    script: Annotated[
        bool,
        typer.Option("--script", help="With a little script that opens the answer in a window"),
    ] = False,
) -> None:
    """
    Print the sign-up form of a public or unlisted list, to be copied into any website. It works
    without JavaScript.

    Example:
        newsletter list embed daily > form.html
    """
    from newsletter.web.signup.embed import find_snippet

    session = session_of(context)
    with session.app() as app:
        html = find_snippet(app, slug, with_script=script)
    session.show({"slug": slug, "html": html}, html.rstrip("\n"))


@group.command()
def ask_again(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Mailing list")],
    per_day: Annotated[
        int, typer.Option(metavar="N", min=1, help="Ask at most N people in 24 hours")
    ],
    yes: Yes = False,
) -> None:
    """
    Ask pending people of a list who were never asked, such as those of an import, to confirm. Run
    it each day, for example by cron, until nobody is left.

    Example:
        newsletter list ask-again daily --per-day 500 --yes
    """
    from newsletter.actions.people import asking

    session = session_of(context)
    with session.app() as app:
        if not session.confirm(f"Ask up to {per_day} people on list {slug}?", yes=yes):
            session.refuse("nobody was asked: you answered no")
        show_asked(session, asking.ask_again(app, slug, per_day=per_day, by=OPERATOR))

"""
`newsletter list embed` and `reasons`: the sign-up form of a list for another website, and why
readers left.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of, table

if TYPE_CHECKING:
    from subscribers.preferences.reasons import LeaveReasons

group = typer.Typer()

_REASONS = {
    "too_many": "too many emails",
    "content": "not what they hoped for",
    "never": "never signed up",
    "other": "something else",
}


@group.command()
def embed(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Mailing list")],
    script: Annotated[
        bool,
        typer.Option("--script", help="With a script that shows the answer in its place"),
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
def reasons(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Mailing list")],
    since: Annotated[
        dt.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DAY",
            help="Only of readers who left on this day or later",
            show_default="all",
        ),
    ] = None,
) -> None:
    """
    Show why readers left a list: how often each reason was given, and what they wrote. They are
    asked on the page where they unsubscribe, and their addresses are not shown.

    Example:
        newsletter list reasons daily --since 2026-11-01
    """
    from newsletter.actions.people import lists

    session = session_of(context)
    day = None if since is None else since.date()
    with session.app() as app:
        found = lists.reasons(app, slug, since=day, by=session.actor)
    value = {
        "list": slug,
        "since": day.isoformat() if day else None,
        "left": found.left,
        "answers": found.answers,
        "reasons": dict(found.counts),
        "comments": [
            {"day": each.day.isoformat(), "reason": each.reason, "text": each.text}
            for each in found.comments
        ],
    }
    session.show(value, "\n".join(_lines_of(found)))


def _lines_of(found: LeaveReasons) -> list[str]:
    readers = "1 reader" if found.left == 1 else f"{found.left} readers"
    lines = [f"{readers} left; {found.answers} said why"]
    if not found.answers:
        return lines
    counts = sorted(found.counts.items(), key=lambda pair: -pair[1])
    rows: list[Any] = [(_REASONS.get(reason, reason), count) for reason, count in counts]
    lines += ["", table(rows, ("reason", "readers"), empty="")]
    if found.comments:
        rows = [(e.day, _REASONS.get(e.reason, e.reason), e.text) for e in found.comments]
        lines += ["", table(rows, ("day", "reason", "in their own words"), empty="")]
    return lines

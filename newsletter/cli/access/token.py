"""
`newsletter token`: the tokens with which programs use the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.session import session_of, table

if TYPE_CHECKING:
    import datetime as dt

    from newsletter.model.api_token import ApiToken

group = typer.Typer()


@group.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the token is for")],
    scope: Annotated[
        list[str],
        typer.Option(metavar="SCOPE", help="What it may do, such as people:read; can be repeated"),
    ],
    lists: Annotated[
        list[str] | None,
        typer.Option(
            "--list",
            metavar="SLUG",
            help="Limit it to this list; can be repeated",
            show_default="all lists",
        ),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="When it expires, such as 90d", show_default="never"),
    ] = None,
) -> None:
    """
    Make a token for a program. It is shown once: store it where the program finds it.

    Example:
        newsletter token add website --scope people:write --list daily --expires 365d
    """
    from newsletter.actions.access import tokens
    from newsletter.model.duration import parse_duration

    session = session_of(context)
    with session.app() as app:
        lifetime = None if expires is None else parse_duration(expires)
        made = tokens.add(
            app, name, by=session.actor, scopes=scope, lists=lists or (), lifetime=lifetime
        )
    session.show({**_as_json(made.token), "token": made.text}, made.text)
    session.say(f"token {made.token.id} ({made.token.name}): it is not shown again")


@group.command(name="list")
def list_all(context: typer.Context) -> None:
    """
    List the tokens, the newest first.

    Example:
        newsletter token list
    """
    from newsletter.actions.access import tokens

    session = session_of(context)
    with session.app() as app:
        found, now = tokens.all_of(app, by=session.actor), app.clock()
    rows = [
        (
            each.id,
            each.name,
            ", ".join(sorted(each.scopes)),
            "all" if each.lists is None else ", ".join(sorted(each.lists)),
            _day(each.last_used_at) or "never",
            _state(each, now),
        )
        for each in found
    ]
    headings = ("token", "name", "scopes", "lists", "last used", "state")
    session.show([_as_json(each) for each in found], table(rows, headings, empty="No tokens."))


@group.command()
def revoke(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="TOKEN", help="Name or number of the token")],
) -> None:
    """
    Revoke a token: from now on it is of no use.

    Example:
        newsletter token revoke website
    """
    from newsletter.actions.access import tokens

    session = session_of(context)
    with session.app() as app:
        revoked = tokens.revoke(app, name, by=session.actor)
    session.show(_as_json(revoked), f"revoked token {revoked.id} ({revoked.name})")


def _state(token: ApiToken, now: dt.datetime) -> str:
    if token.revoked_at is not None:
        return f"revoked on {_day(token.revoked_at)}"
    if not token.is_valid(now):
        return f"expired on {_day(token.expires_at)}"
    return f"until {_day(token.expires_at)}" if token.expires_at else "active"


def _day(at: dt.datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""


def _as_json(token: ApiToken) -> dict[str, Any]:
    times = ("created_at", "expires_at", "last_used_at", "revoked_at")
    found = {name: getattr(token, name) for name in times}
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "lists": None if token.lists is None else sorted(token.lists),
        "created_by": token.created_by,
        **{name: at.isoformat() if at else None for name, at in found.items()},
    }

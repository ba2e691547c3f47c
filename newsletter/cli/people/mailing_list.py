"""
`newsletter list`: mailing lists, and who sends to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.format_values import format_values
from newsletter.cli.options import with_options
from newsletter.cli.people.asking.show_run import run_as_json, run_in_words
from newsletter.cli.people.list_options import OPTIONS, list_values
from newsletter.cli.session import Session, session_of, table
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.actions.people.lists import ListDetails

group = typer.Typer()

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="Slug of the list")]


@group.command()
@with_options(OPTIONS, show_defaults=True)
def add(
    context: typer.Context,
    slug: Annotated[
        str,
        typer.Argument(
            metavar="SLUG", help="Short name, used in URLs: lower-case letters, digits and -"
        ),
    ],
    name: Annotated[str, typer.Option(metavar="NAME", help="Name that readers see")],
    *,
    fields: dict[str, Any],
) -> None:
    """
    Add a mailing list.

    Example:
        newsletter list add daily --name "The Daily Brief" \\
            --from "Desk <desk@example.org>" --visibility public
    """
    from newsletter.actions.people import lists
    from newsletter.issues.settings.lists import ListValues

    values = ListValues(**list_values(fields))
    session = session_of(context)
    with session.app() as app:
        made = lists.add(app, slug, name, values, by=session.actor)
    session.show(_as_json(made), f"added list {slug}: {name}")


@group.command()
@with_options(OPTIONS, show_defaults=False)
def edit(
    context: typer.Context,
    slug: Slug,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name that readers see")] = None,
    new_slug: Annotated[
        str | None,
        typer.Option("--slug", metavar="SLUG", help="New slug; it is part of the List-Id"),
    ] = None,
    no_ask: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="Field that its form no longer asks for"),
    ] = None,
    hold: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="Send nothing to the list, and pause what is being sent to it"
        ),
    ] = None,
    release: Annotated[
        bool, typer.Option("--release", help="Let issues be sent to a list that is held")
    ] = False,
    *,
    fields: dict[str, Any],
) -> None:
    """
    Change a mailing list. What you leave out stays unchanged; an empty value ("") removes what the
    list has of its own, such as its quiet hours.

    Example:
        newsletter list edit daily --approval --brand accent=#8a1c16
    """
    from newsletter.actions.people import lists
    from newsletter.issues.settings.lists import ListValues

    values = ListValues(
        slug=new_slug,
        name=name,
        asks_not=tuple(no_ask) if no_ask else None,
        **list_values(fields),
    )
    if hold is not None and release:
        raise Refused("--hold and --release exclude each other: give one of them")
    if values == ListValues() and hold is None and not release:
        raise Refused("nothing to change: give an option, such as --name NAME")
    session = session_of(context)
    with session.app() as app:
        changed = lists.edit(app, slug, values, by=session.actor)
        now = changed.mailing_list.slug
        if values.quiet is not None or values.timezone is not None:
            _say_who_waits(session, lists.issues_in_quiet_hours(app, now, by=session.actor))
        if hold is not None:
            _say_what_is_paused(session, lists.hold(app, now, reason=hold, by=session.actor))
        if release:
            _say_what_is_paused(session, lists.release(app, now, by=session.actor))
        changed = lists.show(app, now, by=session.actor)
    words = f"changed list {slug}" if now == slug else f"changed list {slug}, now {now}"
    session.show(_as_json(changed), words)


def _say_what_is_paused(session: Session, paused: Sequence[int]) -> None:
    for number in paused:
        session.say(
            f"issue {number} is paused; once the list is not held: "
            f"`newsletter issue resume {number}`"
        )


def _say_who_waits(session: Session, waiting: Sequence[int]) -> None:
    for number in waiting:
        session.say(
            f"issue {number} still waits for the quiet hours that applied when it was sent; to end "
            f"that: `newsletter issue send {number} --ignore-quiet`"
        )


@group.command()
def remove(context: typer.Context, slug: Slug) -> None:
    """
    Remove a mailing list that nobody was ever on.

    Example:
        newsletter list remove daly
    """
    from newsletter.actions.people import lists

    session = session_of(context)
    with session.app() as app:
        removed = lists.remove(app, slug, by=session.actor)
    session.show({"slug": removed.slug, "name": removed.name}, f"removed list {slug}")


@group.command(name="list")
def list_lists(context: typer.Context) -> None:
    """
    List the mailing lists, with the number of readers on each.

    Example:
        newsletter list list
    """
    from newsletter.actions.people import lists

    session = session_of(context)
    with session.app() as app:
        counted = lists.all_with_counts(app, by=session.actor)
    found = [
        {
            **_as_json(details),
            "active": counts.active,
            "pending": counts.pending,
            "suppressed": counts.suppressed,
            "ended": counts.ended,
        }
        for details, counts in counted
    ]
    columns = ("slug", "name", "active", "pending", "suppressed", "ended")
    none = "No mailing lists yet. Add one: newsletter list add SLUG --name NAME"
    rows = [[row[name] for name in columns] for row in found]
    session.show(found, table(rows, columns, empty=none))


@group.command()
def show(context: typer.Context, slug: Slug) -> None:
    """
    Show all settings of one list.

    Example:
        newsletter list show daily
    """
    from newsletter.actions.people import ask_again, lists

    session = session_of(context)
    with session.app() as app:
        value = _as_json(lists.show(app, slug, by=session.actor))
        run = ask_again.status(app, slug, by=session.actor)
    asked = None if run is None else run_as_json(slug, run)
    words = {**_in_words(value), "ask_again": "never" if asked is None else run_in_words(asked)}
    session.show({**value, "ask_again": asked}, format_values(words))


def _in_words(value: dict[str, Any]) -> dict[str, Any]:
    """
    Return the values of a list as people read them.
    """
    usual = "as in the settings"
    inherited = ("from", "reply_to", "provider", "fallback_provider", "postal_address")
    words = {**value, **{name: value[name] or usual for name in inherited}}
    brand = {key: each for key, each in value["brand"].items() if key != "social"}
    links = value["brand"].get("social", {})
    own = [f"{key} {each}" for key, each in (brand | links).items()]
    words["brand"] = ", ".join(own) or usual
    words["asks"] = [
        each["field"] + (" (required)" if each["required"] else "") for each in value["asks"]
    ]
    return words


def _as_json(details: ListDetails) -> dict[str, Any]:
    mailing_list, settings = details.mailing_list, details.settings
    sender = settings.sender
    return {
        "slug": mailing_list.slug,
        "name": mailing_list.name,
        "description": mailing_list.description,
        "tagline": settings.tagline,
        "opt_in": mailing_list.opt_in,
        "visibility": mailing_list.visibility,
        "language": mailing_list.language,
        "from": f"{sender.name} <{sender.address}>" if sender else None,
        "reply_to": settings.reply_to,
        "provider": settings.provider,
        "fallback_provider": settings.fallback_provider,
        "postal_address": settings.postal_address,
        "brand": dict(settings.brand),
        "needs_approval": settings.needs_approval,
        "second_person_above": settings.second_person_above,
        "quiet": str(settings.quiet) if settings.quiet else None,
        "timezone": settings.timezone,
        "consent": settings.consent,
        "consent_version": settings.consent_version,
        "asks": [{"field": each.field.name, "required": each.is_required} for each in details.asks],
        "confirms_on_open": settings.confirms_on_open,
        "needs_proof_of_work": settings.needs_proof_of_work,
        "sends_welcome": settings.sends_welcome,
        "sends_goodbye": settings.sends_goodbye,
        "origins": settings.origins.split(),
        "joined_url": settings.joined_url,
        "confirmed_url": settings.confirmed_url,
        "left_url": settings.left_url,
        "held_reason": settings.held_reason,
    }

"""
`newsletter webhook`: the programs that are sent what happens here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.format_values import format_values
from newsletter.cli.session import Session, Yes, session_of, table
from newsletter.errors import Refused

if TYPE_CHECKING:
    from newsletter.actions.operations.webhooks import ChangedWebhook, WebhookDetails
    from newsletter.model.outgoing import OutgoingWebhook

group = typer.Typer()

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the webhook")]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="Kind of event", show_default="every kind"),
]
NewKinds = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="Kind of event", show_default=False),
]
Lists = Annotated[
    list[str] | None,
    typer.Option(
        "--list",
        metavar="SLUG",
        help="Only what concerns this mailing list",
        show_default="everything",
    ),
]
NewLists = Annotated[
    list[str] | None,
    typer.Option(
        "--list",
        metavar="SLUG",
        help='Only what concerns this mailing list; "" for everything',
        show_default=False,
    ),
]


@group.command()
def add(
    context: typer.Context,
    name: NameArgument,
    url: Annotated[str, typer.Argument(metavar="URL", help="Address to which events are posted")],
    kinds: Kinds = None,
    lists: Lists = None,
) -> None:
    """
    Add a webhook and show its signing secret, this once.

    Example:
        newsletter webhook add crm https://crm.example.org/hook --list daily
    """
    from newsletter.actions.operations import webhooks

    session = session_of(context)
    with session.app() as app:
        added = webhooks.add(app, name, url, kinds=kinds or (), lists=lists or (), by=session.actor)
    _show_changed(session, added, f"added webhook {name}: {added.details.webhook.url}")


@group.command()
def edit(
    context: typer.Context,
    name: NameArgument,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Address to which events are posted")
    ] = None,
    kinds: NewKinds = None,
    lists: NewLists = None,
    new_secret: Annotated[
        bool,
        typer.Option("--new-secret", help="Sign with a new secret, for a day beside the old one"),
    ] = False,
) -> None:
    """
    Change a webhook. What you leave out stays unchanged.

    Example:
        newsletter webhook edit crm --kind subscriber.joined --kind subscriber.left
    """
    from newsletter.actions.operations import webhooks

    if url is None and not kinds and not lists and not new_secret:
        raise Refused("nothing to change: give an option, such as --kind KIND")
    slugs = None if lists is None else [slug for slug in lists if slug]
    session = session_of(context)
    with session.app() as app:
        changed = webhooks.edit(
            app, name, url=url, kinds=kinds, lists=slugs, new_secret=new_secret, by=session.actor
        )
    _show_changed(session, changed, f"changed webhook {name}")


@group.command(name="list")
def list_all(context: typer.Context) -> None:
    """
    List the webhooks, with the number of events that wait for each.

    Example:
        newsletter webhook list
    """
    from newsletter.actions.operations import webhooks

    session = session_of(context)
    with session.app() as app:
        found = [_as_json(each) for each in webhooks.show_all(app, by=session.actor)]
    columns = ("name", "state", "waiting", "failed", "url")
    none = "No webhooks yet. Add one: newsletter webhook add NAME URL"
    session.show(found, table([[row[c] for c in columns] for row in found], columns, empty=none))


@group.command()
def show(context: typer.Context, name: NameArgument) -> None:
    """
    Show a webhook: what is sent to it, and whether that arrives.

    Example:
        newsletter webhook show crm
    """
    from newsletter.actions.operations import webhooks

    session = session_of(context)
    with session.app() as app:
        _show(session, webhooks.show(app, name, by=session.actor))


@group.command()
def pause(context: typer.Context, name: NameArgument) -> None:
    """
    Send nothing to a webhook until you resume it. Its events wait, up to 30 days.

    Example:
        newsletter webhook pause crm
    """
    from newsletter.actions.operations import webhooks

    session = session_of(context)
    with session.app() as app:
        details = webhooks.pause(app, name, by=session.actor)
    session.show(_as_json(details), f"paused webhook {name}")


@group.command()
def resume(context: typer.Context, name: NameArgument) -> None:
    """
    Send to a paused webhook again, first what waits for it.

    Example:
        newsletter webhook resume crm
    """
    from newsletter.actions.operations import webhooks

    session = session_of(context)
    with session.app() as app:
        values = _as_json(webhooks.resume(app, name, by=session.actor))
    session.show(values, f"resumed webhook {name}; events that wait for it: {values['waiting']:,}")


@group.command()
def remove(context: typer.Context, name: NameArgument, yes: Yes = False) -> None:
    """
    Remove a webhook, with the events that wait for it.

    Example:
        newsletter webhook remove crm
    """
    from newsletter.actions.operations import webhooks

    session = session_of(context)
    with session.app() as app:
        session.require_yes(f"Remove webhook {name}?", yes=yes, otherwise="nothing was removed")
        removed = webhooks.remove(app, name, by=session.actor)
    session.show(_values(removed), f"removed webhook {name}")


def _show(session: Session, details: WebhookDetails) -> None:
    values = _as_json(details)
    session.show(values, format_values(values))


def _show_changed(session: Session, changed: ChangedWebhook, words: str) -> None:
    values = _as_json(changed.details)
    if changed.secret is not None:
        values["secret"] = changed.secret
        words += f"\nsigning secret, shown only now: {changed.secret}"
    session.show(values, words)


def _as_json(details: WebhookDetails) -> dict[str, Any]:
    return {**_values(details.webhook), **{state.value: n for state, n in details.events.items()}}


def _values(webhook: OutgoingWebhook) -> dict[str, Any]:
    times = {
        "paused_at": webhook.paused_at,
        "failing_since": webhook.failing_since,
        "last_success_at": webhook.last_success_at,
    }
    return {
        "name": webhook.name,
        "url": webhook.url,
        "kinds": sorted(webhook.kinds),
        "lists": None if webhook.lists is None else sorted(webhook.lists),
        "state": webhook.state.value,
        "pause_cause": webhook.pause_cause,
        **{name: time and time.isoformat() for name, time in times.items()},
    }

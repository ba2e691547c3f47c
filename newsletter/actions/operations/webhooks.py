"""
Actions on outgoing webhooks: add, edit, show, pause, resume and remove them.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import FetchError, InvalidValue, Refused
from newsletter.isolation.urls import read_url
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.outgoing import OutgoingKind, OutgoingWebhook, PauseCause, SendState
from newsletter.store.outgoing import webhooks
from newsletter.store.outgoing.webhooks import WebhookValues
from subscribers.lists import find_list
from subscribers.text.phrases import phrase

# For so long the old secret of a webhook signs too, after a new one was made.
SECRETS_OVERLAP = dt.timedelta(days=1)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")


@dataclass(frozen=True, kw_only=True)
class WebhookDetails:
    """
    A webhook, and how many events are in each state on their way to it.
    """

    webhook: OutgoingWebhook
    events: Mapping[SendState, int]


@dataclass(frozen=True, kw_only=True)
class ChangedWebhook:
    """
    A webhook that was added or changed. `secret` is its new signing secret, which is shown this
    once.
    """

    details: WebhookDetails
    secret: str | None = None


@requires(Permission.WEBHOOKS_WRITE, "webhook.add", about=unlimited(ObjectKind.WEBHOOK, "name"))
def add(
    app: App,
    name: str,
    url: str,
    *,
    kinds: Collection[str] = (),
    lists: Collection[str] = (),
    by: Actor,
) -> ChangedWebhook:
    """
    Add a webhook, to which events are sent from now on: those of *kinds* about *lists*, or all.

    Raises:
        InvalidValue: the name, the URL or a kind is not valid.
        Refused: there is a webhook of that name.
        UnknownList: there is no such list.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValue(
            phrase(
                "{name!r} is not a name for a webhook: use up to 60 small letters, "
                "digits, -, . and _",
                name=name,
            )
        )
    checked_url = _valid_url(app, url)
    with app.database.write() as connection:
        values = WebhookValues(
            url=checked_url,
            kinds=_kinds(kinds) if kinds else frozenset(OutgoingKind),
            list_ids=_list_ids(connection, lists),
            salt=_new_salt(),
            secret_key=app.webhook_secrets.current,
        )
        webhooks.add_webhook(connection, name, values, now=app.clock())
    return _changed(app, name, has_new_secret=True)


@requires(Permission.WEBHOOKS_WRITE, "webhook.edit", about=unlimited(ObjectKind.WEBHOOK, "name"))
def edit(
    app: App,
    name: str,
    *,
    url: str | None = None,
    kinds: Collection[str] | None = None,
    lists: Collection[str] | None = None,
    new_secret: bool = False,
    by: Actor,
) -> ChangedWebhook:
    """
    Change a webhook; what is None stays. Without *lists* it gets what concerns any. Events of other
    kinds or lists that wait for it are dropped. With *new_secret* requests are signed with a new
    secret at once, and for a day with the old one too.

    Raises:
        NotFound: there is no such webhook.
        InvalidValue: the URL or a kind is not valid.
        UnknownList: there is no such list.
    """
    checked_url = None if url is None else _valid_url(app, url)
    with app.database.write() as connection:
        number = webhooks.find_webhook(connection, name).id
        values = WebhookValues(
            url=checked_url,
            kinds=None if kinds is None else _kinds(kinds),
            list_ids=None if lists is None else _list_ids(connection, lists),
            salt=_new_salt() if new_secret else None,
            secret_key=app.webhook_secrets.current if new_secret else None,
            previous_until=app.clock() + SECRETS_OVERLAP if new_secret else None,
        )
        webhooks.edit_webhook(connection, number, values)
    return _changed(app, name, has_new_secret=new_secret)


@requires(Permission.WEBHOOKS_READ, "webhook.show", about=unlimited(ObjectKind.WEBHOOK, "name"))
def show(app: App, name: str, *, by: Actor) -> WebhookDetails:
    """
    Return a webhook.

    Raises:
        NotFound: there is no such webhook.
    """
    return _details(app, name)


@requires(Permission.WEBHOOKS_READ, "webhook.list", about=unlimited(ObjectKind.WEBHOOK))
def show_all(app: App, *, by: Actor) -> Sequence[WebhookDetails]:
    """
    Return every webhook, by name.
    """
    with app.database.read() as connection:
        counted = webhooks.count_all_events(connection)
        return [
            WebhookDetails(webhook=each, events=counted.get(each.id, dict.fromkeys(SendState, 0)))
            for each in webhooks.all_webhooks(connection)
        ]


@requires(Permission.WEBHOOKS_WRITE, "webhook.pause", about=unlimited(ObjectKind.WEBHOOK, "name"))
def pause(app: App, name: str, *, by: Actor) -> WebhookDetails:
    """
    Send nothing to a webhook until it is resumed. Its events wait, for 30 days.

    Raises:
        NotFound: there is no such webhook.
        Refused: it is paused.
    """
    with app.database.write() as connection:
        number = webhooks.find_webhook(connection, name).id
        if not webhooks.pause_webhook(connection, number, PauseCause.PERSON, now=app.clock()):
            raise Refused(phrase("webhook {name} is already paused", name=name))
    return _details(app, name)


@requires(Permission.WEBHOOKS_WRITE, "webhook.resume", about=unlimited(ObjectKind.WEBHOOK, "name"))
def resume(app: App, name: str, *, by: Actor) -> WebhookDetails:
    """
    Send to a paused webhook again: first what waits for it.

    Raises:
        NotFound: there is no such webhook.
        Refused: it is not paused.
    """
    with app.database.write() as connection:
        number = webhooks.find_webhook(connection, name).id
        if not webhooks.resume_webhook(connection, number, now=app.clock()):
            raise Refused(phrase("webhook {name} is not paused", name=name))
    return _details(app, name)


@requires(Permission.WEBHOOKS_WRITE, "webhook.remove", about=unlimited(ObjectKind.WEBHOOK, "name"))
def remove(app: App, name: str, *, by: Actor) -> OutgoingWebhook:
    """
    Remove a webhook, with what waits for it, and return what it was.

    Raises:
        NotFound: there is no such webhook.
    """
    with app.database.write() as connection:
        found = webhooks.find_webhook(connection, name)
        webhooks.remove_webhook(connection, found.id)
        return found


def _changed(app: App, name: str, *, has_new_secret: bool) -> ChangedWebhook:
    details = _details(app, name)
    return ChangedWebhook(
        details=details,
        secret=app.webhook_secrets.secret_of(details.webhook) if has_new_secret else None,
    )


def _details(app: App, name: str) -> WebhookDetails:
    with app.database.read() as connection:
        webhook = webhooks.find_webhook(connection, name)
        events = webhooks.count_events(connection, webhook.id)
        return WebhookDetails(webhook=webhook, events=events)


def _valid_url(app: App, text: str) -> str:
    try:
        url = read_url(text)
    except FetchError as error:
        raise InvalidValue(
            phrase("{text!r} is not a URL to send to: {error}", text=text, error=error), field="url"
        ) from error
    if url.scheme == "http" and not app.settings.limits.fetch_networks:
        raise InvalidValue(
            phrase(
                "{text!r} is not encrypted: use an https:// address, or add the network "
                "of the receiver to [limits] fetch_networks in newsletter.toml, and restart "
                "newsletter",
                text=text,
            ),
            field="url",
        )
    try:
        app.poster.check(text)
    except FetchError as error:
        raise InvalidValue(
            phrase("{text!r} is not a URL to send to: {error}", text=text, error=error), field="url"
        ) from error
    return str(url)


def _kinds(typed: Collection[str]) -> frozenset[OutgoingKind]:
    known = {kind.value: kind for kind in OutgoingKind}
    for word in typed:
        if word not in known:
            raise InvalidValue(
                phrase(
                    "{word!r} is not a kind of event: use {known}",
                    word=word,
                    known=", ".join(known),
                )
            )
    return frozenset(known[word] for word in typed)


def _list_ids(connection: sa.Connection, slugs: Collection[str]) -> frozenset[int]:
    return frozenset(find_list(connection, slug).id for slug in slugs)


def _new_salt() -> str:
    return secrets.token_urlsafe(24)

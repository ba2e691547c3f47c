"""
Actions on what is sent to outgoing webhooks: show the attempts, send events again, send a test.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import NotFound, Refused
from newsletter.events.outgoing.dispatcher import WebhookDispatcher
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.outgoing import LoggedAttempt, SendResult
from newsletter.scheduling.local_times import parse_time
from newsletter.store.outgoing import replay as replays
from newsletter.store.outgoing.attempts import list_attempts, log_attempts
from newsletter.store.outgoing.webhooks import find_webhook
from subscribers.text.phrases import phrase


@dataclass(frozen=True, kw_only=True)
class ReplayChoice:
    """
    Which events to send again: the one with the key `event`, those from `since` to `until` (times
    as they were typed), or those that were given up (`is_failed`).
    """

    event: str | None = None
    since: str | None = None
    until: str | None = None
    is_failed: bool = False

    @property
    def is_valid(self) -> bool:
        """
        Return True if it says exactly one of the three.
        """
        chosen = [self.event is not None, self.since is not None, self.is_failed]
        return sum(chosen) == 1 and (self.until is None or self.since is not None)


@requires(Permission.WEBHOOKS_READ, "webhook.attempts", about=unlimited(ObjectKind.WEBHOOK, "name"))
def attempts(
    app: App, name: str, *, before: int | None = None, limit: int, by: Actor
) -> Sequence[LoggedAttempt]:
    """
    Return the last attempts to send to a webhook, the newest first; with *before*, those that were
    made before the one of that number.

    Raises:
        NotFound: there is no such webhook.
    """
    with app.database.read() as connection:
        number = find_webhook(connection, name).id
        return list_attempts(connection, number, before=before, limit=limit)


@requires(Permission.WEBHOOKS_WRITE, "webhook.replay", about=unlimited(ObjectKind.WEBHOOK, "name"))
def replay(app: App, name: str, choice: ReplayChoice, *, by: Actor) -> int:
    """
    Send events to a webhook again that were sent to it or given up, under the same ids, and return
    how many.

    Raises:
        NotFound: there is no such webhook, or no such event was sent to it.
        Refused: the choice is not one of the three.
        InvalidValue: a time is not valid.
    """
    if not choice.is_valid:
        raise Refused(phrase("say which events: --event ID, --since TIME, or --failed"))
    now = app.clock()
    with app.database.write() as connection:
        number = find_webhook(connection, name).id
        if choice.is_failed:
            return replays.replay_failed(connection, number, now=now)
        if choice.since is not None:
            since = parse_time(choice.since, now=now, timezone="UTC")
            until = now if choice.until is None else _until(choice.until, now)
            return replays.replay_between(connection, number, since=since, until=until, now=now)
        key = (choice.event or "").removesuffix(f"_{number}")
        count = replays.replay_event(connection, number, key, now=now)
    if not count:
        raise NotFound(
            phrase(
                "no event {event} was sent to webhook {name}: `newsletter webhook "
                "attempts {name}` shows those that were",
                event=choice.event,
                name=name,
            )
        )
    return count


@requires(
    Permission.WEBHOOKS_WRITE,
    "webhook.test",
    about=unlimited(ObjectKind.WEBHOOK, "name"),
    in_steps=True,
)
def test(app: App, name: str, *, by: Actor) -> SendResult:
    """
    Send a test to a webhook, even if it is paused, and return what came of it.

    Raises:
        NotFound: there is no such webhook.
    """
    with app.database.read() as connection:
        webhook = find_webhook(connection, name)
    dispatcher = WebhookDispatcher(
        database=app.database, poster=app.poster, secrets=app.webhook_secrets, clock=app.clock
    )
    data = {"webhook": name}
    payload = {"type": "webhook.test", "timestamp": app.clock().isoformat(), "data": data}
    result = dispatcher.post(webhook, f"evt_{secrets.token_hex(12)}_{webhook.id}", payload)
    with app.database.write() as connection:
        log_attempts(connection, webhook.id, [(None, None, result)])
    return result


def _until(text: str, now: dt.datetime) -> dt.datetime:
    return parse_time(text, now=now, timezone="UTC")

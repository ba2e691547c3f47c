"""
Outgoing webhooks: list, make, show, change, pause, resume, test and remove them, and send their
events again.
"""

from __future__ import annotations

from newsletter.actions.operations import webhook_attempts, webhooks
from newsletter.model.access import Permission
from newsletter.web.api.bodies.webhooks import (
    EventsToReplay,
    ReplayedEventsBody,
    SentTestBody,
    WebhookAttemptBody,
    WebhookBody,
    WebhookChanges,
    WebhookInPath,
    WebhookStatusBody,
    WebhookToMake,
    WebhookWithSecretBody,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit

noun = Noun("webhooks", "Where what happens is sent to other programs by HTTP.")

_WEBHOOK = "/webhooks/{webhook}"


@noun.get("/webhooks", Permission.WEBHOOKS_READ)
def list_webhooks(
    call: Call, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[WebhookBody]:
    """
    List the webhooks, by name.
    """
    after = call.after(cursor, str, "")
    every = (each.webhook for each in webhooks.show_all(call.app, by=call.actor))
    found = sorted((each for each in every if each.name > after), key=lambda each: each.name)
    return call.page(found[: limit + 1], limit, key=lambda each: each.name, show=WebhookBody.of)


@noun.post("/webhooks", Permission.WEBHOOKS_WRITE, status=201, has_secret=True)
def make_webhook(call: Call, body: WebhookToMake) -> WebhookWithSecretBody:
    """
    Make a webhook, to which events are sent from now on.
    """
    made = webhooks.add(
        call.app, body.name, body.url, kinds=body.kinds, lists=body.lists, by=call.actor
    )
    call.made(f"{PREFIX}/webhooks/{body.name}")
    return WebhookWithSecretBody.of(made)


@noun.get(_WEBHOOK, Permission.WEBHOOKS_READ)
def show_webhook(call: Call, webhook: WebhookInPath) -> WebhookBody:
    """
    Show a webhook.
    """
    return WebhookBody.of(webhooks.show(call.app, webhook, by=call.actor).webhook)


@noun.patch(_WEBHOOK, Permission.WEBHOOKS_READ, Permission.WEBHOOKS_WRITE)
def change_webhook(call: Call, webhook: WebhookInPath, body: WebhookChanges) -> WebhookBody:
    """
    Change the given values of a webhook.
    """
    changed = webhooks.edit(
        call.app, webhook, url=body.url, kinds=body.kinds, lists=body.lists, by=call.actor
    )
    return WebhookBody.of(changed.details.webhook)


@noun.delete(_WEBHOOK, Permission.WEBHOOKS_WRITE)
def remove_webhook(call: Call, webhook: WebhookInPath) -> None:
    """
    Remove a webhook, with what waits for it.
    """
    webhooks.remove(call.app, webhook, by=call.actor)


@noun.post(f"{_WEBHOOK}/secret", Permission.WEBHOOKS_WRITE, version_of=_WEBHOOK, has_secret=True)
def renew_webhook_secret(call: Call, webhook: WebhookInPath) -> WebhookWithSecretBody:
    """
    Sign requests with a new secret from now on, and for a day with the old one too.
    """
    changed = webhooks.edit(call.app, webhook, new_secret=True, by=call.actor)
    return WebhookWithSecretBody.of(changed)


@noun.post(f"{_WEBHOOK}/pause", Permission.WEBHOOKS_WRITE, version_of=_WEBHOOK)
def pause_webhook(call: Call, webhook: WebhookInPath) -> WebhookBody:
    """
    Send nothing to a webhook until it is resumed.

    Its events wait, for 30 days.
    """
    return WebhookBody.of(webhooks.pause(call.app, webhook, by=call.actor).webhook)


@noun.post(f"{_WEBHOOK}/resume", Permission.WEBHOOKS_WRITE, version_of=_WEBHOOK)
def resume_webhook(call: Call, webhook: WebhookInPath) -> WebhookBody:
    """
    Send to a paused webhook again: first what waits for it.
    """
    return WebhookBody.of(webhooks.resume(call.app, webhook, by=call.actor).webhook)


@noun.get(f"{_WEBHOOK}/status", Permission.WEBHOOKS_READ)
def show_webhook_status(call: Call, webhook: WebhookInPath) -> WebhookStatusBody:
    """
    Show how many events wait for a webhook, and whether its receiver works.
    """
    return WebhookStatusBody.of(webhooks.show(call.app, webhook, by=call.actor))


@noun.get(f"{_WEBHOOK}/attempts", Permission.WEBHOOKS_READ)
def list_webhook_attempts(
    call: Call, webhook: WebhookInPath, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[WebhookAttemptBody]:
    """
    List the attempts to send to a webhook, the newest first.
    """
    before = call.after(cursor, int, 0) or None
    found = webhook_attempts.attempts(
        call.app, webhook, before=before, limit=limit + 1, by=call.actor
    )
    return call.page(found, limit, key=lambda each: each.id, show=WebhookAttemptBody.of)


@noun.post(f"{_WEBHOOK}/replay", Permission.WEBHOOKS_WRITE)
def replay_webhook_events(
    call: Call, webhook: WebhookInPath, body: EventsToReplay
) -> ReplayedEventsBody:
    """
    Send events again that were sent to a webhook or given up, under the same ids.
    """
    events = webhook_attempts.replay(call.app, webhook, body.as_choice(), by=call.actor)
    return ReplayedEventsBody(events=events)


@noun.post(f"{_WEBHOOK}/test", Permission.WEBHOOKS_WRITE, in_steps=True)
def test_webhook(call: Call, webhook: WebhookInPath) -> SentTestBody:
    """
    Send a test to a webhook, even if it is paused, and wait for the result.
    """
    return SentTestBody.of(webhook_attempts.test(call.app, webhook, by=call.actor))

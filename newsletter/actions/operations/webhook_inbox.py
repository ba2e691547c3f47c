"""
Show what providers have reported by webhooks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.events.recent_webhooks import ReceivedWebhook, newest_webhooks


@dataclass(frozen=True, kw_only=True)
class ProviderWebhooks:
    """
    A provider that reports by webhooks: the URL to which it sends them, and whether the secret that
    verifies them is set.
    """

    name: str
    kind: str
    url: str
    is_verified: bool


@dataclass(frozen=True, kw_only=True)
class WebhookInbox:
    """
    The providers that report by webhooks, and what arrived last, the newest first.
    """

    providers: Sequence[ProviderWebhooks]
    newest: Sequence[ReceivedWebhook]


@requires(Permission.WEBHOOKS_READ, "webhook.inbox", about=unlimited(ObjectKind.WEBHOOK))
def newest(app: App, *, limit: int, by: Actor) -> WebhookInbox:
    """
    Return what providers reported last.
    """
    providers = [
        ProviderWebhooks(
            name=name,
            kind=own.kind,
            url=app.links.webhook(name),
            is_verified=not own.lacks_proof,
        )
        for name, own in app.settings.provider.items()
        if own.proof_key
    ]
    with app.database.read() as connection:
        return WebhookInbox(providers=providers, newest=newest_webhooks(connection, limit=limit))

"""
The check of `doctor` that events of providers can arrive and be verified.
"""

from __future__ import annotations

import re

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.settings.provider import WEBHOOK_SECRETS
from subscribers.text.phrases import joined, phrase


def check_webhooks(app: App) -> str:
    """
    Return the URL to which each provider should send its events.

    Raises:
        NewsletterError: a secret is missing, or cannot be one.
    """
    for name in app.settings.webhook_providers:
        own = app.settings.provider_named(name)
        if own.lacks_proof and own.reaches_people:
            raise NewsletterError(
                phrase(
                    "[provider.{name}] {key} is missing, so bounces and complaints are "
                    "refused: {advice}",
                    name=name,
                    key=own.proof_key,
                    advice=_advice(own.proof_key, app.links.webhook(name)),
                )
            )
        _require_proof_form(app, name)
    addresses = [_address(app, name) for name in app.settings.webhook_providers]
    return joined("; ", addresses) if addresses else phrase("no configured provider has webhooks")


def _advice(key: str | None, hook: str) -> str:
    if key != "topics":
        return phrase(
            "add the webhook {hook} at the provider, and set its secret, as env:NAME", hook=hook
        )
    return phrase(
        "set it to the SNS topic of your configuration set (arn:aws:sns:...), and only then "
        "subscribe {hook} to that topic (HTTPS)",
        hook=hook,
    )


def _address(app: App, name: str) -> str:
    address = f"{name}: {app.links.webhook(name)}"
    if not _has_previous_secret(app, name):
        return address
    return phrase(
        "{address} (remove webhook_secret_previous once the provider uses the new secret)",
        address=address,
    )


def _has_previous_secret(app: App, name: str) -> bool:
    return app.settings.provider_named(name).webhook_secret_previous is not None


def _require_proof_form(app: App, name: str) -> None:
    """
    Check that the secret with which a provider's webhooks are verified can be one.
    """
    own = app.settings.provider_named(name)
    for key in WEBHOOK_SECRETS:
        reference = own.value_of(key)
        if reference is None:
            continue
        # SendGrid's is a public key, which is read when the provider is opened.
        app.provider_named(name)
        kind = own.webhook_kind
        if not re.fullmatch(kind.proof_form, app.settings.secret(reference).strip()):
            raise NewsletterError(
                phrase(
                    "[provider.{name}] {key} does not look like {form}: copy it from "
                    "the provider again, or its webhooks are refused",
                    name=name,
                    key=key,
                    form=kind.proof_hint,
                )
            )

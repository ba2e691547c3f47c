"""
Sign what is sent to a webhook, as https://www.standardwebhooks.com specifies.

The secret of a webhook is not stored. It is derived from a secret of the installation and from a
random salt, so that nobody can sign with the database or a backup of it alone.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from newsletter.errors import SettingsError
from newsletter.model.identifiers import instance_name
from newsletter.model.outgoing import OutgoingWebhook
from subscribers.text.phrases import phrase


@dataclass(frozen=True, kw_only=True)
class SignedRequest:
    """
    The body and the headers of one attempt.
    """

    body: bytes
    headers: dict[str, str]


class WebhookSecrets:
    """
    Derives the secrets of webhooks from the *secrets* of the installation, of which the current one
    is the first.
    """

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = {instance_name(secret): secret for secret in reversed(secrets)}
        self.current = instance_name(secrets[0])

    def secrets_of(self, webhook: OutgoingWebhook, *, now: dt.datetime) -> list[str]:
        """
        Return the secrets with which a webhook's requests are signed: its own and, for a while, the
        one before.

        Raises:
            SettingsError: the secret of the installation from which it is derived is missing.
        """
        secrets = [self.secret_of(webhook)]
        key, salt, until = (
            webhook.previous_secret_key,
            webhook.previous_salt,
            webhook.previous_until,
        )
        if until is not None and now < until and salt and key in self._secrets:
            secrets.append(self.derive(key, salt, of=webhook.name))
        return secrets

    def secret_of(self, webhook: OutgoingWebhook) -> str:
        """
        Return the secret with which a webhook's requests are signed.

        Raises:
            SettingsError: the secret of the installation from which it is derived is missing.
        """
        return self.derive(webhook.secret_key, webhook.salt, of=webhook.name)

    def derive(self, secret_key: str, salt: str, *, of: str) -> str:
        """
        Return the secret that belongs to a salt.

        Raises:
            SettingsError: the installation has no secret of that name.
        """
        if secret_key not in self._secrets:
            raise SettingsError(
                phrase(
                    "webhook {of}: its signing secret was derived from a secret that is no "
                    "longer in [site] secret_file; restore that, or `newsletter webhook edit "
                    "{of} --new-secret`",
                    of=of,
                )
            )
        digest = hmac.digest(self._secrets[secret_key], f"webhook\0{salt}".encode(), "sha256")
        return f"whsec_{base64.b64encode(digest).decode('ascii')}"


def sign_payload(
    message_id: str, payload: Mapping[str, object], secrets: Sequence[str], *, now: dt.datetime
) -> SignedRequest:
    """
    Return the request that sends a payload, which has the same id at every attempt, with a
    signature by each of *secrets*.
    """
    from standardwebhooks import Webhook

    body = orjson.dumps(payload)
    at, text = now.astimezone(dt.UTC), body.decode()
    signatures = [Webhook(secret).sign(message_id, at, text) for secret in secrets]
    return SignedRequest(
        body=body,
        headers={
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        },
    )

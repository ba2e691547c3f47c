"""
Send through Brevo's SMTP server, which returns a header of ours in its webhooks
(https://developers.brevo.com/docs/smtp-integration).
"""

from __future__ import annotations

import orjson

from newsletter.providers.account import Account
from newsletter.providers.brevo.events import read_events
from newsletter.providers.message_labels import MessageLabels
from newsletter.providers.webhooks import Relay, password_check


def open_relay(account: Account) -> Relay:
    """
    Return what `[provider.NAME]` needs to send through this server.

    Raises:
        SettingsError: the secrets of the webhooks are not valid.
    """
    return Relay(
        label_headers=_headers,
        verify=password_check(account.webhook_secrets),
        events=read_events,
    )


def _headers(labels: MessageLabels) -> list[tuple[str, str]]:
    return [("X-Mailin-custom", orjson.dumps(labels._asdict()).decode())]

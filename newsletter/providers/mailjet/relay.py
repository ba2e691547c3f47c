"""
Send through Mailjet's SMTP server, which takes a payload in a header
(https://dev.mailjet.com/smtp-relay/custom-headers/).
"""

from __future__ import annotations

import orjson

from newsletter.providers.account import Account
from newsletter.providers.mailjet.events import read_events
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
    return [("X-MJ-EventPayload", orjson.dumps(labels._asdict()).decode())]

"""
Send through SparkPost's SMTP server, which takes metadata in a header
(https://developers.sparkpost.com/api/smtp/).
"""

from __future__ import annotations

import orjson

from newsletter.providers.account import Account
from newsletter.providers.message_labels import MessageLabels
from newsletter.providers.sparkpost.events import read_events
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
    return [("X-MSYS-API", orjson.dumps({"metadata": labels._asdict()}).decode())]

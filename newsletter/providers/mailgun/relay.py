"""
Send through Mailgun's SMTP server, which takes variables in a header
(https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/send-smtp).
"""

from __future__ import annotations

import orjson

from newsletter.providers.account import Account
from newsletter.providers.mailgun.events import SeenTokens, is_signed, read_events
from newsletter.providers.message_labels import MessageLabels
from newsletter.providers.webhooks import Relay


def open_relay(account: Account) -> Relay:
    """
    Return what `[provider.NAME]` needs to send through this server.

    Raises:
        SettingsError: the secrets of the webhooks are not valid.
    """
    keys, tokens = account.webhook_secrets, SeenTokens()
    return Relay(
        label_headers=_headers,
        verify=lambda headers, raw, url: is_signed(
            raw, keys=keys, tokens=tokens, now=account.clock()
        ),
        events=read_events,
    )


def _headers(labels: MessageLabels) -> list[tuple[str, str]]:
    return [("X-Mailgun-Variables", orjson.dumps(labels._asdict()).decode())]

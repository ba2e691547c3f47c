"""
Send through Postmark's SMTP server, which takes metadata in headers
(https://postmarkapp.com/developer/user-guide/send-email-with-smtp).
"""

from __future__ import annotations

from newsletter.providers.account import Account
from newsletter.providers.message_labels import MessageLabels
from newsletter.providers.postmark.events import read_events
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
    return [(f"X-PM-Metadata-{name}", value) for name, value in labels._asdict().items()]

"""
Send through SendGrid's SMTP server, which takes unique arguments in a header
(https://www.twilio.com/docs/sendgrid/for-developers/sending-email/unique-arguments).
"""

from __future__ import annotations

import orjson

from newsletter.providers.account import Account
from newsletter.providers.message_labels import MessageLabels
from newsletter.providers.sendgrid.events import custom_args, is_signed, open_keys, read_events
from newsletter.providers.webhooks import Relay


def open_relay(account: Account) -> Relay:
    """
    Return what `[provider.NAME]` needs to send through this server.

    Raises:
        SettingsError: a public key is not valid, or the extra is missing.
    """
    checks = open_keys(account.name, account.webhook_secrets)
    return Relay(
        label_headers=_headers,
        verify=lambda headers, raw, url: is_signed(
            headers, raw, checks=checks, now=account.clock()
        ),
        events=read_events,
    )


def _headers(labels: MessageLabels) -> list[tuple[str, str]]:
    return [("X-SMTPAPI", orjson.dumps({"unique_args": custom_args(labels)}).decode())]

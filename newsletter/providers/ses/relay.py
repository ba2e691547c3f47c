"""
Send through the SMTP server of Amazon SES, which takes tags and the configuration set in headers
(https://docs.aws.amazon.com/ses/latest/dg/event-publishing-send-email.html).
"""

from __future__ import annotations

from newsletter.providers.account import Account
from newsletter.providers.message_labels import MessageLabels
from newsletter.providers.ses.events import read_events
from newsletter.providers.ses.sns import Topics, message_name, open_topics
from newsletter.providers.webhooks import Relay


def open_relay(account: Account) -> Relay:
    """
    Return what `[provider.NAME]` needs to send through this server.

    Raises:
        SettingsError: there are topics, but the extra that verifies signatures is missing.
    """
    return relay_of(open_topics(account), account.settings.configuration_set)


def relay_of(topics: Topics | None, configuration_set: str | None) -> Relay:
    """
    Return a relay whose events come through *configuration_set* and *topics*.
    """
    set_header = [("X-SES-CONFIGURATION-SET", configuration_set)] if configuration_set else []

    def headers(labels: MessageLabels) -> list[tuple[str, str]]:
        tags = ", ".join(f"{name}={value}" for name, value in labels._asdict().items())
        return [*set_header, ("X-SES-MESSAGE-TAGS", tags)]

    return Relay(
        label_headers=headers,
        verify=lambda headers, raw, url: topics is not None and topics.has_sent(raw),
        events=read_events,
        answer=lambda raw: topics.answer(raw) if topics is not None else None,
        message_name=message_name,
    )

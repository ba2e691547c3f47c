"""
Send through Resend (https://resend.com/docs/api-reference).

A call has up to 100 whole messages. Repeating a call with its key within 24 hours gets the same
response and sends nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from newsletter.mail.merge.json_copy import JsonCopy
from newsletter.model.delivery import BatchResult, Capabilities, Idempotency, LookUp, Receipt
from newsletter.model.mail import Mail, Recipient
from newsletter.model.rate import RateHeaders
from newsletter.providers.account import Account, HttpOptions, check_secret
from newsletter.providers.addresses import format_from, format_to
from newsletter.providers.http_account import JSON_HEADERS, HttpAccount
from newsletter.providers.message_copies import (
    fill_json_copies,
    join_array,
    json_fragments,
    submit_ready,
)
from newsletter.providers.message_labels import message_labels
from newsletter.providers.resend.events import is_signed, read_events
from newsletter.providers.resend.responses import read_response

BASE_URL = "https://api.resend.com"
CAPABILITIES = Capabilities(
    max_recipients=100,
    max_bytes=40_000_000,
    idempotency=Idempotency.REPLAY,
    key_life=dt.timedelta(hours=24),
    look_up=LookUp.NONE,
    gives_ids=True,
    # The default (https://resend.com/docs/api-reference/rate-limit); responses may state another.
    rate_per_s=5.0,
    rate_headers=RateHeaders(),
)


def open_resend(account: Account) -> ResendProvider:
    """
    Open the account that `[provider.NAME]` names.
    """
    return ResendProvider(
        account.name,
        api_key=account.secret("api_key"),
        base_url=account.settings.base_url or BASE_URL,
        **account.http_options(),
    )


class ResendProvider(HttpAccount):
    """
    A Resend account.

    Raises:
        SettingsError: the API key or the base URL is not valid.
    """

    events = staticmethod(read_events)

    def __init__(
        self, name: str, *, api_key: str, base_url: str = BASE_URL, **options: Unpack[HttpOptions]
    ) -> None:
        check_secret(name, "api_key", api_key, found_at="resend.com/api-keys")
        headers = {
            "Authorization": f"Bearer {api_key}",
            **JSON_HEADERS,
            # Required (https://resend.com/docs/api-reference/introduction).
            "User-Agent": "newsletter",
            # In strict mode, the default, one bad address makes the other 99 be refused.
            "x-batch-validation": "permissive",
        }
        super().__init__(
            name,
            CAPABILITIES,
            base_url=base_url,
            headers=headers,
            rate_applies_at=BASE_URL,
            **options,
        )

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send one call for the recipients whose copies can be filled; return a receipt for
        everybody.
        """
        items = [_item(copy, key=key) for copy in fill_json_copies(mail, recipients)]
        return submit_ready(items, lambda ready: self._submit_messages(ready, key))

    def verify(self, headers: Mapping[str, str], raw: bytes, url: str) -> bool:
        """
        Check the signature.
        """
        return is_signed(headers, raw, secrets=self._webhook_secrets, now=self._clock())

    def _submit_messages(self, items: Sequence[Sequence[bytes]], key: str) -> BatchResult:
        url, headers = f"{self._base_url}/emails/batch", {"Idempotency-Key": key}
        return self._submit(url, join_array(items), len(items), read=read_response, headers=headers)


def _item(copy: JsonCopy | Receipt, *, key: str) -> list[bytes] | Receipt:
    """
    Return the JSON of one message as fragments.

    The same copy gives the same bytes, which a repeated key requires.
    """
    if isinstance(copy, Receipt):
        return copy
    labels = message_labels(copy.recipient, key)._asdict()
    item: dict[str, Any] = {
        "from": format_from(copy.sender),
        # Always one address per message: two recipients would see each other.
        "to": [format_to(copy.recipient.name, copy.recipient.email)],
        "subject": copy.subject,
        "reply_to": copy.reply_to or None,
        "headers": dict(copy.headers) or None,
        "tags": [{"name": name, "value": value} for name, value in labels.items()],
    }
    return json_fragments(item, {"html": copy.html, "text": copy.text})

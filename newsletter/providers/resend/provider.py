"""
Send through Resend (https://resend.com/docs/api-reference).

A call has up to 100 whole messages. Repeating a call with its key within 24 hours gets the same
response and sends nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from newsletter.mail.merge.json_copy import JsonCopy
from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    Capabilities,
    Idempotency,
    LookUp,
    Receipt,
)
from newsletter.model.event import Event
from newsletter.model.mail import Mail, Recipient
from newsletter.model.rate import RateHeaders
from newsletter.providers.account import Account, check_account
from newsletter.providers.addresses import format_from, format_to
from newsletter.providers.http_client import Http
from newsletter.providers.message_copies import (
    fill_json_copies,
    join_array,
    json_fragments,
    submit_ready,
)
from newsletter.providers.message_labels import message_labels
from newsletter.providers.resend.events import is_signed, read_events
from newsletter.providers.resend.responses import read_response
from newsletter.providers.responses import look_up_unsupported, to_batch_result

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
        http=account.open_http(),
        webhook_secrets=account.webhook_secrets,
        deadline_s=account.deadline_s,
        clock=account.clock,
    )


class ResendProvider:
    """
    A Resend account.

    *clock* is needed to read dates in responses. *webhook_secrets* are the signing secrets
    of its webhook, two while it is being changed.

    Raises:
        SettingsError: the API key or the base URL is not valid.
    """

    def __init__(
        self,
        name: str,
        *,
        api_key: str,
        base_url: str = BASE_URL,
        http: Http,
        webhook_secrets: Sequence[str] = (),
        deadline_s: float = 60.0,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        check_account(name, api_key=api_key, base_url=base_url, found_at="resend.com/api-keys")
        self.name = name
        self._api_key = api_key
        self._url = f"{base_url.rstrip('/')}/emails/batch"
        self._http = http
        self._webhook_secrets = webhook_secrets
        self._deadline_s = deadline_s
        self._clock = clock
        # A test server has its own rate, which its responses may state.
        self._capabilities = (
            CAPABILITIES if base_url == BASE_URL else replace(CAPABILITIES, rate_per_s=None)
        )

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send one call for the recipients whose copies can be filled; return a receipt for
        everybody.
        """
        items = [_item(copy, key=key) for copy in fill_json_copies(mail, recipients)]
        return submit_ready(items, lambda ready: self._submit(ready, key))

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Return UNCERTAIN for everybody: sent mails cannot be found by our labels.
        """
        return look_up_unsupported(self, attempt)

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """
        Check the signature.
        """
        return is_signed(headers, raw, secrets=self._webhook_secrets, now=self._clock())

    def events(self, raw: bytes) -> list[Event]:
        """
        Return the event of a webhook.
        """
        return read_events(raw)

    def _submit(self, items: Sequence[Sequence[bytes]], key: str) -> BatchResult:
        response = self._http.post(
            self._url, join_array(items), self._headers(key), self._deadline_s
        )
        return to_batch_result(self, response, len(items), read=read_response, now=self._clock())

    def _headers(self, key: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self._api_key}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            # Required (https://resend.com/docs/api-reference/introduction).
            "User-Agent": "newsletter",
            "Idempotency-Key": key,
            # In strict mode, the default, one bad address makes the other 99 be refused.
            "x-batch-validation": "permissive",
        }


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

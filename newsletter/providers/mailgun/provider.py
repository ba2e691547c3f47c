"""
Send through Mailgun
(https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending).

A call has up to 1,000 recipients and the content once, with `%recipient.name%` in place of each
recipient's values. Mailgun has no idempotency keys; `event_log` finds out the result of a call.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Unpack

from newsletter.errors import SettingsError
from newsletter.mail.mime.message import ascii_address, format_address, unfold
from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    Capabilities,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import Account, HttpOptions, check_secret
from newsletter.providers.event_search import EventSearch
from newsletter.providers.http_account import HttpAccount, SharedParts
from newsletter.providers.http_client import HttpFailure, HttpResponse
from newsletter.providers.mailgun.event_log import MOST_PAGES, EventLog, events_since
from newsletter.providers.mailgun.events import SeenTokens, is_signed, read_events
from newsletter.providers.mailgun.multipart import encode_form
from newsletter.providers.mailgun.payload import entry_of, fields_of, language
from newsletter.providers.mailgun.responses import read_domain, read_response, with_retry_after
from newsletter.providers.message_copies import render_failure
from newsletter.providers.message_labels import message_labels
from newsletter.providers.responses import unknown_for_all

BASE_URLS: Mapping[str, str] = {
    "us": "https://api.mailgun.net",
    "eu": "https://api.eu.mailgun.net",
}
CAPABILITIES = Capabilities(
    max_recipients=1_000,
    # The limit for one message, with its parts encoded.
    max_bytes=25_000_000,
    shares_content=True,
    look_up=LookUp.EVENTS,
    # A page of the log is complete when it is half an hour old
    # (https://documentation.mailgun.com/docs/mailgun/user-manual/events/events#event-polling).
    look_up_lag=dt.timedelta(minutes=35),
)
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def open_mailgun(account: Account) -> MailgunProvider:
    """
    Open the domain that `[provider.NAME]` names, in its region.

    Raises:
        SettingsError: the domain is missing, or the region is unknown.
    """
    return MailgunProvider(
        account.name,
        domain=account.settings.domain or "",
        api_key=account.secret("api_key"),
        base_url=account.base_url(BASE_URLS),
        **account.http_options(),
    )


class MailgunProvider(HttpAccount):
    """
    A sending domain of Mailgun.

    Raises:
        SettingsError: the domain, the API key or the base URL is not valid.
    """

    events = staticmethod(read_events)

    def __init__(
        self,
        name: str,
        *,
        domain: str,
        api_key: str,
        base_url: str = BASE_URLS["us"],
        **options: Unpack[HttpOptions],
    ) -> None:
        # A path instead of a domain gets a meaningless 200.
        if not _DOMAIN.fullmatch(domain):
            raise SettingsError(
                f'[provider.{name}] domain must be a sending domain such as "mg.example.org"'
            )
        check_secret(name, "api_key", api_key, found_at="app.mailgun.com")
        password = base64.b64encode(f"api:{api_key}".encode()).decode()
        headers = {"Authorization": f"Basic {password}"}
        super().__init__(name, CAPABILITIES, base_url=base_url, headers=headers, **options)
        self._domain_url = f"{self._base_url}/v4/domains/{domain}"
        self._url = f"{self._base_url}/v3/{domain}"
        self._tokens = SeenTokens()

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send one call for the recipients whose values can be filled; return a receipt for
        everybody.

        The key is sent for `look_up`: a second call with it would send again.
        """
        parts = SharedParts(language(mail), _sender_fields, lambda template: template, entry_of)
        return self._send_shared(
            mail,
            recipients,
            key,
            parts=parts,
            submit=lambda sender, template, ready: self._submit_form(
                sender + fields_of(template, key, ready), len(ready)
            ),
        )

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Return ACCEPTED for each recipient whose message is in the log.

        If the log is complete and has nobody, return RETRY for all, because a call is accepted as a
        whole. If it has only some of them, the others stay UNCERTAIN.
        """
        page_s = self._deadline_s / MOST_PAGES
        log = EventLog(self._url, get=lambda url: self._get(url, deadline_s=page_s))
        found = log.find_deliveries(attempt, now=self._clock())
        if isinstance(found, str):
            return unknown_for_all(self, attempt, found)
        missing = ReceiptKind.UNCERTAIN if found else ReceiptKind.RETRY
        return BatchResult(
            receipts=tuple(
                Receipt(kind=ReceiptKind.ACCEPTED)
                if message_labels(who, attempt.key).delivery in found
                else Receipt(kind=missing, reason="not in the event log")
                for who in attempt.recipients
            )
        )

    def events_since(self, since: dt.datetime) -> Iterator[bytes]:
        """
        Yield the events of Mailgun's log, which goes back at least three days.

        Raises:
            ProviderError: the log cannot be fetched now, or is too long.
        """
        search = EventSearch(
            name=self.name, get=self._get, permission="the role Analyst, or an account key"
        )
        return events_since(search, self._url, since, now=self._clock())

    def check(self) -> str:
        """
        Check that the domain can send, and describe its state.

        Raises:
            SettingsError: it cannot send; the message says what to do.
        """
        return self._check(self._domain_url, read_domain)

    def verify(self, headers: Mapping[str, str], raw: bytes, url: str) -> bool:
        """
        Check the signature in the body; each is accepted for one body only.
        """
        return is_signed(raw, keys=self._webhook_secrets, tokens=self._tokens, now=self._clock())

    def _submit_form(self, fields: Sequence[tuple[str, str]], count: int) -> BatchResult:
        try:
            body, content_type = encode_form(fields)
        except UnicodeEncodeError as error:
            return BatchResult(receipts=(render_failure(error),) * count)
        headers = {"Content-Type": content_type}
        return self._submit(
            f"{self._url}/messages", body, count, read=read_response, headers=headers
        )

    def _post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> HttpResponse | HttpFailure:
        return with_retry_after(super()._post(url, body, headers))


def _sender_fields(mail: Mail) -> list[tuple[str, str]]:
    fields = [("from", unfold(format_address(mail.sender.name, mail.sender.address, "From")))]
    if mail.reply_to:
        fields.append(("h:Reply-To", ascii_address(mail.reply_to, "Reply-To")))
    return fields

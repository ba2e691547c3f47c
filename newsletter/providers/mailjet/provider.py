"""
Send through Mailjet, version 3.1 of its API (https://dev.mailjet.com/email/guides/send-api-v31/).

A call has up to 50 whole messages. Mailjet has no idempotency keys, but the messages of a call can
be found by the CustomID that we set.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from newsletter.errors import SettingsError
from newsletter.mail.merge.json_copy import JsonCopy
from newsletter.mail.mime.message import clean_text
from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    Capabilities,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.event import Event
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import Account, check_account, check_secret
from newsletter.providers.http_client import Http, HttpFailure
from newsletter.providers.mailjet.events import read_events
from newsletter.providers.mailjet.responses import read_found, read_response, read_senders
from newsletter.providers.message_copies import (
    fill_json_copies,
    join_array,
    json_fragments,
    submit_ready,
)
from newsletter.providers.message_labels import message_labels, to_label
from newsletter.providers.responses import to_batch_result, unknown_for_all
from newsletter.providers.webhooks import has_password

BASE_URL = "https://api.mailjet.com"
MOST = 50
CAPABILITIES = Capabilities(
    max_recipients=MOST,
    # Only attachments have a documented limit, 15 MB, which is used for the whole call.
    max_bytes=15_000_000,
    look_up=LookUp.OWN_ID,
    # It is not documented how soon a message can be found.
    look_up_lag=dt.timedelta(minutes=10),
    gives_ids=True,
)
# It is not documented how long messages can be found; one not found later may have been accepted.
SEARCH_RETENTION = dt.timedelta(days=6)
# How far Mailjet's clock and ours may differ in the search.
CLOCK_TOLERANCE = dt.timedelta(days=1)
# Mailjet sets these itself and refuses a message that has one (same guide, "Add Email Headers").
WITHHELD = frozenset({"date", "list-id", "message-id", "user-agent", "x-feedback-id"})
_KEYS_AT = "app.mailjet.com/account/apikeys"


def open_mailjet(account: Account) -> MailjetProvider:
    """
    Open the account that `[provider.NAME]` names.
    """
    return MailjetProvider(
        account.name,
        api_key=account.secret("api_key"),
        api_secret=account.secret("api_secret"),
        base_url=account.settings.base_url or BASE_URL,
        http=account.open_http(),
        webhook_secrets=account.webhook_secrets,
        deadline_s=account.deadline_s,
        clock=account.clock,
    )


class MailjetProvider:
    """
    A Mailjet account.

    *clock* is needed to read dates in responses. *webhook_secrets* are the `user:password` of
    which webhooks must carry one; there are none if the secret URL is enough.

    Raises:
        SettingsError: the API key, the API secret or the base URL is not valid.
    """

    def __init__(
        self,
        name: str,
        *,
        api_key: str,
        api_secret: str,
        base_url: str = BASE_URL,
        http: Http,
        webhook_secrets: Sequence[str] = (),
        deadline_s: float = 60.0,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        check_account(name, api_key=api_key, base_url=base_url, found_at=_KEYS_AT)
        check_secret(name, "api_secret", api_secret, found_at=_KEYS_AT)
        self.name = name
        self._credentials = base64.b64encode(f"{api_key}:{api_secret}".encode()).decode()
        self._base_url = base_url.rstrip("/")
        self._http = http
        self._webhook_secrets = webhook_secrets
        self._deadline_s = deadline_s
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send one call for the recipients whose copies can be filled; return a receipt for
        everybody.

        The key is sent as the CustomID of each message, for `look_up`: a second call with it would
        send again.
        """
        items = [_item(copy, key=key) for copy in fill_json_copies(mail, recipients)]
        return submit_ready(items, self._submit)

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Return ACCEPTED for each recipient whose message is found, and RETRY for the others.

        Return UNCERTAIN for all if the response is not clear, or comes too late to prove anything.
        """
        if self._clock() - attempt.submitted_at > SEARCH_RETENTION:
            return unknown_for_all(self, attempt, "submitted too long ago to be looked up")
        response = self._http.get(self._search(attempt), self._headers(), self._deadline_s)
        if isinstance(response, HttpFailure):
            return unknown_for_all(self, attempt, response.reason)
        addresses = {recipient.email.casefold() for recipient in attempt.recipients}
        found = read_found(response, to_label(attempt.key), addresses)
        if found is None:
            return unknown_for_all(
                self, attempt, f"HTTP {response.status}: no clear list of messages"
            )
        return BatchResult(
            receipts=tuple(_look_up_receipt(found, recipient) for recipient in attempt.recipients)
        )

    def check(self) -> str:
        """
        Say how many senders the account may use, without sending anything.

        Raises:
            SettingsError: the account cannot be used.
        """
        response = self._http.get(
            f"{self._base_url}/v3/REST/sender?Status=Active&countOnly=1",
            self._headers(),
            self._deadline_s,
        )
        if isinstance(response, HttpFailure):
            raise SettingsError(f"[provider.{self.name}] {response.reason}: check base_url")
        try:
            return read_senders(response)
        except ValueError as error:
            raise SettingsError(f"[provider.{self.name}] {error}") from error

    def _search(self, attempt: Attempt) -> str:
        """
        Return the URL that lists the messages of one call with their addresses.
        """
        parameters = {
            "CustomID": to_label(attempt.key),
            "FromTS": int((attempt.submitted_at - CLOCK_TOLERANCE).timestamp()),
            "ShowContactAlt": "true",
            "ShowCustomID": "true",
            # More than a call has, to notice a search that finds other messages.
            "Limit": 2 * MOST,
        }
        return f"{self._base_url}/v3/REST/message?{urlencode(parameters)}"

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """
        Check the password if one is set: webhooks are not signed, and their URL is secret.
        """
        return not self._webhook_secrets or has_password(headers, self._webhook_secrets)

    def events(self, raw: bytes) -> list[Event]:
        """
        Return the events of a webhook, one or several.
        """
        return read_events(raw)

    def _submit(self, items: Sequence[Sequence[bytes]]) -> BatchResult:
        response = self._http.post(
            f"{self._base_url}/v3.1/send",
            join_array(items, before=b'{"Messages":[', after=b"]}"),
            self._headers(),
            self._deadline_s,
        )
        return to_batch_result(self, response, len(items), read=read_response, now=self._clock())

    def _headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Basic {self._credentials}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }


def _item(copy: JsonCopy | Receipt, *, key: str) -> list[bytes] | Receipt:
    """
    Return the JSON of one message as fragments.
    """
    if isinstance(copy, Receipt):
        return copy
    labels = message_labels(copy.recipient, key)
    item: dict[str, Any] = {
        "From": _mailbox(copy.sender.name, copy.sender.address),
        # Always one address per message: two recipients would see each other.
        "To": [_mailbox(copy.recipient.name, copy.recipient.email)],
        "Subject": copy.subject,
        "ReplyTo": {"Email": copy.reply_to} if copy.reply_to else None,
        "Headers": {n: value for n, value in copy.headers if n.lower() not in WITHHELD} or None,
        "CustomID": labels.batch,
        "EventPayload": orjson.dumps(labels._asdict()).decode(),
        # The mail is sent as frozen: no values are filled in, and links are not rewritten.
        "TemplateLanguage": False,
        "TrackOpens": "disabled",
        "TrackClicks": "disabled",
    }
    return json_fragments(item, {"HTMLPart": copy.html, "TextPart": copy.text})


def _mailbox(name: str, address: str) -> dict[str, str]:
    return {"Email": address, "Name": clean_text(name)}


def _look_up_receipt(found: Mapping[str, str], recipient: Recipient) -> Receipt:
    message_id = found.get(recipient.email.casefold())
    if message_id is None:
        return Receipt(kind=ReceiptKind.RETRY, reason="not found by the search")
    return Receipt(kind=ReceiptKind.ACCEPTED, provider_id=message_id)

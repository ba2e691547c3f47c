"""
Send through Mailjet, version 3.1 of its API (https://dev.mailjet.com/email/guides/send-api-v31/).

A call has up to 50 whole messages. Mailjet has no idempotency keys, but the messages of a call can
be found by the CustomID that we set.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Unpack
from urllib.parse import urlencode

import orjson

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
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import Account, HttpOptions, check_secret
from newsletter.providers.http_account import JSON_HEADERS, HttpAccount
from newsletter.providers.http_client import HttpFailure
from newsletter.providers.mailjet.events import read_events
from newsletter.providers.mailjet.responses import read_found, read_response, read_senders
from newsletter.providers.message_copies import (
    fill_json_copies,
    join_array,
    json_fragments,
    submit_ready,
)
from newsletter.providers.message_labels import message_labels, to_label
from newsletter.providers.responses import unknown_for_all

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
        **account.http_options(),
    )


class MailjetProvider(HttpAccount):
    """
    A Mailjet account.

    Raises:
        SettingsError: the API key, the API secret or the base URL is not valid.
    """

    events = staticmethod(read_events)

    def __init__(
        self,
        name: str,
        *,
        api_key: str,
        api_secret: str,
        base_url: str = BASE_URL,
        **options: Unpack[HttpOptions],
    ) -> None:
        check_secret(name, "api_key", api_key, found_at=_KEYS_AT)
        check_secret(name, "api_secret", api_secret, found_at=_KEYS_AT)
        credentials = base64.b64encode(f"{api_key}:{api_secret}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", **JSON_HEADERS}
        super().__init__(name, CAPABILITIES, base_url=base_url, headers=headers, **options)

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send one call for the recipients whose copies can be filled; return a receipt for
        everybody.

        The key is sent as the CustomID of each message, for `look_up`: a second call with it would
        send again.
        """
        items = [_item(copy, key=key) for copy in fill_json_copies(mail, recipients)]
        return submit_ready(items, self._submit_messages)

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Return ACCEPTED for each recipient whose message is found, and RETRY for the others.

        Return UNCERTAIN for all if the response is not clear, or comes too late to prove anything.
        """
        if self._clock() - attempt.submitted_at > SEARCH_RETENTION:
            return unknown_for_all(self, attempt, "submitted too long ago to be looked up")
        response = self._get(self._search(attempt))
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
        url = f"{self._base_url}/v3/REST/sender?Status=Active&countOnly=1"
        return self._check(url, read_senders)

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

    def _submit_messages(self, items: Sequence[Sequence[bytes]]) -> BatchResult:
        url = f"{self._base_url}/v3.1/send"
        body = join_array(items, before=b'{"Messages":[', after=b"]}")
        return self._submit(url, body, len(items), read=read_response)


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

"""
Send through Postmark (https://postmarkapp.com/developer/api/email-api).

A call has up to 500 whole messages. Postmark has no idempotency keys, but messages can be found by
the metadata that we set.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Unpack
from urllib.parse import urlencode

from newsletter.mail.merge.json_copy import JsonCopy
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
from newsletter.providers.addresses import format_from, format_to
from newsletter.providers.event_search import EventSearch
from newsletter.providers.http_account import JSON_HEADERS, HttpAccount
from newsletter.providers.http_client import HttpFailure
from newsletter.providers.message_copies import (
    fill_json_copies,
    join_array,
    json_fragments,
    submit_ready,
)
from newsletter.providers.message_labels import message_labels, to_label
from newsletter.providers.postmark.event_search import events_since
from newsletter.providers.postmark.events import read_events
from newsletter.providers.postmark.responses import read_found, read_response
from newsletter.providers.responses import unknown_for_all

BASE_URL = "https://api.postmarkapp.com"
# The broadcast stream that every Postmark server has by default.
STREAM = "broadcast"
MOST = 500
CAPABILITIES = Capabilities(
    max_recipients=MOST,
    max_bytes=50_000_000,
    look_up=LookUp.OWN_ID,
    # Not documented; seconds to minutes were observed.
    look_up_lag=dt.timedelta(minutes=10),
    gives_ids=True,
)
# An account may keep its messages for only 7 days (https://postmarkapp.com/developer/api/messages-api):
# a message that is not found later may still have been accepted.
SEARCH_RETENTION = dt.timedelta(days=6)


def open_postmark(account: Account) -> PostmarkProvider:
    """
    Open the server and stream that `[provider.NAME]` names.
    """
    return PostmarkProvider(
        account.name,
        api_key=account.secret("api_key"),
        stream=account.settings.stream or STREAM,
        base_url=account.settings.base_url or BASE_URL,
        **account.http_options(),
    )


class PostmarkProvider(HttpAccount):
    """
    A Postmark server (their word for a set of streams); *stream* is one of its broadcast streams.

    Raises:
        SettingsError: the API key or the base URL is not valid.
    """

    events = staticmethod(read_events)

    def __init__(
        self,
        name: str,
        *,
        api_key: str,
        stream: str = STREAM,
        base_url: str = BASE_URL,
        **options: Unpack[HttpOptions],
    ) -> None:
        where = "the API Tokens page of your server at postmarkapp.com"
        check_secret(name, "api_key", api_key, found_at=where)
        headers = {"X-Postmark-Server-Token": api_key, **JSON_HEADERS}
        super().__init__(name, CAPABILITIES, base_url=base_url, headers=headers, **options)
        self._stream = stream

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send one call for the recipients whose copies can be filled; return a receipt for
        everybody.

        The key is sent as metadata, for `look_up`: a second call with it would send again.
        """
        items = [
            _item(copy, stream=self._stream, key=key) for copy in fill_json_copies(mail, recipients)
        ]
        return submit_ready(items, self._submit_messages)

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Return ACCEPTED for each recipient whose message is found, and RETRY for the others.

        Return UNCERTAIN for all if the response is not clear, or comes too late to prove anything.
        """
        if self._clock() - attempt.submitted_at > SEARCH_RETENTION:
            return unknown_for_all(self, attempt, "submitted too long ago to be looked up")
        response = self._get(self._search(attempt.key))
        if isinstance(response, HttpFailure):
            return unknown_for_all(self, attempt, response.reason)
        found = read_found(response, to_label(attempt.key), most=MOST)
        if found is None:
            return unknown_for_all(
                self, attempt, f"HTTP {response.status}: no clear list of messages"
            )
        return BatchResult(
            receipts=tuple(
                _look_up_receipt(found, recipient, attempt.key) for recipient in attempt.recipients
            )
        )

    def events_since(self, since: dt.datetime) -> Iterator[bytes]:
        """
        Yield the bounces and complaints since *since*.

        Raises:
            ProviderError: the list cannot be fetched now, or is too long.
        """
        search = EventSearch(name=self.name, get=self._get, permission="a server API token")
        return events_since(search, self._base_url, since, stream=self._stream)

    def _search(self, key: str) -> str:
        """
        Return the URL that lists the messages of one call, on one page of up to 500.

        The search accepts one field of metadata.
        """
        parameters = {
            "count": MOST,
            "offset": 0,
            # Without this, only the stream for transactional mail is searched.
            "messagestream": self._stream,
            "metadata_batch": to_label(key),
        }
        return f"{self._base_url}/messages/outbound?{urlencode(parameters)}"

    def _submit_messages(self, items: Sequence[Sequence[bytes]]) -> BatchResult:
        url = f"{self._base_url}/email/batch"
        return self._submit(url, join_array(items), len(items), read=read_response)


def _item(copy: JsonCopy | Receipt, *, stream: str, key: str) -> list[bytes] | Receipt:
    """
    Return the JSON of one message as fragments.
    """
    if isinstance(copy, Receipt):
        return copy
    item: dict[str, Any] = {
        "From": format_from(copy.sender),
        # Always one address per message: two recipients would see each other.
        "To": format_to(copy.recipient.name, copy.recipient.email),
        "Subject": copy.subject,
        "ReplyTo": copy.reply_to,
        "Headers": [{"Name": name, "Value": value} for name, value in copy.headers],
        "Metadata": message_labels(copy.recipient, key)._asdict(),
        "MessageStream": stream,
        # The mail is sent as frozen: links are not rewritten, whatever the server's settings.
        "TrackOpens": False,
        "TrackLinks": "None",
    }
    return json_fragments(item, {"HtmlBody": copy.html, "TextBody": copy.text})


def _look_up_receipt(found: Mapping[str, str | None], recipient: Recipient, key: str) -> Receipt:
    delivery = message_labels(recipient, key).delivery
    if delivery in found:
        return Receipt(kind=ReceiptKind.ACCEPTED, provider_id=found[delivery])
    return Receipt(kind=ReceiptKind.RETRY, reason="not found by the search")

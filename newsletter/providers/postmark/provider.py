"""
Send through Postmark (https://postmarkapp.com/developer/api/email-api).

A call has up to 500 whole messages. Postmark has no idempotency keys, but messages can be found by
the metadata that we set.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
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
from newsletter.model.event import Event
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import Account, check_account
from newsletter.providers.addresses import format_from, format_to
from newsletter.providers.event_search import EventSearch
from newsletter.providers.http_client import Http, HttpFailure, HttpResponse
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
from newsletter.providers.responses import to_batch_result, unknown_for_all
from newsletter.providers.webhooks import has_password

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
        http=account.open_http(),
        webhook_secrets=account.webhook_secrets,
        deadline_s=account.deadline_s,
        clock=account.clock,
    )


class PostmarkProvider:
    """
    A Postmark server (their word for a set of streams); *stream* is one of its broadcast streams.

    *clock* is needed to read dates in responses. *webhook_secrets* are the `user:password` of
    which webhooks must carry one; there are none if the secret URL is enough.

    Raises:
        SettingsError: the API key or the base URL is not valid.
    """

    def __init__(
        self,
        name: str,
        *,
        api_key: str,
        stream: str = STREAM,
        base_url: str = BASE_URL,
        http: Http,
        webhook_secrets: Sequence[str] = (),
        deadline_s: float = 60.0,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        check_account(
            name,
            api_key=api_key,
            base_url=base_url,
            found_at="the API Tokens page of your server at postmarkapp.com",
        )
        self.name = name
        self._api_key = api_key
        self._stream = stream
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

        The key is sent as metadata, for `look_up`: a second call with it would send again.
        """
        items = [
            _item(copy, stream=self._stream, key=key) for copy in fill_json_copies(mail, recipients)
        ]
        return submit_ready(items, self._submit)

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

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """
        Check the password if one is set: webhooks are not signed, and their URL is secret.
        """
        return not self._webhook_secrets or has_password(headers, self._webhook_secrets)

    def events(self, raw: bytes) -> list[Event]:
        """
        Return the event of a webhook.
        """
        return read_events(raw)

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

    def _get(self, url: str) -> HttpResponse | HttpFailure:
        return self._http.get(url, self._headers(), self._deadline_s)

    def _submit(self, items: Sequence[Sequence[bytes]]) -> BatchResult:
        response = self._http.post(
            f"{self._base_url}/email/batch",
            join_array(items),
            self._headers(),
            self._deadline_s,
        )
        return to_batch_result(self, response, len(items), read=read_response, now=self._clock())

    def _headers(self) -> dict[str, str]:
        return {
            "X-Postmark-Server-Token": self._api_key,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }


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

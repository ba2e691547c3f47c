"""
Send through Brevo (https://developers.brevo.com/docs/batch-send-transactional-emails).

A call has up to 500 recipients and the content once, in Brevo's template language. A repeated
idempotency key is refused, which shows that the first call was accepted
(https://developers.brevo.com/docs/heterogenous-versions-batch-emails).
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Unpack

import orjson

from newsletter.mail.merge.provider_template import Language, TemplatedMail
from newsletter.mail.mime.message import clean_text, format_header, unfold
from newsletter.model.delivery import BatchResult, Capabilities, Idempotency
from newsletter.model.mail import Mail, Recipient
from newsletter.model.rate import RateHeaders
from newsletter.providers.account import Account, HttpOptions, check_secret
from newsletter.providers.addresses import encode_name
from newsletter.providers.brevo.event_search import events_since
from newsletter.providers.brevo.events import read_events
from newsletter.providers.brevo.responses import read_account, read_response
from newsletter.providers.event_search import EventSearch
from newsletter.providers.http_account import JSON_HEADERS, HttpAccount, SharedParts
from newsletter.providers.message_copies import join_shared
from newsletter.providers.message_labels import message_labels
from newsletter.providers.responses import TOO_LARGE

BASE_URL = "https://api.brevo.com"
CAPABILITIES = Capabilities(
    # A call may have 1,000, but the values of all of them share 1,000 KB.
    max_recipients=500,
    # The limit for a mail with its attachments; no limit for a call is documented.
    max_bytes=20_000_000,
    shares_content=True,
    idempotency=Idempotency.REPLAY,
    # Its guide says 30 minutes, its changelog 15.
    key_life=dt.timedelta(minutes=15),
    gives_ids=True,
    # 100 such calls a minute (https://developers.brevo.com/docs/batch-send-transactional-emails).
    rate_per_s=1.6,
    rate_headers=RateHeaders(
        limit="x-sib-ratelimit-limit",
        remaining="x-sib-ratelimit-remaining",
        reset="x-sib-ratelimit-reset",
        # The period of the limit is not documented: a minute is the longest possible.
        window_s=60.0,
    ),
)
# Limits for the values of all recipients in a call, and for the characters of a name (the API
# reference of `messageVersions` and `sender`).
PARAMS_BYTES = 1_000_000
LONGEST_NAME = 70
# Like Django's: `{{ }}`, `{% %}` and `{# #}` have a meaning, and values are escaped for HTML in
# every part unless that is switched off (https://help.brevo.com/hc/en-us/articles/360018252080).
# Our values are already escaped for their place.
LANGUAGE = Language(
    place=lambda name: "{% autoescape off %}{{params." + name + "}}{% endautoescape %}",
    special=re.compile(r"(?<![{}%#])(?=[%#]*[{}])[{}%#]{2,}|\{\Z|\A\}"),
)


def open_brevo(account: Account) -> BrevoProvider:
    """
    Open the account that `[provider.NAME]` names.
    """
    return BrevoProvider(
        account.name,
        api_key=account.secret("api_key"),
        base_url=account.settings.base_url or BASE_URL,
        **account.http_options(),
    )


class BrevoProvider(HttpAccount):
    """
    A Brevo account.

    Raises:
        SettingsError: the API key or the base URL is not valid.
    """

    events = staticmethod(read_events)

    def __init__(
        self, name: str, *, api_key: str, base_url: str = BASE_URL, **options: Unpack[HttpOptions]
    ) -> None:
        check_secret(name, "api_key", api_key, found_at="app.brevo.com/settings/keys/api")
        super().__init__(
            name,
            CAPABILITIES,
            base_url=base_url,
            headers={"api-key": api_key, **JSON_HEADERS},
            rate_applies_at=BASE_URL,
            **options,
        )

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send one call for the recipients whose values can be filled; return a receipt for
        everybody.
        """
        parts = SharedParts(
            LANGUAGE, _sender_fields, lambda template: _content(template, key), _version
        )
        return self._send_shared(mail, recipients, key, parts=parts, submit=self._submit_versions)

    def events_since(self, since: dt.datetime) -> Iterator[bytes]:
        """
        Yield the events in Brevo's list, which goes back thirty days.

        Raises:
            ProviderError: the list cannot be fetched now, or is too long.
        """
        search = EventSearch(
            name=self.name, get=self._get, permission="to be a key for version 3 of the API"
        )
        return events_since(search, self._base_url, since, now=self._clock())

    def check(self) -> str:
        """
        Describe what the account may send, without sending anything.

        Raises:
            SettingsError: the account cannot be used.
        """
        return self._check(f"{self._base_url}/v3/account", read_account)

    def _submit_versions(
        self, sender: bytes, content: bytes, items: Sequence[bytes]
    ) -> BatchResult:
        if sum(map(len, items)) > PARAMS_BYTES:
            result = self._same_for_all(
                TOO_LARGE, len(items), "the merge values of the call exceed 1,000 KB"
            )
            return replace(result, counts_as_attempt=False)
        body = join_shared(sender, content, "messageVersions", items)
        url = f"{self._base_url}/v3/smtp/email"
        return self._submit(url, body, len(items), read=read_response)


def _sender_fields(mail: Mail) -> bytes:
    fields: dict[str, Any] = {"sender": _mailbox(mail.sender.name, mail.sender.address)}
    if mail.reply_to:
        fields["replyTo"] = {"email": mail.reply_to}
    return orjson.dumps(fields)


def _content(template: TemplatedMail, key: str) -> bytes:
    """
    Return the content and the key. Brevo's keys must be UUIDs, so one is derived from *key*.
    """
    return orjson.dumps(
        {
            "subject": template.subject,
            "htmlContent": template.html,
            "textContent": template.text,
            "headers": {"idempotencyKey": str(uuid.uuid5(uuid.NAMESPACE_OID, key))},
        }
    )


def _version(template: TemplatedMail, recipient: Recipient, key: str) -> bytes:
    """
    Return the JSON of one recipient.

    The value of X-Mailin-custom comes back in events; a header beyond ASCII would be sent raw and
    bounce (the notes of django-anymail's Brevo backend).
    """
    own = template.values_for(recipient)
    headers = {name: _header(name, value) for name, value in own.headers}
    labels = orjson.dumps(message_labels(recipient, key)._asdict()).decode()
    return orjson.dumps(
        {
            # Always one address per version: two recipients would see each other.
            "to": [_mailbox(recipient.name, recipient.email)],
            "params": own.values,
            "headers": headers | {"X-Mailin-custom": labels},
        }
    )


def _mailbox(name: str, address: str) -> dict[str, str]:
    """
    Return *address* with its name. Brevo drops a name that has both punctuation and characters
    outside ASCII, so that is encoded, and cut until it fits.
    """
    shown = clean_text(name)[:LONGEST_NAME]
    is_plain = "=?" not in shown and (shown.isascii() or shown.replace(" ", "").isalnum())
    encoded = shown if is_plain else encode_name(shown)
    while len(encoded) > LONGEST_NAME:
        shown = shown[:-1]
        encoded = encode_name(shown)
    return {"email": address, "name": encoded} if encoded else {"email": address}


def _header(name: str, value: str) -> str:
    """
    Return the header's *value* on one line. Brevo decodes an encoded list name and sends it as raw
    8-bit text, which bounces, so List-Id has only the id.
    """
    bare = value[value.rfind("<") :] if name.lower() == "list-id" else value
    return unfold(format_header(name, bare))

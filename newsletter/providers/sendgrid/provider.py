"""
Send through SendGrid (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send).

A call has up to 1,000 recipients and the content once, with tags that SendGrid replaces with each
recipient's values. It has no idempotency keys, and its paid search cannot find mails by our labels.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import orjson

from newsletter.errors import MergeError
from newsletter.mail.merge.provider_template import Language, TemplatedMail
from newsletter.mail.mime.message import ascii_address, clean_text, format_header, unfold
from newsletter.model.delivery import BatchResult, Capabilities
from newsletter.model.mail import Mail, Recipient
from newsletter.model.rate import RateHeaders
from newsletter.providers.account import Account, HttpOptions, check_secret
from newsletter.providers.http_account import JSON_HEADERS, HttpAccount, SharedParts
from newsletter.providers.message_copies import join_shared
from newsletter.providers.message_labels import message_labels
from newsletter.providers.sendgrid.events import custom_args, is_signed, open_keys, read_events
from newsletter.providers.sendgrid.responses import read_response, read_scopes

BASE_URLS: Mapping[str, str] = {
    "us": "https://api.sendgrid.com",
    "eu": "https://api.eu.sendgrid.com",
}
CAPABILITIES = Capabilities(
    max_recipients=1_000,
    # The limit for one message, with its parts encoded.
    max_bytes=30_000_000,
    shares_content=True,
    # The period of the limit is not documented, so only the remaining calls are read.
    rate_headers=RateHeaders(
        limit="",
        remaining="x-ratelimit-remaining",
        reset="x-ratelimit-reset",
        reset_is_instant=True,
    ),
)
# The limit for the substitutions of one recipient, names and values.
MOST_BYTES = 10_000
# Disables tracking by links and images, which is on by default.
_NO_TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
}
_NEVER_MATCHES = re.compile(r"(?!)")


def open_sendgrid(account: Account) -> SendgridProvider:
    """
    Open the account that `[provider.NAME]` names, in its region.

    Raises:
        SettingsError: the region is unknown.
    """
    return SendgridProvider(
        account.name,
        api_key=account.secret("api_key"),
        base_url=account.base_url(BASE_URLS),
        **account.http_options(),
    )


class SendgridProvider(HttpAccount):
    """
    A SendGrid account.

    *webhook_secrets* are the public keys of its webhooks; without any, no webhook is accepted.

    Raises:
        SettingsError: the API key, the public key or the base URL is not valid.
    """

    events = staticmethod(read_events)

    def __init__(
        self,
        name: str,
        *,
        api_key: str,
        base_url: str = BASE_URLS["us"],
        **options: Unpack[HttpOptions],
    ) -> None:
        check_secret(name, "api_key", api_key, found_at="app.sendgrid.com")
        headers = {"Authorization": f"Bearer {api_key}", **JSON_HEADERS}
        super().__init__(name, CAPABILITIES, base_url=base_url, headers=headers, **options)
        self._checks = open_keys(name, self._webhook_secrets)

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send one call for the recipients whose values can be filled; return a receipt for
        everybody.

        The key comes back in events: a second call with it would send again.
        """
        parts = SharedParts(_language(mail), _sender_fields, _content, _entry)
        return self._send_shared(mail, recipients, key, parts=parts, submit=self._submit_entries)

    def check(self) -> str:
        """
        Check that the API key may send, and describe it.

        Raises:
            SettingsError: the key may not send; the message says what to do.
        """
        return self._check(f"{self._base_url}/v3/scopes", read_scopes)

    def verify(self, headers: Mapping[str, str], raw: bytes, url: str) -> bool:
        """
        Check the signature over time and body.
        """
        return is_signed(headers, raw, checks=self._checks, now=self._clock())

    def _submit_entries(self, sender: bytes, content: bytes, items: Sequence[bytes]) -> BatchResult:
        body = join_shared(sender, content, "personalizations", items)
        url = f"{self._base_url}/v3/mail/send"
        return self._submit(url, body, len(items), read=read_response)


def _language(mail: Mail) -> Language:
    """
    Return SendGrid's language with tags that contain the mail's nonce.

    SendGrid replaces tags everywhere, without escaping, and no text or value can contain one.
    """
    return Language(place=lambda name: _tag(mail.nonce, name), special=_NEVER_MATCHES)


def _tag(nonce: str, name: str) -> str:
    return f"-n{nonce}{name}-"


def _sender_fields(mail: Mail) -> bytes:
    address = ascii_address(mail.sender.address, "From")
    fields: dict[str, Any] = {"from": _mailbox(mail.sender.name, address)}
    if mail.reply_to:
        fields["reply_to"] = {"email": ascii_address(mail.reply_to, "Reply-To")}
    return orjson.dumps(fields)


def _mailbox(name: str, address: str) -> dict[str, str]:
    shown = clean_text(name)
    return {"email": address, "name": shown} if shown else {"email": address}


def _content(template: TemplatedMail) -> bytes:
    """
    Return the subject and the parts, plain text first as SendGrid requires. No part may be empty.
    """
    parts = (("text/plain", template.text), ("text/html", template.html))
    return orjson.dumps(
        {
            "subject": template.subject,
            "content": [{"type": kind, "value": value} for kind, value in parts if value],
            "tracking_settings": _NO_TRACKING,
        }
    )


def _entry(template: TemplatedMail, recipient: Recipient, key: str) -> bytes:
    """
    Return the JSON of one recipient.
    """
    own = template.values_for(recipient)
    nonce = template.compiled.mail.nonce
    tags = {_tag(nonce, name): value for name, value in own.values.items()}
    used = sum(len(name) + len(value.encode()) for name, value in tags.items())
    if used > MOST_BYTES:
        raise MergeError(f"the merge values have {used} bytes, of at most {MOST_BYTES}")
    entry = {
        # Always one address per entry: two recipients would see each other.
        "to": [_mailbox(recipient.name, ascii_address(recipient.email, "To"))],
        "headers": {name: unfold(format_header(name, value)) for name, value in own.headers},
        "substitutions": tags,
        "custom_args": custom_args(message_labels(recipient, key)),
    }
    return orjson.dumps({name: value for name, value in entry.items() if value})

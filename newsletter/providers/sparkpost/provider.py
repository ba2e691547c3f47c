"""
Send through SparkPost (https://developers.sparkpost.com/api/transmissions/).

A call has many recipients and the content once, in SparkPost's template language. SparkPost
replaces our List-Unsubscribe with its own. Its documentation contradicts itself about idempotency
keys, so we use none, and earlier calls cannot be looked up.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Unpack

import orjson

from newsletter.mail.merge.provider_template import Language, TemplatedMail
from newsletter.mail.mime.message import ascii_address, clean_text, format_header, unfold
from newsletter.model.delivery import BatchResult, Capabilities
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import Account, HttpOptions, check_secret
from newsletter.providers.event_search import EventSearch
from newsletter.providers.http_account import JSON_HEADERS, HttpAccount, SharedParts
from newsletter.providers.message_copies import join_shared
from newsletter.providers.message_labels import message_labels
from newsletter.providers.sparkpost.event_search import events_since
from newsletter.providers.sparkpost.events import read_events
from newsletter.providers.sparkpost.responses import read_account, read_response

BASE_URLS: Mapping[str, str] = {
    "us": "https://api.sparkpost.com",
    "eu": "https://api.eu.sparkpost.com",
}
CAPABILITIES = Capabilities(
    max_recipients=2_000,
    # The limit for the content of a call.
    max_bytes=20_000_000,
    shares_content=True,
)
# Three braces insert a value unescaped; two would escape it for HTML, or for a URL in a link. In
# the text part `[[` begins an attribute of a link. A brace next to a place would be read with it
# (https://developers.sparkpost.com/api/template-language/).
LANGUAGE = Language(
    place=lambda name: "{{{" + name + "}}}",
    special=re.compile(r"(?=[{}\[])(?:[{}\[]{2,}|\{\Z|\A\})"),
)
_SENDER_NAME = "sender"
# The mail is sent as frozen: links are not rewritten.
_NO_TRACKING = {"open_tracking": False, "click_tracking": False}
# SparkPost puts a reader's name into quotes, and may interpret it as a template.
_NOT_IN_NAMES = re.compile(r'["\\{}]')


def open_sparkpost(account: Account) -> SparkpostProvider:
    """
    Open the account that `[provider.NAME]` names, in its region.

    Raises:
        SettingsError: the region is unknown.
    """
    return SparkpostProvider(
        account.name,
        api_key=account.secret("api_key"),
        base_url=account.base_url(BASE_URLS),
        **account.http_options(),
    )


class SparkpostProvider(HttpAccount):
    """
    A SparkPost account.

    Raises:
        SettingsError: the API key or the base URL is not valid.
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
        check_secret(name, "api_key", api_key, found_at="app.sparkpost.com/account/api-keys")
        headers = {"Authorization": api_key, **JSON_HEADERS}
        super().__init__(name, CAPABILITIES, base_url=base_url, headers=headers, **options)

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send one call for the recipients whose values can be filled; return a receipt for
        everybody.

        The key is sent as metadata: a second call with it would send again.
        """
        parts = SharedParts(LANGUAGE, _sender_fields, _content, _recipient)
        submit = partial(self._submit_recipients, mail)
        return self._send_shared(mail, recipients, key, parts=parts, submit=submit)

    def events_since(self, since: dt.datetime) -> Iterator[bytes]:
        """
        Yield the events that SparkPost's search finds, which goes back ten days.

        Raises:
            ProviderError: the search fails now, or finds too many.
        """
        search = EventSearch(name=self.name, get=self._get, permission="Events: Read-only")
        return events_since(search, self._base_url, since)

    def check(self) -> str:
        """
        Describe whether the account may send and how SparkPost changes our mails.

        Raises:
            SettingsError: the account cannot be used.
        """
        found = self._check(f"{self._base_url}/api/v1/account", read_account)
        return f"{found}; SparkPost replaces List-Unsubscribe with its own: read its guide first"

    def _submit_recipients(
        self, mail: Mail, sender: bytes, content: bytes, items: Sequence[bytes]
    ) -> BatchResult:
        name = {_SENDER_NAME: clean_text(mail.sender.name)}
        options = orjson.dumps({"options": _NO_TRACKING, "substitution_data": name})
        both = b'{"content":%s,%s}' % (sender[:-1], content[1:])
        url = f"{self._base_url}/api/v1/transmissions"
        body = join_shared(options, both, "recipients", items)
        return self._submit(url, body, len(items), read=read_response)


def _sender_fields(mail: Mail) -> bytes:
    """
    Return the fields about the sender. SparkPost interprets its template language in the name too,
    so the name is a value.
    """
    name = {"name": LANGUAGE.place(_SENDER_NAME)} if clean_text(mail.sender.name) else {}
    fields: dict[str, Any] = {"from": {"email": mail.sender.address, **name}}
    if mail.reply_to:
        fields["reply_to"] = ascii_address(mail.reply_to, "Reply-To")
    return orjson.dumps(fields)


def _content(template: TemplatedMail) -> bytes:
    """
    Return the subject, the parts and the headers, whose values are each recipient's.
    """
    names = (header for header, _ in template.compiled.mail.headers)
    return orjson.dumps(
        {
            "subject": template.subject,
            "html": template.html,
            "text": template.text,
            "headers": {header: LANGUAGE.place(f"x{n}") for n, header in enumerate(names)},
        }
    )


def _recipient(template: TemplatedMail, recipient: Recipient, key: str) -> bytes:
    """
    Return the JSON of one recipient.
    """
    own = template.values_for(recipient)
    headers = {
        f"x{n}": unfold(format_header(name, value)) for n, (name, value) in enumerate(own.headers)
    }
    return orjson.dumps(
        {
            "address": {"email": ascii_address(recipient.email, "To"), **_named(recipient)},
            "metadata": message_labels(recipient, key)._asdict(),
            "substitution_data": {**own.values, **headers},
        }
    )


def _named(recipient: Recipient) -> dict[str, str]:
    """
    Return the reader's name, if there is one that cannot break the To header.
    """
    name = clean_text(recipient.name)
    return {"name": name} if name and not _NOT_IN_NAMES.search(name) else {}

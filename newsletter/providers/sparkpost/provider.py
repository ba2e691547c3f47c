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
from typing import Any, Unpack

import orjson

from newsletter.errors import MergeError
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.provider_template import Language, TemplatedMail, to_provider_template
from newsletter.mail.mime.message import ascii_address, clean_text, format_header, unfold
from newsletter.model.delivery import BatchResult, Capabilities, Receipt
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import Account, HttpOptions, check_secret
from newsletter.providers.event_search import EventSearch
from newsletter.providers.http_account import JSON_HEADERS, HttpAccount
from newsletter.providers.message_copies import render_failure, submit_ready
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
        try:
            template = to_provider_template(compile_mail(mail), LANGUAGE)
            common = orjson.dumps(_common_fields(mail, template))
        except (MergeError, orjson.JSONEncodeError) as error:
            return BatchResult(receipts=(render_failure(error),) * len(recipients))
        items = [_recipient(template, recipient, key) for recipient in recipients]
        return submit_ready(items, lambda ready: self._submit_recipients(common, ready))

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

    def _submit_recipients(self, common: bytes, items: Sequence[bytes]) -> BatchResult:
        body = common[:-1] + b',"recipients":[' + b",".join(items) + b"]}"
        url = f"{self._base_url}/api/v1/transmissions"
        return self._submit(url, body, len(items), read=read_response)


def _common_fields(mail: Mail, template: TemplatedMail) -> dict[str, Any]:
    """
    Return the fields that all recipients share.

    SparkPost interprets its template language in the sender's name and in headers too.
    """
    name = clean_text(mail.sender.name)
    content: dict[str, Any] = {
        "from": {"email": mail.sender.address}
        | ({"name": LANGUAGE.place(_SENDER_NAME)} if name else {}),
        "subject": template.subject,
        "html": template.html,
        "text": template.text,
        "headers": {header: LANGUAGE.place(f"x{n}") for n, (header, _) in enumerate(mail.headers)},
    }
    if mail.reply_to:
        content["reply_to"] = ascii_address(mail.reply_to, "Reply-To")
    return {
        # The mail is sent as frozen: links are not rewritten.
        "options": {"open_tracking": False, "click_tracking": False},
        "substitution_data": {_SENDER_NAME: name},
        "content": content,
    }


def _recipient(template: TemplatedMail, recipient: Recipient, key: str) -> bytes | Receipt:
    """
    Return the JSON of one recipient, or the receipt that says why it cannot be filled.
    """
    try:
        own = template.values_for(recipient)
        headers = {
            f"x{n}": unfold(format_header(name, value))
            for n, (name, value) in enumerate(own.headers)
        }
        return orjson.dumps(
            {
                "address": {"email": ascii_address(recipient.email, "To"), **_named(recipient)},
                "metadata": message_labels(recipient, key)._asdict(),
                "substitution_data": {**own.values, **headers},
            }
        )
    # UTF-8 cannot encode a lone surrogate, which raises a JSONEncodeError.
    except (MergeError, orjson.JSONEncodeError) as error:
        return render_failure(error)


def _named(recipient: Recipient) -> dict[str, str]:
    """
    Return the reader's name, if there is one that cannot break the To header.
    """
    name = clean_text(recipient.name)
    return {"name": name} if name and not _NOT_IN_NAMES.search(name) else {}

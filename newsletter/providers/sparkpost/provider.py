"""
Send through SparkPost (https://developers.sparkpost.com/api/transmissions/).

A call has many recipients and the content once, in SparkPost's template language. SparkPost
replaces our List-Unsubscribe with its own. Its documentation contradicts itself about idempotency
keys, so we use none, and earlier calls cannot be looked up.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from newsletter.errors import MergeError, SettingsError
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.provider_template import Language, TemplatedMail, to_provider_template
from newsletter.mail.mime.message import ascii_address, clean_text, format_header, unfold
from newsletter.model.delivery import Attempt, BatchResult, Capabilities, Receipt
from newsletter.model.event import Event
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import Account, check_account
from newsletter.providers.event_search import EventSearch
from newsletter.providers.http_client import Http, HttpFailure, HttpResponse
from newsletter.providers.message_copies import render_failure, submit_ready
from newsletter.providers.message_labels import message_labels
from newsletter.providers.responses import look_up_unsupported, to_batch_result
from newsletter.providers.sparkpost.event_search import events_since
from newsletter.providers.sparkpost.events import read_events
from newsletter.providers.sparkpost.responses import read_account, read_response
from newsletter.providers.webhooks import has_password

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
        http=account.open_http(),
        webhook_secrets=account.webhook_secrets,
        deadline_s=account.deadline_s,
        clock=account.clock,
    )


class SparkpostProvider:
    """
    A SparkPost account.

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
        base_url: str = BASE_URLS["us"],
        http: Http,
        webhook_secrets: Sequence[str] = (),
        deadline_s: float = 60.0,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        check_account(
            name, api_key=api_key, base_url=base_url, found_at="app.sparkpost.com/account/api-keys"
        )
        self.name = name
        self._base_url = base_url.rstrip("/")
        self._headers = {
            "Authorization": api_key,
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        self._http = http
        self._webhook_secrets = webhook_secrets
        self._deadline_s = deadline_s
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

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
        return submit_ready(items, lambda ready: self._submit(common, ready))

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Return UNCERTAIN for everybody: its search cannot find mails by our labels.
        """
        return look_up_unsupported(self, attempt)

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
        url = f"{self._base_url}/api/v1/account"
        response = self._get(url)
        if isinstance(response, HttpFailure):
            raise SettingsError(f"[provider.{self.name}] {response.reason}: check base_url")
        try:
            found = read_account(response)
        except ValueError as error:
            raise SettingsError(f"[provider.{self.name}] {error}") from error
        return f"{found}; SparkPost replaces List-Unsubscribe with its own: read its guide first"

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

    def _get(self, url: str) -> HttpResponse | HttpFailure:
        return self._http.get(url, self._headers, self._deadline_s)

    def _submit(self, common: bytes, items: Sequence[bytes]) -> BatchResult:
        body = common[:-1] + b',"recipients":[' + b",".join(items) + b"]}"
        url = f"{self._base_url}/api/v1/transmissions"
        response = self._http.post(url, body, self._headers, self._deadline_s)
        return to_batch_result(self, response, len(items), read=read_response, now=self._clock())


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

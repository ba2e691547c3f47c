"""
Send through Amazon SES, version 2 of its API
(https://docs.aws.amazon.com/ses/latest/dg/send-personalized-email-api.html).

A call has up to 50 recipients and the content once, in Amazon's template language. SES has no
idempotency keys, and earlier calls cannot be looked up.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from newsletter.errors import MergeError, SettingsError
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.provider_template import Language, TemplatedMail, to_provider_template
from newsletter.mail.mime.message import ascii_address, format_address, format_header, unfold
from newsletter.model.delivery import Attempt, BatchResult, Capabilities, Receipt, ReceiptKind
from newsletter.model.event import Event
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import Account
from newsletter.providers.addresses import format_to
from newsletter.providers.http_client import Http
from newsletter.providers.message_copies import render_failure, submit_ready
from newsletter.providers.message_labels import message_labels
from newsletter.providers.responses import (
    Meaning,
    look_up_unsupported,
    same_for_all,
    to_batch_result,
)
from newsletter.providers.ses.account_check import SesAccount
from newsletter.providers.ses.client import SesClient
from newsletter.providers.ses.credentials import read_credentials
from newsletter.providers.ses.events import read_events
from newsletter.providers.ses.responses import SENDER, read_response
from newsletter.providers.ses.sigv4 import Credentials
from newsletter.providers.ses.sns import Topics, message_name
from newsletter.providers.ses.sns_certificates import open_fetch, require_cryptography

CAPABILITIES = Capabilities(
    max_recipients=50,
    # The limit for the whole call including its content.
    max_bytes=1_000_000,
    shares_content=True,
    gives_ids=True,
    # The account's rate counts recipients.
    rate_unit="recipients",
)
# Handlebars, of which only `{{name}}` works if the content comes with the call. A value is inserted
# unescaped (.../dg/send-personalized-email-advanced.html). If one is missing, the mail is lost
# without an error, so every entry has all of them. A backslash before braces escapes them, and an
# adjacent brace is read with them. The lookahead makes the search five times as fast.
LANGUAGE = Language(
    place=lambda name: "{{" + name + "}}",
    special=re.compile(r"(?=[\\{}])(?:[\\{}]{2,}|[\\{]\Z|\A\})"),
)
PATH = "/v2/email/outbound-bulk-emails"
_NO_KEY = Meaning(ReceiptKind.RETRY, "set an access key")


def open_ses(account: Account) -> SesProvider:
    """
    Open the region, configuration set and topics that `[provider.NAME]` names.

    Raises:
        SettingsError: the region is missing, or there are no credentials.
    """
    own = account.settings
    if own.region is None:
        raise SettingsError(
            f'[provider.{account.name}] region is missing: set it, such as "eu-west-1"'
        )
    return SesProvider(
        account.name,
        region=own.region,
        credentials=read_credentials(account),
        configuration_set=own.configuration_set,
        base_url=own.base_url,
        http=account.open_http(),
        deadline_s=account.deadline_s,
        clock=account.clock,
        topics=_topics_of(account),
        rate=own.rate,
        sender=account.sender,
    )


def _topics_of(account: Account) -> Topics | None:
    """
    Return the SNS topics that deliver events, or None if the settings name none.

    Raises:
        SettingsError: there are topics, but the extra that verifies signatures is missing.
    """
    if not account.settings.topics:
        return None
    require_cryptography(f"[provider.{account.name}] topics")
    return Topics(account.settings.topics, fetch=open_fetch(), clock=account.clock)


class SesProvider:
    """
    One *region* of an SES account.

    Events come through *configuration_set* and *topics*. *rate* and *sender* come from the settings
    and are compared with the account.

    Raises:
        SettingsError: the region or the base URL is not valid.
    """

    def __init__(
        self,
        name: str,
        *,
        region: str,
        credentials: Callable[[], Credentials],
        configuration_set: str | None = None,
        base_url: str | None = None,
        http: Http,
        deadline_s: float = 60.0,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        topics: Topics | None = None,
        rate: float | None = None,
        sender: str = "",
    ) -> None:
        self.name = name
        self._calls = SesClient(
            name,
            region=region,
            credentials=credentials,
            base_url=base_url,
            http=http,
            clock=clock,
        )
        self._configuration_set = configuration_set
        self._topics = topics
        self._rate = rate
        self._sender = sender
        self._deadline_s = deadline_s
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send one call for the recipients whose values can be filled; return a receipt for
        everybody.

        The key is sent as a tag: a second call with it would send again.
        """
        try:
            template = to_provider_template(compile_mail(mail), LANGUAGE)
            content = orjson.dumps(_content(template))
        except (MergeError, orjson.JSONEncodeError) as error:
            return BatchResult(receipts=(render_failure(error),) * len(recipients))
        try:
            envelope = self._envelope(mail)
        except MergeError as error:
            return self._same_for_all(SENDER, len(recipients), str(error))
        common = orjson.dumps({**envelope, "DefaultContent": orjson.Fragment(content)})
        items = [_entry(template, recipient, key) for recipient in recipients]
        return submit_ready(items, lambda ready: self._submit(common, ready))

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Return UNCERTAIN for everybody: sent mails cannot be found by our labels.
        """
        return look_up_unsupported(self, attempt)

    def check(self) -> str:
        """
        Check that the account may send and that the sender is verified, and describe it.

        Raises:
            SettingsError: the account cannot be used.
        """
        place = f"[provider.{self.name}]"
        return SesAccount(self._calls, place=place, rate=self._rate).check(self._sender)

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        """
        Return whether one of the topics sent *raw* within the last hour; False if there are no
        topics.

        Raises:
            FetchError: Amazon's certificate cannot be fetched now.
        """
        return self._topics is not None and self._topics.has_sent(raw)

    def answer(self, raw: bytes) -> str | None:
        """
        Confirm a topic's subscription if *raw* asks for it, and say what was done. Return None if
        *raw* is an event.

        Raises:
            FetchError: the subscription cannot be confirmed now.
        """
        return self._topics.answer(raw) if self._topics is not None else None

    def message_name(self, raw: bytes) -> bytes:
        """
        Return the topic and the ID of the message *raw*.
        """
        return message_name(raw)

    def events(self, raw: bytes) -> list[Event]:
        """
        Return the event in *raw*.
        """
        return read_events(raw)

    def _envelope(self, mail: Mail) -> dict[str, Any]:
        """
        Return the fields about the sender. SES wants names outside ASCII as RFC 2047 encoded words.
        """
        sender = mail.sender
        envelope: dict[str, Any] = {
            "FromEmailAddress": unfold(format_address(sender.name, sender.address, "From"))
        }
        if mail.reply_to:
            envelope["ReplyToAddresses"] = [ascii_address(mail.reply_to, "Reply-To")]
        if self._configuration_set:
            envelope["ConfigurationSetName"] = self._configuration_set
        return envelope

    def _submit(self, common: bytes, items: Sequence[bytes]) -> BatchResult:
        body = common[:-1] + b',"BulkEmailEntries":[' + b",".join(items) + b"]}"
        try:
            response = self._calls.post(PATH, body, self._deadline_s)
        except SettingsError as error:
            return self._same_for_all(_NO_KEY, len(items), str(error))
        return to_batch_result(self, response, len(items), read=read_response, now=self._clock())

    def _same_for_all(self, meaning: Meaning, count: int, reason: str) -> BatchResult:
        return same_for_all(meaning, count, name=self.name, reason=reason, retry_after_s=None)


def _content(template: TemplatedMail) -> dict[str, Any]:
    parts = {"Subject": template.subject, "Html": template.html, "Text": template.text}
    written = {name: part for name, part in parts.items() if part}
    return {"Template": {"TemplateContent": written, "TemplateData": "{}"}}


def _entry(template: TemplatedMail, recipient: Recipient, key: str) -> bytes | Receipt:
    """
    Return the JSON of one recipient, or the receipt that says why it cannot be filled.
    """
    try:
        own = template.values_for(recipient)
        to = format_to(recipient.name, ascii_address(recipient.email, "To"))
        labels = message_labels(recipient, key)._asdict()
        data = orjson.dumps(own.values).decode()
        return orjson.dumps(
            {
                # Always one address per entry: two recipients would see each other.
                "Destination": {"ToAddresses": [to]},
                "ReplacementTags": _pairs(labels.items()),
                "ReplacementEmailContent": {
                    "ReplacementTemplate": {"ReplacementTemplateData": data}
                },
                "ReplacementHeaders": _pairs(
                    (name, unfold(format_header(name, value))) for name, value in own.headers
                ),
            }
        )
    # UTF-8 cannot encode a lone surrogate, which raises a JSONEncodeError.
    except (MergeError, orjson.JSONEncodeError) as error:
        return render_failure(error)


def _pairs(named: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in named]

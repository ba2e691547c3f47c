"""
Send through Amazon SES, version 2 of its API
(https://docs.aws.amazon.com/ses/latest/dg/send-personalized-email-api.html).

A call has up to 50 recipients and the content once, in Amazon's template language. SES has no
idempotency keys, and earlier calls cannot be looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Unpack

import orjson

from newsletter.errors import SettingsError
from newsletter.mail.merge.provider_template import Language, TemplatedMail
from newsletter.mail.mime.message import ascii_address, format_address, format_header, unfold
from newsletter.model.delivery import BatchResult, Capabilities, ReceiptKind
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import Account, HttpOptions
from newsletter.providers.addresses import format_to
from newsletter.providers.http_account import JSON_HEADERS, HttpAccount, SharedParts
from newsletter.providers.message_copies import join_shared
from newsletter.providers.message_labels import message_labels
from newsletter.providers.responses import Meaning
from newsletter.providers.ses.account_check import DEADLINE_S, SesAccount
from newsletter.providers.ses.credentials import read_credentials
from newsletter.providers.ses.events import read_events
from newsletter.providers.ses.responses import read_response
from newsletter.providers.ses.sigv4 import Credentials, signed_headers
from newsletter.providers.ses.sns import Topics, message_name, open_topics

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
_REGION = re.compile(r"[a-z0-9-]+")
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
        topics=open_topics(account),
        rate=own.rate,
        sender=account.sender,
    )


class SesProvider(HttpAccount):
    """
    One *region* of an SES account.

    Events come through *configuration_set* and *topics*. *rate* and *sender* come from the settings
    and are compared with the account.

    Raises:
        SettingsError: the region or the base URL is not valid.
    """

    events = staticmethod(read_events)

    def __init__(
        self,
        name: str,
        *,
        region: str,
        credentials: Callable[[], Credentials],
        configuration_set: str | None = None,
        base_url: str | None = None,
        topics: Topics | None = None,
        rate: float | None = None,
        sender: str = "",
        **options: Unpack[HttpOptions],
    ) -> None:
        if not _REGION.fullmatch(region):
            raise SettingsError(
                f'[provider.{name}] region must be an AWS region such as "eu-west-1"'
            )
        super().__init__(
            name,
            CAPABILITIES,
            base_url=base_url or f"https://email.{region}.amazonaws.com",
            headers=JSON_HEADERS,
            **options,
        )
        self._region = region
        self._credentials = credentials
        self._configuration_set = configuration_set
        self._topics = topics
        self._rate = rate
        self._sender = sender

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send one call for the recipients whose values can be filled; return a receipt for
        everybody.

        The key is sent as a tag: a second call with it would send again.
        """
        parts = SharedParts(LANGUAGE, self._sender_fields, _content, _entry)
        return self._send_shared(mail, recipients, key, parts=parts, submit=self._submit_entries)

    def check(self) -> str:
        """
        Check that the account may send and that the sender is verified, and describe it.

        Raises:
            SettingsError: the account cannot be used.
        """
        account = SesAccount(
            lambda path: self._get(f"{self._base_url}{path}", deadline_s=DEADLINE_S),
            place=f"[provider.{self.name}]",
            rate=self._rate,
        )
        return account.check(self._sender)

    def verify(self, headers: Mapping[str, str], raw: bytes, url: str) -> bool:
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

    def _sender_fields(self, mail: Mail) -> bytes:
        """
        Return the fields about the sender. SES wants names outside ASCII as RFC 2047 encoded words.
        """
        sender = mail.sender
        fields: dict[str, Any] = {
            "FromEmailAddress": unfold(format_address(sender.name, sender.address, "From"))
        }
        if mail.reply_to:
            fields["ReplyToAddresses"] = [ascii_address(mail.reply_to, "Reply-To")]
        if self._configuration_set:
            fields["ConfigurationSetName"] = self._configuration_set
        return orjson.dumps(fields)

    def _submit_entries(self, sender: bytes, content: bytes, items: Sequence[bytes]) -> BatchResult:
        body = join_shared(sender, content, "BulkEmailEntries", items)
        url = f"{self._base_url}{PATH}"
        try:
            return self._submit(url, body, len(items), read=read_response)
        except SettingsError as error:
            return self._same_for_all(_NO_KEY, len(items), str(error))

    def _headers_for(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """
        Sign the call with the current credentials.

        Raises:
            SettingsError: there is no access key.
        """
        return signed_headers(
            url,
            body,
            self._headers,
            credentials=self._credentials(),
            region=self._region,
            service="ses",
            now=self._clock(),
            method=method,
        )


def _content(template: TemplatedMail) -> bytes:
    parts = {"Subject": template.subject, "Html": template.html, "Text": template.text}
    written = {name: part for name, part in parts.items() if part}
    template_fields = {"TemplateContent": written, "TemplateData": "{}"}
    return orjson.dumps({"DefaultContent": {"Template": template_fields}})


def _entry(template: TemplatedMail, recipient: Recipient, key: str) -> bytes:
    """
    Return the JSON of one recipient.
    """
    own = template.values_for(recipient)
    to = format_to(recipient.name, ascii_address(recipient.email, "To"))
    labels = message_labels(recipient, key)._asdict()
    data = orjson.dumps(own.values).decode()
    return orjson.dumps(
        {
            # Always one address per entry: two recipients would see each other.
            "Destination": {"ToAddresses": [to]},
            "ReplacementTags": _pairs(labels.items()),
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
            "ReplacementHeaders": _pairs(
                (name, unfold(format_header(name, value))) for name, value in own.headers
            ),
        }
    )


def _pairs(named: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in named]

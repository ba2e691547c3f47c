"""
Mailgun (https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending):
up to 1,000 readers a call, the content once, with `%recipient.name%` where each reader's values go.
It knows no key; `mailgun_log` finds in its log of events what became of a call.

What its answers mean for us stands in the tables of `mailgun_answers`.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import orjson

from newsletter.errors import MergeError, SettingsError
from newsletter.mail.headers import address_value, ascii_address, extra_value
from newsletter.mail.merge import compile_mail
from newsletter.mail.shared import Language, SharedMail, share
from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    Capabilities,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import Account, check_account
from newsletter.providers.copies import hand_over_ready, refusal
from newsletter.providers.form import multipart
from newsletter.providers.labels import label, labels_of
from newsletter.providers.lanes import NoAnswer
from newsletter.providers.mailgun_answers import read_answer, with_words
from newsletter.providers.mailgun_log import MOST_PAGES, Asking, Log, tag_of
from newsletter.providers.meanings import Meaning, for_all, with_rate
from newsletter.providers.webhook import NoWebhooks

BASE_URLS: Mapping[str, str] = {
    "us": "https://api.mailgun.net",
    "eu": "https://api.eu.mailgun.net",
}
CAPABILITIES = Capabilities(
    max_recipients=1_000,
    # Of one message, with its parts encoded.
    max_bytes=25_000_000,
    shares_content=True,
    look_up=LookUp.EVENTS,
    # A page of the log is whole when it is half an hour old
    # (https://documentation.mailgun.com/docs/mailgun/user-manual/events/events#event-polling).
    look_up_lag=dt.timedelta(minutes=35),
)
# What begins its own words in a text, whatever it would make of them, and what would be read
# together with a place beside it.
_SPECIAL = re.compile(
    r"%(?:recipient|[a-z_]{0,40}unsubscribe_)|%\Z|\A(?:recipient|[a-z_]{0,40}unsubscribe_)",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_SENDER = Meaning(ReceiptKind.WAIT, "check the sender")


def open_mailgun(account: Account) -> MailgunProvider:
    """
    The domain that `[provider.NAME]` names, in its region.

    Raises:
        SettingsError: there is no domain, or no such region.
    """
    own = account.settings
    region = own.region or "us"
    if region not in BASE_URLS:
        raise SettingsError(f'[provider.{account.name}] region must be "us" or "eu"')
    return MailgunProvider(
        account.name,
        domain=own.domain or "",
        api_key=account.secret("api_key"),
        base_url=own.base_url or BASE_URLS[region],
        lanes=account.open_lanes(),
        clock=account.clock,
    )


class Entry(NamedTuple):
    """
    One reader of a call: their address, and every value of theirs by the name of its place.
    """

    to: str
    variables: Mapping[str, str]


class MailgunProvider(NoWebhooks):
    """
    The sending *domain* that *api_key* opens, reached over *lanes*; *clock* reads dates in its
    answers.

    Raises:
        SettingsError: the domain, the key or the address cannot be one.
    """

    def __init__(
        self,
        name: str,
        *,
        domain: str,
        api_key: str,
        base_url: str = BASE_URLS["us"],
        lanes: Asking,
        deadline_s: float = 60.0,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        # A path where a domain should be is answered with a 200 that means nothing.
        if not _DOMAIN.fullmatch(domain):
            raise SettingsError(
                f'[provider.{name}] domain must be a sending domain there, like "mg.example.org"'
            )
        check_account(name, api_key=api_key, base_url=base_url, found_at="app.mailgun.com")
        self.name = name
        self._url = f"{base_url.rstrip('/')}/v3/{domain}"
        self._lanes = lanes
        self._deadline_s = deadline_s
        self._clock = clock
        password = base64.b64encode(f"api:{api_key}".encode()).decode()
        self._headers = {"Authorization": f"Basic {password}"}

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        One call with everybody whose values could be told; nobody is left out of the receipts. The
        key goes along for `look_up`: a second call with it would send again.
        """
        try:
            shared = share(compile_mail(mail), _language(mail))
        except MergeError as error:
            return BatchResult(receipts=(refusal(error),) * len(recipients))
        try:
            sender = _unfolded(address_value(mail.sender.name, mail.sender.address, "From"))
            reply_to = ascii_address(mail.reply_to, "Reply-To") if mail.reply_to else None
        except MergeError as error:
            return self._for_all(_SENDER, len(recipients), str(error))
        head = [("from", sender), *([("h:Reply-To", reply_to)] if reply_to else [])]
        items = [_entry(shared, recipient, key) for recipient in recipients]
        return hand_over_ready(
            items, lambda ready: self._hand_over(head + _fields(shared, key, ready))
        )

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        ACCEPTED for whom its log names. WAIT for all where it is whole and names nobody, for a
        call is taken as a whole; whom it leaves out beside others stays UNCERTAIN.
        """
        log = Log(self._lanes, self._url, self._headers, self._deadline_s / MOST_PAGES)
        found = log.found(attempt, now=self._clock())
        if isinstance(found, str):
            receipt = Receipt(kind=ReceiptKind.UNCERTAIN, reason=f"{self.name}: {found}")
            return BatchResult(receipts=(receipt,) * len(attempt.recipients))
        missing = ReceiptKind.UNCERTAIN if found else ReceiptKind.WAIT
        return BatchResult(
            receipts=tuple(
                Receipt(kind=ReceiptKind.ACCEPTED)
                if labels_of(who, attempt.key).delivery in found
                else Receipt(kind=missing, reason="not in its log")
                for who in attempt.recipients
            )
        )

    def _hand_over(self, fields: Sequence[tuple[str, str]]) -> BatchResult:
        count = sum(name == "to" for name, _ in fields)
        try:
            body, content_type = multipart(fields)
        except UnicodeEncodeError as error:
            return BatchResult(receipts=(refusal(error),) * count)
        answer = self._lanes.post(
            f"{self._url}/messages",
            body,
            {**self._headers, "Content-Type": content_type},
            self._deadline_s,
        )
        if isinstance(answer, NoAnswer):
            kind = ReceiptKind.UNCERTAIN if answer.may_have_arrived else ReceiptKind.WAIT
            return self._for_all(Meaning(kind), count, answer.reason)
        now = self._clock()
        answer = with_words(answer)
        result = read_answer(answer, count, name=self.name, now=now)
        return with_rate(result, answer, CAPABILITIES, now)

    def _for_all(self, meaning: Meaning, count: int, reason: str) -> BatchResult:
        return for_all(meaning, count, name=self.name, reason=reason, retry_after_s=None)


def _language(mail: Mail) -> Language:
    """
    Places named after the mail's nonce, so that no text and no value can hold one, whether it
    fills them in once or over and over.
    """
    return Language(place=lambda name: _place(mail.nonce, name), special=_SPECIAL)


def _place(nonce: str, name: str) -> str:
    return f"%recipient.n{nonce}{name}%"


def _entry(shared: SharedMail, recipient: Recipient, key: str) -> Entry | Receipt:
    """
    What goes in the places of one reader, or the receipt that says why there can be nothing. Every
    header is a value too: some hold the reader's own links.
    """
    try:
        own = shared.own(recipient)
        headers = {
            f"x{number}": _unfolded(extra_value(name, value))
            for number, (name, value) in enumerate(own.headers)
        }
        labels = labels_of(recipient, key)
        told = {**own.values, **headers, "i": labels.issue, "d": labels.delivery}
        orjson.dumps(told)
        nonce = shared.compiled.mail.nonce
        return Entry(
            ascii_address(recipient.email, "To"),
            {f"n{nonce}{name}": value for name, value in told.items()},
        )
    # A lone surrogate, which UTF-8 has not, is a JSONEncodeError.
    except (MergeError, orjson.JSONEncodeError) as error:
        return refusal(error)


def _fields(shared: SharedMail, key: str, ready: Sequence[Entry]) -> list[tuple[str, str]]:
    mail = shared.compiled.mail
    # Without it everybody would see all addresses; with it one message each leaves.
    variables = orjson.dumps({entry.to: entry.variables for entry in ready}).decode()
    written = (("subject", shared.subject), ("html", shared.html), ("text", shared.text))
    return [
        *(("to", entry.to) for entry in ready),
        *((name, part) for name, part in written if part or name == "subject"),
        *(
            (f"h:{name}", _place(mail.nonce, f"x{number}"))
            for number, (name, _) in enumerate(mail.headers)
        ),
        ("v:issue", _place(mail.nonce, "i")),
        ("v:batch", label(key)),
        ("v:delivery", _place(mail.nonce, "d")),
        ("o:tag", tag_of(label(key))),
        # What was frozen is what is read: the domain's own settings rewrite no link.
        ("o:tracking", "no"),
        ("o:suppress-headers", "X-Mailgun-Variables"),
        ("recipient-variables", variables),
    ]


def _unfolded(value: str) -> str:
    return value.replace("\r\n", "")

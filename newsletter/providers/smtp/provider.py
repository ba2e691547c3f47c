"""
Send through any SMTP server (RFC 5321): whole messages, one transaction each, over sessions that
stay open.

SMTP has no idempotency keys and earlier calls cannot be looked up, but if a connection breaks, only
the message whose end had been sent is uncertain. So that the same holds if the process is killed,
the reply to each message is written down before the next one is sent.
"""

from __future__ import annotations

import datetime as dt
import functools
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from newsletter.errors import MergeError, SettingsError
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.mime_copy import MimeCopy, MimeMail, to_mime_copies
from newsletter.mail.mime.dkim import DkimKey, read_key
from newsletter.mail.mime.message import ascii_address
from newsletter.model.delivery import (
    FEW,
    Attempt,
    BatchResult,
    Capabilities,
    Receipt,
    ReceiptKind,
    ReplyWriter,
    WriteReply,
    keep_no_replies,
)
from newsletter.model.event import Event
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import Account
from newsletter.providers.enhanced_status_codes import Blame
from newsletter.providers.message_copies import render_failure
from newsletter.providers.message_labels import message_labels
from newsletter.providers.responses import look_up_unsupported
from newsletter.providers.smtp.bounce_reports import (
    PARSE_BOUNCE,
    ParseBounce,
    parse_bounce,
    read_bounce,
)
from newsletter.providers.smtp.connect import SmtpEndpoint
from newsletter.providers.smtp.replies import NoSession
from newsletter.providers.smtp.responses import ADVICE, read_endings, read_no_session
from newsletter.providers.smtp.session import SmtpSession
from newsletter.providers.smtp.session_pool import SessionPool
from newsletter.providers.smtp.transactions import UNWRITTEN, Transaction, submit_all
from newsletter.providers.smtp.verp import ReturnPaths
from newsletter.providers.webhooks import Relay
from newsletter.settings.plugins import function_at
from newsletter.settings.provider import is_this_machine

CAPABILITIES = Capabilities(
    max_recipients=FEW,
    # A server's limit is for one message, and the server states it (RFC 1870).
    max_bytes=10**9,
    # Each message is its own transaction, however many are in a call.
    rate_unit="recipients",
    writes_replies=True,
)
CHECK_TIMEOUT_S = 15.0
# The ports assigned by IANA; 587 is from RFC 6409, 465 from RFC 8314.
PORTS = {"none": 25, "starttls": 587, "tls": 465}


def open_smtp(account: Account) -> SmtpProvider:
    """
    Open the server that `[provider.NAME]` names.

    Raises:
        SettingsError: the host is missing, a username has no password, or the password would be
            sent in clear text.
    """
    own = account.settings
    if not own.host:
        raise SettingsError(
            f"[provider.{account.name}] host is missing: set it to the server's name"
        )
    security = own.security or "starttls"
    if security == "none" and own.username and not is_this_machine(own.host):
        raise SettingsError(
            f'[provider.{account.name}] security = "none" would send the password unencrypted: '
            'use "starttls" or "tls", or remove username'
        )
    provider = SmtpProvider(
        account.name,
        server=SmtpEndpoint(
            host=own.host,
            port=own.port or PORTS[security],
            security=security,
            username=own.username or "",
            password=account.secret("password") if own.username else "",
        ),
        paths=ReturnPaths(own.bounce_address, account.secrets_for) if own.bounce_address else None,
        relay=_relay(account),
        dkim=_dkim_key(account),
        parse=functools.partial(account.call_sandbox, PARSE_BOUNCE),
        deadline_s=account.deadline_s,
        clock=account.clock,
        reply_writer=account.reply_writer,
    )
    account.at_close(provider.close)
    return provider


class SmtpProvider:
    """
    An SMTP server.

    *clock* dates the mails, *dkim* signs them, *tls* secures the sessions. If the server is a
    provider's, *relay* labels the mails and receives its webhooks. Bounces go to *paths*, or to the
    sender if it is None, and *parse* parses them. Messages begin only in the first half of a call's
    *deadline_s*, which leaves the other half for the last reply. *reply_writer* returns what writes
    down the replies to a call.
    """

    def __init__(
        self,
        name: str,
        *,
        server: SmtpEndpoint,
        paths: ReturnPaths | None = None,
        relay: Relay | None = None,
        dkim: DkimKey | None = None,
        tls: ssl.SSLContext | None = None,
        parse: ParseBounce = parse_bounce,
        deadline_s: float = 60.0,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
        reply_writer: ReplyWriter = keep_no_replies,
    ) -> None:
        self.name = name
        self._reply_writer = reply_writer
        self._sessions = SessionPool(server, tls=tls or _process_tls(), monotonic_s=monotonic_s)
        self._paths = paths
        self._relay = relay
        self._parse = parse
        self._dkim = dkim
        self._deadline_s = deadline_s
        self._clock = clock
        self._monotonic_s = monotonic_s
        self._mime_mail: tuple[Mail, MimeMail] | None = None

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Run one transaction after another for every recipient whose copy can be filled.
        """
        items = self._transactions(mail, recipients, key)
        ready = [item for item in items if isinstance(item, Transaction)]
        write_reply = self._reply_writer(key)
        if not _write_unsent(items, write_reply):
            receipt = Receipt(kind=ReceiptKind.RETRY, reason=UNWRITTEN, retry_after_s=0.0)
            result = BatchResult(receipts=(receipt,) * len(ready))
        else:
            result = self._submit(ready, write_reply) if ready else BatchResult(receipts=())
        submitted = iter(result.receipts)
        receipts = tuple(item if isinstance(item, Receipt) else next(submitted) for item in items)
        return replace(result, receipts=receipts)

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Return UNCERTAIN for everybody: SMTP has no command to look up earlier messages.
        """
        return look_up_unsupported(self, attempt)

    def check(self) -> str:
        """
        Open a session and describe the server, without sending anything.

        Raises:
            SettingsError: the server cannot be used.
        """
        try:
            with self._sessions.borrow(ends_at_s=self._monotonic_s() + CHECK_TIMEOUT_S) as session:
                return str(session)
        except NoSession as problem:
            advice = problem.advice or "try later, or check host and port"
            raise SettingsError(f"[provider.{self.name}] {problem.reason}: {advice}") from problem

    def verify(self, headers: Mapping[str, str], raw: bytes, url: str) -> bool:
        """
        Verify a webhook as the relay's provider does; without a relay there are none.
        """
        return self._relay is not None and self._relay.verify(headers, raw, url)

    def answer(self, raw: bytes) -> str | None:
        """
        Confirm the subscription of the relay's topic if *raw* asks for it; None for an event.
        """
        return self._relay.answer(raw) if self._relay else None

    def message_name(self, raw: bytes) -> bytes:
        """
        Return the relay's name of the message *raw*, empty if its bytes identify it.
        """
        return self._relay.message_name(raw) if self._relay else b""

    def events(self, raw: bytes) -> list[Event]:
        """
        Return the events in the relay's webhook *raw*, or that the returned mail *raw* reports.
        """
        if self._relay is not None:
            return self._relay.events(raw)
        return read_bounce(raw, self._paths, self._parse) if self._paths else []

    def close(self) -> None:
        """
        Close the open sessions. There must be no call under way.
        """
        self._sessions.close()

    def _transactions(
        self, mail: Mail, recipients: Sequence[Recipient], key: str
    ) -> list[Transaction | Receipt]:
        date = self._clock()
        try:
            mime_mail = self._mime_mail_once(mail)
        except MergeError as error:
            return [render_failure(error)] * len(recipients)
        return [
            self._transaction(mime_mail, position, recipient, key, date)
            for position, recipient in enumerate(recipients)
        ]

    def _transaction(
        self, mime_mail: MimeMail, position: int, recipient: Recipient, key: str, date: dt.datetime
    ) -> Transaction | Receipt:
        author = mime_mail.compiled.mail.sender.address
        envelope_sender = self._paths.path_of(recipient) if self._paths else author
        relay = self._relay
        try:
            # DKIM does not sign the labels: the relay removes them from the mail.
            labels = relay.label_headers(message_labels(recipient, key)) if relay else ()
            copy = mime_mail.fill(recipient, date=date, more_headers=labels)
            return Transaction(
                position=position,
                sender=ascii_address(envelope_sender, "From"),
                recipient=ascii_address(recipient.email, "To"),
                content=b"".join((*self._signature(copy, author), *copy.parts, b".\r\n")),
            )
        # UTF-8 cannot encode a lone surrogate, which raises a UnicodeError.
        except (MergeError, UnicodeError) as error:
            return render_failure(error)

    def _signature(self, copy: MimeCopy, author: str) -> tuple[bytes, ...]:
        if self._dkim is None:
            return ()
        domain = ascii_address(author, "From").rpartition("@")[2]
        return (self._dkim.sign_message(copy.header_block, copy.body, domain=domain),)

    def _mime_mail_once(self, mail: Mail) -> MimeMail:
        """
        Encode the mail, or return the cached encoding: the batches of an issue follow each other.
        """
        cached = self._mime_mail
        if cached is None or cached[0] is not mail:
            cached = self._mime_mail = (mail, to_mime_copies(compile_mail(mail)))
        return cached[1]

    def _submit(
        self, transactions: Sequence[Transaction], write_reply: WriteReply | None
    ) -> BatchResult:
        begun_s = self._monotonic_s()
        latest_s = begun_s + self._deadline_s / 2
        try:
            with self._sessions.borrow(ends_at_s=begun_s + self._deadline_s) as session:
                _check_size(session, transactions)
                endings = submit_all(
                    session,
                    transactions,
                    may_begin=lambda: self._monotonic_s() < latest_s,
                    write_reply=write_reply,
                )
        except NoSession as problem:
            return read_no_session(problem, len(transactions), name=self.name)
        return read_endings(endings, name=self.name)


def _relay(account: Account) -> Relay | None:
    own = account.settings
    place = own.webhook_kind.relay if own.events is not None else None
    if place is None:
        return None
    relay: Relay = function_at(place)(account)
    return relay


def _dkim_key(account: Account) -> DkimKey | None:
    own = account.settings
    if (own.dkim_key is None) != (own.dkim_selector is None):
        raise SettingsError(
            f"[provider.{account.name}] dkim_key and dkim_selector must be set together"
        )
    if own.dkim_key is None or own.dkim_selector is None:
        return None
    place = f"[provider.{account.name}] dkim_key"
    return read_key(account.secret("dkim_key"), selector=own.dkim_selector, place=place)


def _write_unsent(items: Sequence[Transaction | Receipt], write_reply: WriteReply | None) -> bool:
    """
    Write down for whom there is no message. Return False if that failed: then nothing may be sent,
    because whoever reads the replies after a kill takes the first that is missing for the last
    message.
    """
    unsent = [position for position, item in enumerate(items) if isinstance(item, Receipt)]
    return write_reply is None or all(write_reply(position, False) for position in unsent)


def _check_size(session: SmtpSession, transactions: Sequence[Transaction]) -> None:
    size = max(len(transaction.content) for transaction in transactions)
    if session.max_bytes is not None and size > session.max_bytes:
        raise NoSession(
            f"a message has {size:,} bytes, and the server accepts {session.max_bytes:,}",
            advice=ADVICE[Blame.SIZE],
        )


@functools.cache
def _process_tls() -> ssl.SSLContext:
    """
    Return the TLS settings of this process, with the certificates that this machine trusts.
    """
    return ssl.create_default_context()

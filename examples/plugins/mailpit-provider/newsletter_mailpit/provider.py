"""
Send through Mailpit's HTTP API, `POST /api/v1/send`. A call carries one mail.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Sequence

import orjson

from newsletter.model.delivery import Attempt, BatchResult, Capabilities, Receipt, ReceiptKind
from newsletter.model.mail import Mail, Message, Recipient
from newsletter.providers.account import Account
from newsletter.providers.http_client import Http, HttpResponse
from newsletter.providers.message_copies import fill_copies, submit_ready
from newsletter.providers.responses import (
    UNKNOWN_ERROR,
    look_up_unsupported,
    same_for_all,
    to_batch_result,
)
from newsletter.providers.webhooks import NoWebhooks

CAPABILITIES = Capabilities(max_recipients=1, max_bytes=10_000_000)
BASE_URL = "http://127.0.0.1:8025"


def open_mailpit(account: Account) -> MailpitProvider:
    """
    Open the server that `[provider.NAME]` names.
    """
    return MailpitProvider(
        account.name,
        base_url=account.settings.base_url or BASE_URL,
        login=account.secret("login") if "login" in account.settings.own else "",
        tag=account.settings.own.get("tag", "newsletter"),
        http=account.open_http(),
        deadline_s=account.deadline_s,
        clock=account.clock,
    )


class MailpitProvider(NoWebhooks):
    """
    A Mailpit server. *login* is `user:password`, or empty; each mail gets the *tag*.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str,
        login: str,
        tag: str,
        http: Http,
        deadline_s: float,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self.name = name
        self._url = f"{base_url.rstrip('/')}/api/v1/send"
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if login:
            self._headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        self._tag = tag
        self._http = http
        self._deadline_s = deadline_s
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send the mail to its one recipient. Mailpit knows no idempotency keys, so *key* is not used.
        """
        copies = list(fill_copies(mail, recipients))
        return submit_ready(copies, self._submit)

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Return UNCERTAIN: an earlier call cannot be found.
        """
        return look_up_unsupported(self, attempt)

    def _submit(self, copies: Sequence[Message]) -> BatchResult:
        (copy,) = copies
        body = orjson.dumps(_body(copy, self._tag))
        response = self._http.post(self._url, body, self._headers, self._deadline_s)
        return to_batch_result(self, response, 1, read=_read_response, now=self._clock())


def _body(copy: Message, tag: str) -> dict[str, object]:
    return {
        "From": {"Email": copy.sender.address, "Name": copy.sender.name},
        "To": [{"Email": copy.recipient.email}],
        "ReplyTo": [{"Email": copy.reply_to}] if copy.reply_to else [],
        "Subject": copy.subject,
        "HTML": copy.html,
        "Text": copy.text,
        "Headers": dict(copy.headers),
        "Tags": [tag],
    }


def _read_response(
    response: HttpResponse, count: int, *, name: str, now: dt.datetime
) -> BatchResult:
    """
    Read the answer to a call. An answer that cannot be read proves nothing, so it is uncertain.
    """
    if response.status == 200 and b'"ID"' in response.body:
        return BatchResult(receipts=(Receipt(kind=ReceiptKind.ACCEPTED),) * count)
    if response.status == 200 or response.status >= 500:
        reason = f"{name}: status {response.status} without a message id"
        return BatchResult(receipts=(Receipt(kind=ReceiptKind.UNCERTAIN, reason=reason),) * count)
    reason = f"status {response.status}"
    return same_for_all(UNKNOWN_ERROR, count, name=name, reason=reason, retry_after_s=None)

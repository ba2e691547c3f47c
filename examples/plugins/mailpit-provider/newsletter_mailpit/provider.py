"""
Send through Mailpit's HTTP API, `POST /api/v1/send`. A call carries one mail.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Sequence
from typing import Unpack

import orjson

from newsletter.model.delivery import BatchResult, Capabilities, Receipt, ReceiptKind
from newsletter.model.mail import Mail, Message, Recipient
from newsletter.providers.account import Account, HttpOptions
from newsletter.providers.http_account import JSON_HEADERS, HttpAccount
from newsletter.providers.http_client import HttpResponse
from newsletter.providers.message_copies import fill_copies, submit_ready
from newsletter.providers.responses import UNKNOWN_ERROR, same_for_all
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
        **account.http_options(),
    )


class MailpitProvider(NoWebhooks, HttpAccount):
    """
    A Mailpit server. *login* is `user:password`, or empty; each mail gets the *tag*.
    """

    def __init__(
        self, name: str, *, base_url: str, login: str, tag: str, **options: Unpack[HttpOptions]
    ) -> None:
        headers = dict(JSON_HEADERS)
        if login:
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        super().__init__(name, CAPABILITIES, base_url=base_url, headers=headers, **options)
        self._tag = tag

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Send the mail to its one recipient. Mailpit knows no idempotency keys, so *key* is not used.
        """
        copies = list(fill_copies(mail, recipients))
        return submit_ready(copies, self._submit_copy)

    def _submit_copy(self, copies: Sequence[Message]) -> BatchResult:
        (copy,) = copies
        body = orjson.dumps(_body(copy, self._tag))
        return self._submit(f"{self._base_url}/api/v1/send", body, 1, read=_read_response)


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

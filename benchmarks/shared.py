"""
A provider that takes a mail once per call and each reader's values beside it, as many do; and the
same calls made with nothing of ours in the way, the lower bound.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

import orjson

from benchmarks.installation import ACCEPTED, BATCH, address
from newsletter.model.delivery import Attempt, BatchResult, Capabilities, Idempotency
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.http_client import HttpClient, HttpResponse
from newsletter.providers.webhooks import NoWebhooks

PATH = "/shared"
_HEADERS = {"Content-Type": "application/json"}


class SharedProvider(NoWebhooks):
    """
    Accept by the number of recipients that the sink counted.
    """

    name = "shared"
    capabilities = Capabilities(
        max_recipients=BATCH,
        max_bytes=10**8,
        shares_content=True,
        idempotency=Idempotency.REPLAY,
    )

    def __init__(self, url: str, http: HttpClient) -> None:
        self._url, self._http = f"{url}{PATH}", http
        self._content: tuple[Mail | None, bytes] = (None, b"")

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Accept each recipient.
        """
        answer = self._http.post(self._url, self.body(mail, recipients, key), _HEADERS, 60.0)
        assert isinstance(answer, HttpResponse), "the sink did not answer"
        assert orjson.loads(answer.body) == {"accepted": len(recipients)}, "not all were taken"
        return BatchResult(receipts=(ACCEPTED,) * len(recipients))

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Report each recipient as accepted: nothing submitted here is ever lost.
        """
        return BatchResult(receipts=(ACCEPTED,) * len(attempt.recipients))

    def body(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> bytes:
        """
        Return the JSON of one call.
        """
        if self._content[0] is not mail:
            self._content = (mail, encoded(mail))
        to = [
            {"email": who.email, "id": who.message_id, "values": who.values} for who in recipients
        ]
        return orjson.dumps({"key": key, "mail": orjson.Fragment(self._content[1]), "to": to})


def encoded(mail: Mail) -> bytes:
    """
    Return the JSON that all readers of a mail share, its marks left for the provider to fill in.
    """
    return orjson.dumps({"subject": mail.subject, "html": mail.html, "text": mail.text})


class BareCalls:
    """
    The lower bound: the same bodies, built from numbers alone.
    """

    def __init__(
        self, mail: Mail, *, secret: bytes, mark: str, base_url: str, instance: str
    ) -> None:
        self._content, self._secret = orjson.Fragment(encoded(mail)), secret
        self._link = f"{base_url}/u/{mark}"
        self._tail = f".{instance}@{mail.sender.address.rpartition('@')[2]}>"

    def body(self, numbers: range, key: str) -> bytes:
        """
        Return the JSON of one call.
        """
        to = [self._reader(number) for number in numbers]
        return orjson.dumps({"key": key, "mail": self._content, "to": to})

    def _reader(self, number: int) -> dict[str, object]:
        email = address(number)
        mac = hmac.digest(self._secret, f"token\0unsubscribe\0{number}".encode(), "sha256")[:16]
        token = base64.urlsafe_b64encode(mac)[:22].decode()
        return {
            "email": email,
            "id": f"<i1-d{number}{self._tail}",
            "values": {
                "email": email,
                "name": "Ada",
                "first_name": "Ada",
                "last_name": "",
                "unsubscribe_url": f"{self._link}{_in_64(number)}{token}",
            },
        }


_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _in_64(number: int) -> str:
    letters = ""
    while number:
        number, value = divmod(number, 64)
        letters = _DIGITS[value] + letters
    return letters

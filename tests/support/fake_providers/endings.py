"""
Every way in which a call may end, by name, and what it must mean for the readers in it. A flavour
whose provider documents something else says so in its `outcomes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from faults import DROPPED, Fault
from http_server import Answer
from provider_samples import RETRY, UNCERTAIN

from newsletter.model.delivery import ReceiptKind

if TYPE_CHECKING:
    from fake_provider import FakeProvider


@dataclass(frozen=True)
class Meant:
    """
    The receipt of everybody in the call, and what else is expected.
    """

    kind: ReceiptKind
    retry_after_s: float | None = None
    pauses: bool = False
    splits: bool = False


HALF = Answer(raw=(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b'{"half": '))
RESET = Answer(raw=(), is_reset=True)
UNREADABLE = Answer(status=200, body=b"<html>All is well</html>")
# How long a call may take that is to end by its deadline, and any other: busy machines are slow.
DEADLINE_S, LONGEST_S = 2.0, 30.0
A_DATE = "Wed, 04 Mar 2026 12:01:00 GMT"

Ending = Callable[["FakeProvider"], Fault]


def refused(status: int, **headers: str) -> Ending:
    return lambda fake: Fault(response=fake.error(status, **headers))


def broken(response: Answer, *, is_taken: bool = False, delay_s: float = 0.0) -> Ending:
    return lambda fake: Fault(response=response, is_taken=is_taken, delay_s=delay_s)


OUTCOMES: Mapping[str, tuple[Ending, Meant]] = {
    "429": (refused(429), Meant(RETRY)),
    "429 with seconds": (refused(429, retry_after="7"), Meant(RETRY, 7.0)),
    "429 with a date": (refused(429, retry_after=A_DATE), Meant(RETRY, 60.0)),
    "500": (refused(500), Meant(UNCERTAIN)),
    "502": (refused(502), Meant(UNCERTAIN)),
    "503": (refused(503), Meant(UNCERTAIN)),
    "503 with seconds": (refused(503, retry_after="7"), Meant(UNCERTAIN)),
    "504": (refused(504), Meant(UNCERTAIN)),
    "408": (refused(408), Meant(UNCERTAIN)),
    "closed": (broken(DROPPED, is_taken=True), Meant(UNCERTAIN)),
    "reset": (broken(RESET, is_taken=True), Meant(UNCERTAIN)),
    "half an answer": (broken(HALF, is_taken=True), Meant(UNCERTAIN)),
    "too slow": (broken(DROPPED, is_taken=True, delay_s=2 * DEADLINE_S), Meant(UNCERTAIN)),
    # A refusal of some may stand in what cannot be read.
    "a 2xx nobody can read": (broken(UNREADABLE, is_taken=True), Meant(UNCERTAIN)),
    "301": (refused(301, location="https://elsewhere.example"), Meant(RETRY, pauses=True)),
    "400": (refused(400), Meant(RETRY, 0.0, splits=True)),
    "401": (refused(401), Meant(RETRY, pauses=True)),
    "402": (refused(402), Meant(RETRY, pauses=True)),
    "403": (refused(403), Meant(RETRY, pauses=True)),
    "404": (refused(404), Meant(RETRY, pauses=True)),
    "413": (refused(413), Meant(RETRY, 0.0, splits=True)),
    "418": (refused(418), Meant(RETRY, pauses=True)),
    "422": (refused(422), Meant(RETRY, 0.0, splits=True)),
}

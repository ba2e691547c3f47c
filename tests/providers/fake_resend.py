"""
A Resend of our own on the loopback: it keeps what it accepts, honours idempotency keys, and
breaks in the way it is told to.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from http_server import Answer, Received, ScriptedServer
from provider_samples import NOW

from newsletter.providers.lanes import Lanes
from newsletter.providers.resend import ResendProvider

PATH = "/emails/batch"
DROPPED = Answer(raw=())


@dataclass(frozen=True, kw_only=True)
class Fault:
    """
    What happens to one call: *answer* instead of ours, the mails *is_taken* or not, after
    *delay_s*. Without an answer the connection is closed.
    """

    answer: Answer = DROPPED
    is_taken: bool = False
    delay_s: float = 0.0


@dataclass(kw_only=True)
class FakeResend:
    """
    `accepted` holds every message it took, in order; `faults` are used up one a call; addresses
    in `refused` get an error of their own, as in permissive validation.
    """

    base_url: str
    accepted: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Received] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    _answers: dict[str, tuple[bytes, Answer]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, request: Received) -> Answer:
        with self._guard:
            self.calls.append(request)
            fault = self.faults.pop(0) if self.faults else None
            if fault is None:
                return self._take(request)
            if fault.is_taken:
                self._take(request)
        time.sleep(fault.delay_s)
        return fault.answer

    def _take(self, request: Received) -> Answer:
        key = request.headers["idempotency-key"]
        if key in self._answers:
            body, answer = self._answers[key]
            return answer if body == request.body else error(409, "invalid_idempotent_request")
        items = json.loads(request.body)
        if not 1 <= len(items) <= 100:
            return error(422, "validation_error")
        self._answers[key] = (request.body, self._accept(items))
        return self._answers[key][1]

    def _accept(self, items: list[dict[str, Any]]) -> Answer:
        data, errors = [], []
        for index, item in enumerate(items):
            if self.refused.intersection(item["to"]):
                errors.append({"index": index, "message": f"Invalid `to`: {item['to'][0]}"})
            else:
                self.accepted.append(item)
                data.append({"id": f"re-{len(self.accepted)}"})
        return reply_of({"data": data, "errors": errors})


def reply_of(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status=status, headers=headers or {}, body=json.dumps(body).encode())


def error(status: int, name: str, message: str = "", **headers: str) -> Answer:
    body = {"statusCode": status, "name": name, "message": message}
    named = {header.replace("_", "-"): value for header, value in headers.items()}
    return reply_of(body, status=status, headers=named)


@contextmanager
def running_resend() -> Iterator[FakeResend]:
    with ScriptedServer() as server:
        fake = FakeResend(base_url=server.url("").rstrip("/"))
        server.answer(PATH, fake.reply)
        yield fake


def provider_at(base_url: str, lanes: Lanes, *, deadline_s: float = 5.0) -> ResendProvider:
    return ResendProvider(
        "bulk",
        api_key="re_secret",
        base_url=base_url,
        lanes=lanes,
        deadline_s=deadline_s,
        clock=lambda: NOW,
    )

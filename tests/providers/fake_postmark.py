"""
A Postmark of our own on the loopback: it keeps what it accepts, knows no key, finds messages by
metadata, and breaks in the way it is told to.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fake_resend import Fault, reply_of
from http_server import Answer, Received, ScriptedServer
from provider_samples import NOW

from newsletter.providers.lanes import Lanes
from newsletter.providers.postmark import PostmarkProvider

BATCH, SEARCH = "/email/batch", "/messages/outbound"


@dataclass(kw_only=True)
class FakePostmark:
    """
    `accepted` holds every message it took, in order; `faults` are used up one a call; `errors`
    says by address which code and words a message gets instead.
    """

    base_url: str
    accepted: list[dict[str, Any]] = field(default_factory=list)
    calls: list[Received] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    errors: dict[str, tuple[int, str]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, request: Received) -> Answer:
        with self._guard:
            self.calls.append(request)
            fault = self.faults.pop(0) if self.faults else None
            if fault is not None and not fault.is_taken:
                return fault.answer
            answer = self._take(request) if request.method == "POST" else self._found(request)
            return answer if fault is None else fault.answer

    def _take(self, request: Received) -> Answer:
        items = json.loads(request.body)
        if not 1 <= len(items) <= 500:
            return refusal(410, "Too many batch messages.")
        return reply_of([self._entry(item) for item in items])

    def _entry(self, item: dict[str, Any]) -> dict[str, Any]:
        if item["To"] in self.errors:
            code, words = self.errors[item["To"]]
            return {"ErrorCode": code, "Message": words}
        self.accepted.append(item)
        number = f"pm-{len(self.accepted)}"
        return {"ErrorCode": 0, "Message": "OK", "MessageID": number, "To": item["To"]}

    def _found(self, request: Received) -> Answer:
        asked = parse_qs(urlsplit(request.path).query)
        found = [
            {"MessageID": f"pm-{n}", "To": [{"Email": item["To"]}], "Metadata": item["Metadata"]}
            for n, item in enumerate(self.accepted, 1)
            if [item["Metadata"]["batch"]] == asked["metadata_batch"]
            and [item["MessageStream"]] == asked["messagestream"]
        ]
        return reply_of({"TotalCount": len(found), "Messages": found[: int(asked["count"][0])]})


def refusal(code: int, words: str = "", *, status: int = 422, **headers: str) -> Answer:
    named = {header.replace("_", "-"): value for header, value in headers.items()}
    return reply_of({"ErrorCode": code, "Message": words}, status=status, headers=named)


@contextmanager
def running_postmark() -> Iterator[FakePostmark]:
    with ScriptedServer() as server:
        fake = FakePostmark(base_url=server.url("").rstrip("/"))
        server.answer(BATCH, fake.reply)
        server.answer(SEARCH, fake.reply)
        yield fake


def postmark_at(base_url: str, lanes: Lanes, **values: Any) -> PostmarkProvider:
    told: dict[str, Any] = {"api_key": "server-token", "deadline_s": 5.0, "clock": lambda: NOW}
    return PostmarkProvider("bulk", base_url=base_url, lanes=lanes, **(told | values))

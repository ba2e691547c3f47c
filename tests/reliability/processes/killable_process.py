"""
Calls whose process dies in the middle of them, and providers that take few people at once.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import threading
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from newsletter.model.delivery import Attempt, BatchResult, Capabilities, Idempotency, Provider
from newsletter.model.event import Event
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.http_client import HttpClient, HttpFailure, HttpResponse


class CrashPoint:
    """
    Kills this process when *point* is passed for the *times*-th time, by whatever thread.
    """

    def __init__(self, point: str, times: int) -> None:
        self.point, self.left = point, times
        self._guard = threading.Lock()

    def __call__(self, step: str) -> None:
        if self.is_due(step):
            kill_self()

    def is_due(self, step: str) -> bool:
        """
        Count *step*, and say whether it is the one to die at.
        """
        with self._guard:
            if step == self.point:
                self.left -= 1
            return step == self.point and self.left == 0


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class KillableConnections:
    """
    Connections whose process dies with half a request written, or with a whole one and no response
    read; without idempotency keys where the provider is to know none. The call of one number finds
    a closed port, and so do all from another on (0: none).
    """

    def __init__(
        self,
        crash_point: CrashPoint,
        *,
        count: int,
        has_keys: bool,
        refused_call: int = 0,
        closed_from: int = 0,
    ) -> None:
        self._http = HttpClient(count)
        self._crash_point, self._has_keys = crash_point, has_keys
        self._refused_call, self._closed_from = refused_call, closed_from
        self._calls = 0
        self._guard = threading.Lock()

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        sent = dict(headers)
        if not self._has_keys:
            sent.pop("Idempotency-Key", None)
        for point, share in (("call.half", 0.5), ("call.written", 1.0)):
            if self._crash_point.is_due(point):
                write_by_hand(url, content, sent, share)
                kill_self()
        with self._guard:
            self._calls += 1
            is_closed = 0 < self._closed_from <= self._calls
            is_refused = is_closed or self._calls == self._refused_call
        # Nobody listens on port 1.
        target = f"http://127.0.0.1:1{urlsplit(url).path}" if is_refused else url
        return self._http.post(target, content, sent, deadline_s)

    def get(
        self, url: str, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        return self._http.get(url, headers, deadline_s)


def write_by_hand(url: str, content: bytes, headers: Mapping[str, str], share: float) -> None:
    """
    Write the head of a POST and a *share* of its body, and return as soon as that is written.
    """
    to = urlsplit(url)
    lines = [f"POST {to.path} HTTP/1.1", f"Host: {to.netloc}", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((to.hostname or "", to.port or 80)) as connection:
        head = "\r\n".join([*lines, "", ""]).encode()
        connection.sendall(head + content[: int(len(content) * share)])


class SmallBatchProvider:
    """
    A provider with fewer people a call, and with no idempotency key where it is to have none.
    """

    def __init__(self, inner: Provider, *, most: int, has_keys: bool) -> None:
        self.inner, self.name = inner, inner.name
        changes: dict[str, Any] = {"max_recipients": most}
        if not has_keys:
            changes |= {"idempotency": Idempotency.NONE, "key_life": None}
        self._capabilities = dataclasses.replace(inner.capabilities, **changes)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        return self.inner.send(mail, recipients, key)

    def look_up(self, attempt: Attempt) -> BatchResult:
        return self.inner.look_up(attempt)

    def verify(self, headers: Mapping[str, str], raw: bytes, url: str) -> bool:
        return self.inner.verify(headers, raw, url)

    def events(self, raw: bytes) -> list[Event]:
        return self.inner.events(raw)

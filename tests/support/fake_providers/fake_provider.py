"""
A provider of our own on the loopback interface that behaves like a real one: it keeps what it
takes, notes what a call contains that the provider does not document, and fails as it is told to.

A flavour is a file `fake_NAME.py` with a subclass, and a row in `flavours`.
"""

from __future__ import annotations

import abc
import datetime as dt
import email.header
import email.utils
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from faults import Fault
from http_server import Answer, Received, ScriptedServer
from provider_samples import NOW
from published import prepare, wrong_in

from newsletter.model.delivery import Provider
from newsletter.providers.http_client import HttpClient


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """
    One message as its reader gets it, with everything filled in by the provider; `labels` is what
    the provider would report about it in its events.
    """

    to: str
    sender: tuple[str, str]
    subject: str
    html: str
    text: str
    headers: Mapping[str, str]
    reply_to: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    to_name: str = ""


class FakeProvider(abc.ABC):
    """
    `accepted` holds every message it took, in order and in the provider's form; `faults` are used
    up one per call, unless `fault_of` decides about each; the addresses in `refused` are refused;
    `reports` are what its search finds. `wrong` lists what calls contained that the *specs* do not,
    where there are any.
    """

    # Where it is asked; its description among the specs, and the path there where it is another.
    paths: ClassVar[tuple[str, ...]]
    spec: ClassVar[str]
    spec_paths: ClassVar[Mapping[str, str]] = {}
    # Whether a call with one bad reader is taken without that one, or refused as a whole.
    takes_the_others: ClassVar[bool] = True
    # Whether it says who was refused in a call that it took.
    names_the_refused: ClassVar[bool] = True
    # The headers of ours that its messages cannot have, as it documents.
    withheld: ClassVar[frozenset[str]] = frozenset()
    # How many characters of a sender's name it takes, None for any number.
    longest_name: ClassVar[int | None] = None
    # Whether it decodes an encoded name in List-Id, so that only the id itself may be sent.
    decodes_list_id: ClassVar[bool] = False
    # The characters that a reader's name cannot have.
    not_in_names: ClassVar[str] = ""
    # What differs from `OUTCOMES` in test_outcomes.py, and is documented by the provider.
    outcomes: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, base_url: str, specs: Path | None) -> None:
        self.base_url = base_url
        self.accepted: list[Any] = []
        self.calls: list[Received] = []
        self.faults: list[Fault] = []
        self.fault_of: Callable[[Received], Fault | None] = self._next_fault
        self.clock: Callable[[], dt.datetime] = lambda: NOW
        self.refused: set[str] = set()
        self.reports: list[dict[str, Any]] = []
        self.wrong: list[str] = []
        self._specs = specs
        self._guard = threading.Lock()

    @abc.abstractmethod
    def opened(self, http: HttpClient, **values: Any) -> Provider:
        """
        Return the adapter that reaches this server, with defaults that can be overruled.
        """

    @abc.abstractmethod
    def take(self, request: Received) -> Answer:
        """
        Do what the provider does when nothing is wrong.
        """

    @abc.abstractmethod
    def error(self, status: int, **headers: str) -> Answer:
        """
        Return a refusal in the provider's form for *status*.
        """

    @abc.abstractmethod
    def refuse_sender(self, request: Received) -> Answer:
        """
        Refuse the call *request* in the provider's own words, because of the sender.
        """

    @abc.abstractmethod
    def arrived(self) -> Sequence[Arrived]:
        """
        Return each accepted message as its reader gets it, in order.
        """

    def wrong_in(self, request: Received, specs: Path) -> list[str]:
        """
        Return what *request* contains that the provider's description does not.
        """
        path = urlsplit(request.path).path
        return wrong_in(request, specs / self.spec, self.spec_paths.get(path, path))

    def reply(self, request: Received) -> Answer:
        wrong = self.wrong_in(request, self._specs) if self._specs else []
        with self._guard:
            self.calls.append(request)
            self.wrong += wrong
            fault = self.fault_of(request)
            if fault is None:
                return self.take(request)
            if fault.is_taken:
                self.take(request)
        time.sleep(fault.delay_s)
        return fault.response

    def _next_fault(self, request: Received) -> Fault | None:
        return self.faults.pop(0) if self.faults else None

    @classmethod
    @contextmanager
    def running(cls, specs: Path | None = None) -> Iterator[Self]:
        """
        Listen until the block ends; a call that was `wrong` is an error then.
        """
        if specs is not None:
            prepare(specs / cls.spec)
        with ScriptedServer() as server:
            fake = cls(server.url("").rstrip("/"), specs)
            for path in cls.paths:
                server.answer(path, fake.reply)
            yield fake
            assert fake.wrong == []


def reply_of(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status=status, headers=headers or {}, body=json.dumps(body).encode())


def read_mailbox(text: str) -> tuple[str, str]:
    """
    Return the name, decoded as a mail program does, and the address.
    """
    name, address = email.utils.parseaddr(text)
    return str(email.header.make_header(email.header.decode_header(name))), address


def with_dashes(headers: Mapping[str, str]) -> dict[str, str]:
    """
    Turn keyword arguments into header names: `retry_after` becomes `retry-after`.
    """
    return {name.replace("_", "-"): value for name, value in headers.items()}

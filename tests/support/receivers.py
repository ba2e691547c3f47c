"""
Receivers of outgoing webhooks for tests: a webhook that posts to a scripted server, and what it
was sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from http_server import Answer, Received, ScriptedServer
from installation import Installation

from newsletter.actions.operations import webhooks
from newsletter.model.access import OPERATOR
from newsletter.model.outgoing import RetryPolicy
from newsletter.workers.webhook_sender import WebhookSender

PATH = "/hook"


@dataclass
class Receiver:
    """
    A receiver, called `crm`. `answer` decides about each request; None is 200.
    """

    installation: Installation
    server: ScriptedServer
    answer: Callable[[Received], Answer | None] = lambda request: None
    secret: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url(PATH)

    @property
    def requests(self) -> list[Received]:
        return self.server.requests

    def data(self) -> list[dict[str, Any]]:
        """
        Return the data of every request so far, each with its type.
        """
        bodies = [json.loads(request.body) for request in self.requests]
        return [{"type": body["type"], **body["data"]} for body in bodies]

    def types(self) -> list[str]:
        return [each["type"] for each in self.data()]

    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.requests]

    def send(self, policy: RetryPolicy | None = None) -> None:
        """
        Send everything that is due, as one process does.
        """
        sender = WebhookSender(
            self.installation.app,
            wait=lambda _seconds: False,
            policy=policy or RetryPolicy(random=Random(1)),
        )
        sender.send_due()
        sender.close()


@contextmanager
def receiving(
    installation: Installation,
    *,
    kinds: Collection[str] = (),
    lists: Collection[str] = (),
    name: str = "crm",
) -> Iterator[Receiver]:
    """
    Add a webhook whose receiver runs until the block ends.
    """
    with ScriptedServer() as server:
        receiver = Receiver(installation, server)
        server.answer(PATH, lambda request: receiver.answer(request) or Answer())
        added = webhooks.add(
            installation.app, name, receiver.url, kinds=kinds, lists=lists, by=OPERATOR
        )
        receiver.secret = added.secret or ""
        yield receiver


def allow_loopback(folder: Path) -> None:
    """
    Let the installation in *folder*, made by `newsletter init`, send webhooks to this machine.
    """
    settings = folder / "newsletter.toml"
    text, allowed = settings.read_text(), 'fetch_networks = ["127.0.0.0/8"]'
    settings.write_text(text.replace("fetch_networks = []", allowed))

"""
A provider that refuses the sender is asked a few times only, whatever words it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from fake_provider import FakeProvider
from faults import Fault
from flavours import FLAVOURS
from http_server import Answer, Received
from installation import Installation
from smtp_server import SmtpServer

from newsletter import pipeline
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.delivery import Provider
from newsletter.providers.http_client import HttpClient
from newsletter.providers.smtp.connect import SmtpEndpoint
from newsletter.providers.smtp.provider import SmtpProvider

MOST_CALLS = 20
READERS = 1_000
Refuse = Callable[[FakeProvider, Received], Answer]


def in_its_words(fake: FakeProvider, request: Received) -> Answer:
    return fake.refuse_sender(request)


def in_unknown_words(fake: FakeProvider, request: Received) -> Answer:
    return fake.error(422 if "422" not in fake.outcomes else 400)


@contextmanager
def refusing(kind: str, refuse: Refuse) -> Iterator[Provider]:
    with FLAVOURS[kind].running() as fake, HttpClient(4) as http:
        fake.fault_of = lambda request: Fault(response=refuse(fake, request))
        yield fake.opened(http)


@contextmanager
def relay_refusing(command: str) -> Iterator[Provider]:
    reply = "553 5.7.1 <desk@example.org>: Sender address rejected: not owned by user"
    with SmtpServer(script=lambda line: reply if line.startswith(command) else None) as server:
        endpoint = SmtpEndpoint(host="127.0.0.1", port=server.port, security="none")
        with closing(SmtpProvider("bulk", server=endpoint)) as provider:
            yield provider


@pytest.fixture
def large(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, now: object
) -> Iterator[Installation]:
    installation = Installation(
        tmp_path,
        database_url,
        now=now,
        sandbox=warm_sandbox,
        provider={"bulk": {"kind": "mailjet", "base_url": "http://127.0.0.1:9"}},
        delivery={"provider": "bulk", "canary": False},
    )
    installation.add_list()
    installation.add_readers(READERS)
    yield installation
    installation.close()


def calls_before_the_pause(installation: Installation, provider: Provider) -> int:
    installation.app.providers["bulk"] = provider
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    installation.submit_all()
    assert installation.state(issue_id) == "paused"
    assert installation.counts(issue_id)["accepted"] == 0
    return installation.steps.count("call.after")


@pytest.mark.parametrize("refuse", [in_its_words, in_unknown_words])
@pytest.mark.parametrize("kind", FLAVOURS)
def test_a_refused_sender_costs_twenty_calls_at_most_before_the_pause(
    large: Installation, kind: str, refuse: Refuse
) -> None:
    with refusing(kind, refuse) as provider:
        assert calls_before_the_pause(large, provider) <= MOST_CALLS
    rejected = large.counts(1)["rejected"]
    assert rejected == 0


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_relay_that_refuses_the_sender_is_asked_twenty_times_at_most(
    large: Installation, command: str
) -> None:
    with relay_refusing(command) as provider:
        assert calls_before_the_pause(large, provider) <= MOST_CALLS

"""
Test one issue through the APIs of two fake providers: recipients that the first certainly did not
accept get their mails through the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from fake_mailgun import FakeMailgun
from fake_provider import FakeProvider
from fake_ses import FakeSes
from faults import Fault
from installation import Installation
from scripted_provider import submit_next
from two_providers import installation_with_two_providers

from newsletter import pipeline
from newsletter.providers.http_client import HttpClient
from newsletter.store.issues import issues

READERS = 120
EVERYBODY = [f"reader{number:04d}@example.org" for number in range(READERS)]

installation = pytest.fixture(installation_with_two_providers)


@contextmanager
def two_on_the_wire(
    installation: Installation, specs: Path | None
) -> Iterator[tuple[FakeProvider, FakeProvider]]:
    """
    Start a fake Mailgun, which accepts a thousand recipients in a call, as the first provider, and
    a fake Amazon SES, which has no look-ups and therefore gets 25.
    """
    with ExitStack() as stack:
        fakes = [stack.enter_context(kind.running(specs)) for kind in (FakeMailgun, FakeSes)]
        for name, fake in zip(("first", "second"), fakes, strict=True):
            provider = fake.opened(stack.enter_context(HttpClient(1)))
            provider.name = name
            installation.app.providers[name] = provider
        yield fakes[0], fakes[1]


def send(installation: Installation) -> int:
    installation.add_list()
    installation.add_readers(READERS)
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    dispatcher = installation.app.dispatcher("me")
    # As fast as possible.
    dispatcher.rate_limiter.configured = {"first": 1e9, "second": 1e9}.get
    while submit_next(dispatcher):
        pass
    return issue_id


def test_readers_of_a_refused_account_get_their_mails_from_the_other_provider(
    installation: Installation, specs: Path | None
) -> None:
    with two_on_the_wire(installation, specs) as (mailgun, ses):
        mailgun.faults = [Fault(response=mailgun.error(401))]
        issue_id = send(installation)
        arrived = ses.arrived()
    assert (sorted(one.to for one in arrived), mailgun.arrived()) == (EVERYBODY, [])
    assert [len(mailgun.calls), len(ses.calls)] == [1, 5]
    assert installation.counts(issue_id)["accepted"] == READERS
    assert {one.subject for one in arrived} == {"The Quiet Harbour"}
    links = {one.headers["List-Unsubscribe"] for one in arrived}
    assert len(links) == READERS
    with installation.app.database.read() as connection:
        reason = issues.load_issue(connection, issue_id).failover_reason
    assert "; check api_key" in reason


def test_a_provider_that_accepted_a_call_without_a_response_keeps_its_readers(
    installation: Installation, specs: Path | None
) -> None:
    with two_on_the_wire(installation, specs) as (mailgun, ses):
        mailgun.faults = [Fault(is_taken=True)]
        issue_id = send(installation)
        assert (len(mailgun.arrived()), ses.arrived()) == (READERS, [])
    assert installation.counts(issue_id)["uncertain"] == READERS

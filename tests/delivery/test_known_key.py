"""
A provider that refuses a known key says that a call with it came before, not how that call ended.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_brevo import FakeBrevo
from faults import DROPPED, Fault
from http_server import Received
from installation import Installation
from scripted_provider import states, submit_next

from newsletter import pipeline
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.isolation.sandbox import Sandbox
from newsletter.providers.http_client import HttpClient


@pytest.fixture
def installation(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, now: dt.datetime
) -> Iterator[Installation]:
    installation = Installation(
        tmp_path,
        database_url,
        now=now,
        sandbox=warm_sandbox,
        provider={"bulk": {"kind": "brevo", "base_url": "http://127.0.0.1:9"}},
        delivery={"provider": "bulk"},
    )
    yield installation
    installation.close()


def states_after(installation: Installation, *faults: Fault | None, uses_key: bool) -> object:
    """
    Return the states of an issue's readers whose call, and whose replays after it, end with
    *faults*, each in a process of its own. The first call *uses_key* before it fails.
    """
    installation.add_list()
    installation.add_readers(3)
    issue_id = installation.add_issue()
    left = list(faults)
    with FakeBrevo.running() as fake, HttpClient(1) as http:

        def fault_of(request: Received) -> Fault | None:
            if uses_key and len(left) == len(faults):
                fake.keys.add(json.loads(request.body)["headers"]["idempotencyKey"])
            return left.pop(0) if left else None

        fake.fault_of = fault_of
        installation.app.providers["bulk"] = fake.opened(http)
        pipeline.publish_issue(installation.app.publishing, issue_id)
        submit_next(installation.app.dispatcher("me"))
        for number in range(len(faults)):
            installation.now += dt.timedelta(minutes=2)
            reconcile_next(installation.app.dispatcher(f"other{number}"))
    return states(installation, issue_id)


def server_error() -> Fault:
    return Fault(response=FakeBrevo("http://127.0.0.1:9", None).error(500))


def test_a_key_that_is_known_after_a_server_error_is_no_proof_of_acceptance(
    installation: Installation,
) -> None:
    found = states_after(installation, server_error(), uses_key=True)
    assert found == {"uncertain": 3}


def test_a_new_call_whose_key_is_known_is_no_proof_of_acceptance(
    installation: Installation,
) -> None:
    assert states_after(installation, None, uses_key=True) == {"uncertain": 3}


def test_a_later_replay_without_a_response_does_not_change_that(
    installation: Installation,
) -> None:
    found = states_after(installation, server_error(), Fault(response=DROPPED), uses_key=True)
    assert found == {"uncertain": 3}


def test_a_key_that_is_unknown_after_a_server_error_sends_the_call(
    installation: Installation,
) -> None:
    found = states_after(installation, server_error(), uses_key=False)
    assert found == {"accepted": 3}


def test_a_key_that_is_known_after_no_response_shows_that_the_call_was_accepted(
    installation: Installation,
) -> None:
    lost = Fault(response=DROPPED, is_taken=True)
    assert states_after(installation, lost, uses_key=False) == {"accepted": 3}

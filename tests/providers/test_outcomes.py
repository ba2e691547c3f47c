"""
Test the ways a call may end, with every networked provider: the receipts that each ending gives,
and that an adapter returns at once, after one request, without naming anybody.
"""

from __future__ import annotations

import logging

import pytest
from endings import DEADLINE_S, LONGEST_S, OUTCOMES, Meant
from fake_provider import FakeProvider
from flavours import FLAVOURS, WiredProvider
from issue_samples import make_mail
from provider_samples import RETRY, make_readers

from newsletter.model.delivery import BatchResult
from newsletter.providers.http_client import HttpClient


def meaning_of(result: BatchResult) -> Meant:
    (receipt,) = set(result.receipts)
    return Meant(
        receipt.kind,
        receipt.retry_after_s,
        pauses=result.account_problem is not None,
        splits=result.split,
    )


@pytest.mark.parametrize("ending", OUTCOMES)
def test_each_outcome_of_a_call_gives_the_right_receipts(
    on_the_wire: WiredProvider, http: HttpClient, ending: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    fake = on_the_wire.fake
    assert fake is not None
    make_fault, usual = OUTCOMES[ending]
    fake.faults = [make_fault(fake)]
    deadline_s = DEADLINE_S if ending == "too slow" else LONGEST_S
    result = fake.opened(http, deadline_s=deadline_s).send(make_mail(), make_readers(3), "k")
    assert meaning_of(result) == fake.outcomes.get(ending, usual)
    # It neither retries nor waits: both are up to dispatch.
    assert len(fake.calls) == 1
    assert "@example.com" not in caplog.text + repr(result)


@pytest.mark.parametrize(("ending", "rest_s"), [("429 with seconds", 7), ("429 with a date", 60)])
def test_throttling_is_reported_to_all_senders(
    on_the_wire: WiredProvider, ending: str, rest_s: float
):
    fake = on_the_wire.fake
    assert fake is not None
    fake.faults = [OUTCOMES[ending][0](fake)]
    values = on_the_wire.provider.send(make_mail(), make_readers(3), "k").rate
    assert values is not None
    assert (values.is_throttled, values.cooldown_s) == (True, rest_s)


@pytest.mark.parametrize("ending", ["400", "413", "422"])
def test_a_call_with_one_reader_is_not_split(on_the_wire: WiredProvider, ending: str):
    fake = on_the_wire.fake
    assert fake is not None
    fake.faults = [OUTCOMES[ending][0](fake)]
    assert not on_the_wire.provider.send(make_mail(), make_readers(1), "k").split


@pytest.mark.parametrize("kind", FLAVOURS)
def test_a_server_that_does_not_listen_accepted_nothing(kind: str, http: HttpClient):
    fake: FakeProvider = FLAVOURS[kind]("http://127.0.0.1:9", None)
    result = fake.opened(http).send(make_mail(), make_readers(2), "k")
    assert meaning_of(result) == Meant(RETRY)

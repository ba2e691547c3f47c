"""
Test the content of a call to Brevo, the meaning of a repeated key, and whom a refusal concerns.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_brevo import ACCOUNT, FakeBrevo, brevo_at, refusal
from fake_provider import reply_of
from faults import DROPPED, Fault
from issue_samples import make_mail
from provider_samples import ACCEPTED, REJECTED, RETRY, UNCERTAIN, kinds, make_reader, make_readers

from newsletter.errors import SettingsError
from newsletter.model.delivery import Idempotency, Receipt
from newsletter.model.mail import Sender
from newsletter.providers.brevo.provider import BrevoProvider
from newsletter.providers.http_client import HttpClient


@pytest.fixture
def fake(specs: Path | None) -> Iterator[FakeBrevo]:
    with FakeBrevo.running(specs) as fake:
        yield fake


@pytest.fixture
def brevo(fake: FakeBrevo, http: HttpClient) -> BrevoProvider:
    return fake.opened(http)


def test_a_call_has_the_content_once_and_one_version_per_reader(
    fake: FakeBrevo, brevo: BrevoProvider
):
    mail = make_mail(headers=(("List-Id", "<coast.example.org>"),))
    result = brevo.send(mail, make_readers(2), "abc-i12-b1-1")
    assert result.receipts == (
        Receipt(kind=ACCEPTED, provider_id="<brevo-1@x>"),
        Receipt(kind=ACCEPTED, provider_id="<brevo-2@x>"),
    )
    (call,) = fake.calls
    values = json.loads(call.body)
    first, _second = values["messageVersions"]
    assert values["sender"] == {"email": "news@example.org", "name": "Coast Brief"}
    assert first["to"] == [{"email": "reader1@example.com", "name": "Reader 1"}]
    assert json.loads(first["headers"]["X-Mailin-custom"]) == {
        "issue": "i12",
        "batch": "abc-i12-b1-1",
        "delivery": "i12-d1_abc",
    }
    assert first["headers"]["List-Id"] == "<coast.example.org>"
    assert call.headers["api-key"] == "xkeysib-1"


def test_a_list_id_is_sent_without_the_list_s_name(fake: FakeBrevo, brevo: BrevoProvider):
    mail = make_mail(headers=(("List-Id", "=?utf-8?b?S8O8c3Rl?= <coast.example.org>"),))
    brevo.send(mail, make_readers(1), "k")
    assert fake.arrived()[0].headers["List-Id"] == "<coast.example.org>"


def test_a_key_gives_the_same_uuid_every_time_and_another_batch_gives_another(
    fake: FakeBrevo, brevo: BrevoProvider
):
    for key in ("a", "a", "b"):
        brevo.send(make_mail(), make_readers(1), key)
    first, again, other = [json.loads(call.body)["headers"] for call in fake.calls]
    assert first == again != other
    assert uuid.UUID(first["idempotencyKey"]).version == 5


def test_a_key_is_trusted_only_for_the_shortest_documented_time(brevo: BrevoProvider):
    assert brevo.capabilities.idempotency is Idempotency.REPLAY
    assert brevo.capabilities.key_life == dt.timedelta(minutes=15)


def test_repeating_the_key_shows_that_a_call_without_a_response_was_accepted(
    fake: FakeBrevo, brevo: BrevoProvider
):
    fake.faults = [Fault(response=DROPPED, is_taken=True)]
    assert kinds(brevo.send(make_mail(), make_readers(2), "k").receipts) == [UNCERTAIN] * 2
    assert kinds(brevo.send(make_mail(), make_readers(2), "k").receipts) == [ACCEPTED] * 2
    assert len(fake.arrived()) == 2


def test_a_call_that_never_arrived_is_accepted_when_it_is_repeated(
    fake: FakeBrevo, brevo: BrevoProvider
):
    fake.faults = [Fault(response=DROPPED)]
    brevo.send(make_mail(), make_readers(2), "k")
    assert kinds(brevo.send(make_mail(), make_readers(2), "k").receipts) == [ACCEPTED] * 2
    assert len(fake.arrived()) == 2


@pytest.mark.parametrize(
    ("response", "kind", "splits", "pauses"),
    [
        (refusal("invalid_parameter", "email is not valid in to"), RETRY, True, False),
        (refusal("invalid_parameter", "messageVersions.to is wrong"), RETRY, True, False),
        (refusal("invalid_parameter", "to[0].email is not valid"), RETRY, True, False),
        (refusal("invalid_parameter", "valid sender email required"), RETRY, False, True),
        (refusal("missing_parameter", "subject is missing"), RETRY, False, True),
        (refusal("invalid_parameter", "log in to verify the sender"), RETRY, False, True),
        (refusal("invalid_parameter", "a domain you are not allowed to."), RETRY, False, True),
        (refusal("missing_parameter", "messageVersions: no htmlContent"), RETRY, False, True),
        (refusal("duplicate_parameter", "the same reader twice"), UNCERTAIN, False, False),
        (refusal("not_enough_credits", "none left", status=402), RETRY, False, True),
        (refusal("duplicate_request", "at work", status=409), UNCERTAIN, False, False),
        (refusal("unauthorized", "IP not allowed", status=401), RETRY, False, True),
    ],
)
def test_the_text_of_a_refusal_decides_whom_it_concerns(
    fake: FakeBrevo, brevo: BrevoProvider, response: Any, kind: Any, splits: bool, pauses: bool
):
    fake.faults = [Fault(response=response)]
    result = brevo.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [kind] * 2
    assert (result.split, result.account_problem is not None) == (splits, pauses)


def test_a_single_reader_with_a_bad_address_is_rejected(fake: FakeBrevo, brevo: BrevoProvider):
    fake.refused = {"reader1@example.com"}
    assert kinds(brevo.send(make_mail(), make_readers(1), "k").receipts) == [REJECTED]


def test_values_that_are_too_large_together_are_split_without_a_call(
    fake: FakeBrevo, brevo: BrevoProvider
):
    long = {"first_name": "x" * 60_000}
    result = brevo.send(make_mail(), [make_reader(n, values=long) for n in range(1, 21)], "k")
    assert (result.split, result.counts_as_attempt, fake.calls) == (True, False, [])
    assert kinds(result.receipts) == [RETRY] * 20


def test_a_long_sender_name_is_truncated(fake: FakeBrevo, brevo: BrevoProvider):
    brevo.send(make_mail(sender=Sender("N" * 90, "news@example.org")), make_readers(1), "k")
    assert fake.arrived()[0].sender == ("N" * 70, "news@example.org")


def test_the_account_is_checked_without_sending(fake: FakeBrevo, brevo: BrevoProvider):
    assert brevo.check() == "credits: payAsYouGo 5000"
    assert fake.accepted == []


@pytest.mark.parametrize(
    ("response", "values"),
    [
        (refusal("unauthorized", "no", status=401), "HTTP 401: check api_key"),
        (reply_of(ACCOUNT | {"relay": {"enabled": False}}), "transactional email is not"),
        (reply_of([]), "HTTP 200 is not Brevo's response: check base_url"),
        (DROPPED, "check base_url"),
    ],
)
def test_an_account_that_cannot_be_used_is_an_error_that_says_what_to_do(
    fake: FakeBrevo, brevo: BrevoProvider, response: Any, values: str
):
    fake.faults = [Fault(response=response)]
    with pytest.raises(SettingsError, match=rf"^\[provider\.bulk\] .*{values}"):
        brevo.check()


def test_a_malformed_key_is_refused_before_anything_is_sent(http: HttpClient):
    with pytest.raises(SettingsError, match=r"^\[provider.bulk\] api_key is empty or contains"):
        brevo_at("https://x.example", http, api_key="two words")

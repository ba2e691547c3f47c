"""
Test the content of a call to SparkPost, and the reading of its responses, which name no recipients.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_provider import reply_of
from fake_sparkpost import FakeSparkpost, refusal, sparkpost_at
from faults import DROPPED, Fault
from issue_samples import NONCE, make_mail
from provider_samples import ACCEPTED, REJECTED, RETRY, UNCERTAIN, kinds, make_readers

from newsletter.errors import SettingsError
from newsletter.model.delivery import FEW, batch_size
from newsletter.providers.http_client import HttpClient
from newsletter.providers.sparkpost.provider import SparkpostProvider


@pytest.fixture
def fake(specs: Path | None) -> Iterator[FakeSparkpost]:
    with FakeSparkpost.running(specs) as fake:
        yield fake


@pytest.fixture
def sparkpost(fake: FakeSparkpost, http: HttpClient) -> SparkpostProvider:
    return fake.opened(http)


def test_a_call_has_the_content_once_and_each_reader_s_values(
    fake: FakeSparkpost, sparkpost: SparkpostProvider
):
    mail = make_mail(headers=(("Precedence", "bulk"), ("X-Own", f"<NL{NONCE}1X>")))
    assert kinds(sparkpost.send(mail, make_readers(2), "abc-i12-b1-1").receipts) == [ACCEPTED] * 2
    (call,) = fake.calls
    values = json.loads(call.body)
    assert values["options"] == {"open_tracking": False, "click_tracking": False}
    assert values["content"]["headers"] == {"Precedence": "{{{x0}}}", "X-Own": "{{{x1}}}"}
    assert [each["address"]["email"] for each in values["recipients"]] == [
        "reader1@example.com",
        "reader2@example.com",
    ]
    assert call.headers["authorization"] == "14ac5499"
    assert fake.arrived()[0].headers["X-Own"] == "<https://news.example.org/u/T0K3N?a=1&b=2>"


def test_a_call_has_no_more_readers_than_may_be_uncertain_together(sparkpost: SparkpostProvider):
    assert batch_size(sparkpost.capabilities, 70_000) == FEW


def test_a_call_that_left_out_some_readers_is_uncertain_for_all(
    fake: FakeSparkpost, sparkpost: SparkpostProvider
):
    fake.refused = {"reader2@example.com"}
    receipts = sparkpost.send(make_mail(), make_readers(3), "k").receipts
    assert kinds(receipts) == [UNCERTAIN] * 3
    assert receipts[0].reason == "bulk: accepted 2 of 3 without saying which: invalid data"


def test_a_single_reader_who_is_left_out_is_rejected(
    fake: FakeSparkpost, sparkpost: SparkpostProvider
):
    results = {"total_accepted_recipients": 0, "total_rejected_recipients": 1}
    for response in (reply_of({"results": results}), refusal("5002", "No valid recipient")):
        fake.faults = [Fault(response=response)]
        assert kinds(sparkpost.send(make_mail(), make_readers(1), "k").receipts) == [REJECTED]


@pytest.mark.parametrize(
    ("words", "splits", "pauses"),
    [("recipient address suppressed", True, False), ("Message generation rejected", False, True)],
)
def test_a_call_of_which_nobody_is_accepted_rejects_nobody(
    fake: FakeSparkpost, sparkpost: SparkpostProvider, words: str, splits: bool, pauses: bool
):
    results = {
        "total_accepted_recipients": 0,
        "total_rejected_recipients": 3,
        "rcpt_to_errors": [{"message": words}],
    }
    fake.faults = [Fault(response=reply_of({"results": results}))]
    result = sparkpost.send(make_mail(), make_readers(3), "k")
    assert kinds(result.receipts) == [RETRY] * 3
    assert (result.split, result.account_problem is not None) == (splits, pauses)


@pytest.mark.parametrize(
    ("response", "splits", "pauses"),
    [
        (refusal("5002", "At least one valid recipient is required"), True, False),
        (refusal("7001", "Invalid domain"), False, True),
        (refusal("2101", "Exceed Sending Limit (hourly)", status=420), False, True),
        (refusal("3000", "substitution language syntax error", status=422), False, True),
    ],
)
def test_the_text_of_a_refusal_decides_whom_it_concerns(
    fake: FakeSparkpost, sparkpost: SparkpostProvider, response: Any, splits: bool, pauses: bool
):
    fake.faults = [Fault(response=response)]
    result = sparkpost.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY] * 2
    assert (result.split, result.account_problem is not None) == (splits, pauses)


def test_doctor_says_that_list_unsubscribe_is_replaced(sparkpost: SparkpostProvider):
    values = sparkpost.check()
    assert values.startswith(
        "the account is active; SparkPost replaces List-Unsubscribe with its own"
    )


def test_a_key_that_may_only_send_is_accepted(fake: FakeSparkpost, sparkpost: SparkpostProvider):
    fake.faults = [Fault(response=refusal("1902", "Forbidden", status=403))]
    assert sparkpost.check().startswith("the API key is accepted, but cannot read")


@pytest.mark.parametrize(
    ("response", "values"),
    [
        (refusal("1902", "no", status=401), "HTTP 401: check api_key and region"),
        (reply_of({"results": {"status": "suspended"}}), "the account is suspended"),
        (reply_of([]), "HTTP 200 is not SparkPost's response: check base_url"),
        (DROPPED, "check base_url"),
    ],
)
def test_an_account_that_cannot_be_used_is_an_error_that_says_what_to_do(
    fake: FakeSparkpost, sparkpost: SparkpostProvider, response: Any, values: str
):
    fake.faults = [Fault(response=response)]
    with pytest.raises(SettingsError, match=rf"^\[provider\.bulk\] .*{values}"):
        sparkpost.check()


def test_a_malformed_key_is_refused_before_anything_is_sent(http: HttpClient):
    with pytest.raises(SettingsError, match=r"^\[provider.bulk\] api_key is empty or contains"):
        sparkpost_at("https://x.example", http, api_key="two words")

"""
Test the content of a call to SendGrid, and the meaning of its own responses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_provider import reply_of
from fake_sendgrid import FakeSendgrid
from faults import DROPPED, Fault
from issue_samples import NONCE, make_mail
from provider_samples import (
    ACCEPTED,
    NOW,
    REJECTED,
    RETRY,
    UNCERTAIN,
    kinds,
    make_reader,
    make_readers,
)

from newsletter.errors import SettingsError
from newsletter.model.delivery import Attempt, Receipt, batch_size
from newsletter.model.mail import MergeField, Sender
from newsletter.providers.http_client import HttpClient
from newsletter.providers.sendgrid.provider import SendgridProvider

URL = "https://news.example.org/u/T0K3N?a=1&b=2"


@pytest.fixture
def fake(specs: Path | None) -> Iterator[FakeSendgrid]:
    with FakeSendgrid.running(specs) as fake:
        yield fake


@pytest.fixture
def sendgrid(fake: FakeSendgrid, http: HttpClient) -> SendgridProvider:
    return fake.opened(http)


def refusal(*errors: dict[str, Any], status: int = 400, **headers: str) -> Fault:
    return Fault(response=reply_of({"errors": list(errors)}, status=status, headers=headers))


def test_a_call_that_cannot_be_reconciled_has_few_recipients(sendgrid: SendgridProvider):
    assert sendgrid.capabilities.max_recipients == 1_000
    assert batch_size(sendgrid.capabilities, 60_000) == 25
    asked = Attempt(key="k", submitted_at=NOW, recipients=tuple(make_readers(2)))
    assert kinds(sendgrid.look_up(asked).receipts) == [UNCERTAIN] * 2


def test_a_call_has_the_content_once_and_each_reader_s_values(
    fake: FakeSendgrid, sendgrid: SendgridProvider
):
    mail = make_mail(sender=Sender("Küste", "news@example.org"), reply_to="desk@example.org")
    result = sendgrid.send(mail, [make_reader(1)], "abc-i12-b1-1")
    assert result.receipts == (Receipt(kind=ACCEPTED, provider_id="sg-1"),)
    tag = f"-n{NONCE}"
    assert json.loads(fake.calls[0].body) == {
        "from": {"email": "news@example.org", "name": "Küste"},
        "reply_to": {"email": "desk@example.org"},
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
        "subject": f"{tag}s-",
        "content": [
            {"type": "text/plain", "value": f"Dear {tag}t0-\n{tag}t1-\n"},
            {"type": "text/html", "value": f'<p>Dear {tag}h0-, <a href="{tag}a1-">leave</a></p>'},
        ],
        "personalizations": [
            {
                "to": [{"email": "reader1@example.com", "name": "Reader 1"}],
                "headers": {"List-Unsubscribe": f"<{URL}>"},
                "substitutions": {
                    f"{tag}s-": "For Reader1",
                    f"{tag}h0-": "Reader1",
                    f"{tag}a1-": URL.replace("&", "&amp;"),
                    f"{tag}t0-": "Reader1",
                    f"{tag}t1-": URL,
                },
                "custom_args": {
                    "nl_issue": "i12",
                    "nl_batch": "abc-i12-b1-1",
                    "nl_delivery": "i12-d1_abc",
                },
            }
        ],
    }


def test_an_empty_part_is_left_out(fake: FakeSendgrid, sendgrid: SendgridProvider):
    sendgrid.send(make_mail(text=""), make_readers(1), "k")
    (part,) = json.loads(fake.calls[0].body)["content"]
    assert part["type"] == "text/html"


def test_values_over_the_limit_reject_only_their_reader(
    fake: FakeSendgrid, sendgrid: SendgridProvider
):
    long = make_reader(1, values={"first_name": "é" * 1_700})
    result = sendgrid.send(make_mail(), [long, make_reader(2)], "k")
    assert kinds(result.receipts) == [REJECTED, ACCEPTED]
    assert "of at most 10000" in result.receipts[0].reason


def test_readers_without_a_value_are_left_out_and_receipts_stay_in_order(
    fake: FakeSendgrid, sendgrid: SendgridProvider
):
    mail = make_mail(fields=(MergeField("first_name"), MergeField("unsubscribe_url")))
    readers = [
        make_reader(1, values={}),
        make_reader(2),
        make_reader(3, email="zoë@example.com"),
        make_reader(4, values={"first_name": "\ud800"}),
    ]
    result = sendgrid.send(mail, readers, "k")
    assert kinds(result.receipts) == [REJECTED, ACCEPTED, REJECTED, REJECTED]
    assert [found.to for found in fake.arrived()] == ["reader2@example.com"]


def test_only_the_address_named_in_a_refusal_is_rejected(
    fake: FakeSendgrid, sendgrid: SendgridProvider
):
    fake.refused = {"reader2@example.com"}
    result = sendgrid.send(make_mail(), make_readers(3), "k")
    assert kinds(result.receipts) == [RETRY, REJECTED, RETRY]
    assert [receipt.retry_after_s for receipt in result.receipts] == [0.0, None, 0.0]
    assert (result.account_problem, result.split) == (None, False)
    assert kinds(sendgrid.send(make_mail(), [make_reader(2)], "k").receipts) == [REJECTED]


@pytest.mark.parametrize(
    "errors",
    [
        [{"message": "Bad.", "field": "personalizations.0.headers"}],
        [{"message": "Bad.", "field": "personalizations.9.to.0.email"}],
        [{"message": "Bad.", "field": f"personalizations.{n}.to"} for n in (0, 1)],
        [{"message": "Bad.", "field": "personalizations.0.to"}, {"message": "Bad.", "field": None}],
        [],
    ],
)
def test_an_error_that_may_not_concern_a_reader_rejects_nobody(
    fake: FakeSendgrid, sendgrid: SendgridProvider, errors: list[dict[str, Any]]
):
    fake.faults = [refusal(*errors)]
    result = sendgrid.send(make_mail(), make_readers(2), "k")
    assert (kinds(result.receipts), result.split) == ([RETRY] * 2, True)


@pytest.mark.parametrize(
    ("field", "advice"),
    [
        ("from.email", "check the sender: its address"),
        ("reply_to.email", "check the sender: its address"),
        ("content.0.value", "check the sender and the content"),
    ],
)
def test_an_error_about_what_all_readers_share_pauses_the_issue(
    fake: FakeSendgrid, sendgrid: SendgridProvider, field: str, advice: str
):
    fake.faults = [refusal({"message": "Bad.", "field": field})]
    result = sendgrid.send(make_mail(), make_readers(2), "k")
    assert (kinds(result.receipts), result.split) == ([RETRY] * 2, False)
    assert f"; {advice}" in (result.account_problem or "")


def test_used_up_credits_are_told_from_a_wrong_key(fake: FakeSendgrid, sendgrid: SendgridProvider):
    fake.faults = [refusal({"message": "Maximum credits exceeded", "field": None}, status=401)]
    result = sendgrid.send(make_mail(), make_readers(1), "k")
    assert result.account_problem is not None
    assert "; wait, or upgrade the plan" in result.account_problem


def test_a_200_is_not_an_acceptance(fake: FakeSendgrid, sendgrid: SendgridProvider):
    # The response of its sandbox, which sends nothing (openapi, `mail_settings.sandbox_mode`).
    fake.faults = [Fault(response=reply_of({}))]
    assert kinds(sendgrid.send(make_mail(), make_readers(1), "k").receipts) == [UNCERTAIN]


def test_its_headers_say_when_the_limit_resets(fake: FakeSendgrid, sendgrid: SendgridProvider):
    begins = str(int(NOW.timestamp()) + 30)
    values = {"X-RateLimit-Limit": "600", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": begins}
    fake.faults = [refusal({"message": "too many requests", "field": None}, status=429, **values)]
    rate = sendgrid.send(make_mail(), make_readers(1), "k").rate
    assert rate is not None
    assert (rate.cooldown_s, rate.limit_per_s, rate.is_throttled) == (30.0, None, True)


def test_doctor_reports_what_the_key_may_do(sendgrid: SendgridProvider):
    assert sendgrid.check().startswith("the API key may send")


@pytest.mark.parametrize(
    ("status", "values"),
    [
        (200, "api_key may not send: grant it"),
        (401, "api_key is refused"),
        (500, "api_key cannot be checked"),
        (0, "cannot be reached"),
    ],
)
def test_doctor_says_what_to_do_about_the_key(
    fake: FakeSendgrid, sendgrid: SendgridProvider, status: int, values: str
):
    fake.scopes = ["stats.read"]
    if status != 200:
        fake.faults = [Fault(response=fake.error(status) if status else DROPPED)]
    with pytest.raises(SettingsError, match=rf"^\[provider.bulk\] {values}"):
        sendgrid.check()

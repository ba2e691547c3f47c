"""
Test the receipts that Resend's responses and failed calls give.
"""

from __future__ import annotations

from typing import Any

import pytest
from fake_provider import reply_of
from fake_resend import FakeResend, error, provider_at
from faults import DROPPED, Fault
from http_server import Answer as Reply
from issue_samples import make_mail
from provider_samples import (
    ACCEPTED,
    REJECTED,
    RETRY,
    UNCERTAIN,
    kinds,
    make_readers,
)

from newsletter.model.delivery import BatchResult, Receipt
from newsletter.providers.http_client import HttpClient
from newsletter.providers.resend.provider import ResendProvider


def test_a_refused_reader_does_not_shift_the_other_ids(fake: FakeResend, resend: ResendProvider):
    fake.refused = {"reader2@example.com"}
    result = resend.send(make_mail(), make_readers(4), "k")
    assert result.receipts == (
        Receipt(kind=ACCEPTED, provider_id="re-1"),
        Receipt(kind=REJECTED, reason="Invalid `to`: (an address)"),
        Receipt(kind=ACCEPTED, provider_id="re-2"),
        Receipt(kind=ACCEPTED, provider_id="re-3"),
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}, ["a", "b", "c"]),
        ({"data": [{"id": "a"}, {}, {"id": "c"}], "errors": [{"index": 1}]}, ["a", "no", "c"]),
        ({"data": [{"id": "a"}, {"id": 7}, "x"]}, ["a", None, None]),
        ({"errors": [{"index": n, "message": "Invalid `to`"} for n in range(3)]}, ["no"] * 3),
        ({"data": [{"id": "a"}, {"id": "b"}]}, ["?", "?", "?"]),
        ({"data": None, "errors": [{"index": 0}]}, ["no", "?", "?"]),
        ({"data": ["a"] * 3, "errors": [{"index": n} for n in range(3)]}, ["no"] * 3),
        ({"data": [{"id": "a"}], "errors": [{"index": 9}, {"index": True}, "x"]}, ["?"] * 3),
        ({}, ["?", "?", "?"]),
        ([{"id": "a"}], ["?", "?", "?"]),
    ],
)
def test_who_was_accepted_is_never_guessed(
    fake: FakeResend, resend: ResendProvider, body: Any, expected: list[str | None]
):
    fake.faults = [Fault(response=reply_of(body))]
    result = resend.send(make_mail(), make_readers(3), "k")
    words = {REJECTED: "no", UNCERTAIN: "?"}
    assert [words.get(r.kind, r.provider_id) for r in result.receipts] == expected


@pytest.mark.parametrize("body", [b"", b"<html>ok</html>", b"\xff", b'{"data":'])
def test_an_unreadable_success_is_uncertain_because_it_may_contain_refusals(
    fake: FakeResend, resend: ResendProvider, body: bytes
):
    fake.faults = [Fault(response=Reply(status=200, body=body))]
    result = resend.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [UNCERTAIN] * 2


PAUSES = [
    (401, "missing_api_key", "check api_key"),
    (401, "restricted_api_key", "check api_key"),
    (403, "invalid_api_key", "check api_key"),
    (403, "validation_error", "check api_key, and that the sender's domain is verified"),
    (402, "", "check the account's billing"),
    (429, "daily_quota_exceeded", "wait until tomorrow"),
    (429, "monthly_quota_exceeded", "upgrade the plan"),
    (422, "invalid_from_address", "correct the sender's name or address"),
    (400, "invalid_idempotency_key", "report this as a bug"),
    (451, "security_error", "check the sender's name and the content"),
    (404, "not_found", "check base_url"),
    (405, "method_not_allowed", "check base_url"),
    (301, "", "check base_url"),
    (418, "", "check the provider's status page"),
]


@pytest.mark.parametrize(("status", "name", "advice"), PAUSES)
def test_an_account_problem_rejects_nobody_and_pauses(
    fake: FakeResend, resend: ResendProvider, status: int, name: str, advice: str
):
    fake.faults = [Fault(response=error(status, name, "Words of theirs"))]
    result = resend.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert result.account_problem is not None
    assert f"; {advice}" in result.account_problem
    assert f"HTTP {status}" in result.account_problem


WAITS = [
    (error(429, "rate_limit_exceeded", retry_after="7"), 7.0),
    (error(429, "rate_limit_exceeded", ratelimit_reset="2"), 2.0),
    (error(429, "rate_limit_exceeded", retry_after="7", ratelimit_reset="2"), 7.0),
    (error(429, "rate_limit_exceeded", retry_after="Wed, 04 Mar 2026 12:01:00 GMT"), 60.0),
    (error(429, "rate_limit_exceeded", retry_after="0"), None),
    (error(429, "rate_limit_exceeded", retry_after="soon"), None),
    (error(429, "a_word_we_do_not_know"), None),
    (Reply(status=429, body=b"slow down"), None),
]


@pytest.mark.parametrize(("response", "seconds"), WAITS)
def test_throttling_rejects_nobody_and_says_how_long_to_wait(
    fake: FakeResend, resend: ResendProvider, response: Reply, seconds: float | None
):
    fake.faults = [Fault(response=response)]
    result = resend.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert [receipt.retry_after_s for receipt in result.receipts] == [seconds] * 2
    assert result.account_problem is None


@pytest.mark.parametrize(
    "response",
    [
        error(409, "concurrent_idempotent_requests"),
        error(409, "invalid_idempotent_request"),
        error(409, "a_word_we_do_not_know"),
        error(408, ""),
        error(500, "application_error"),
        error(503, "", retry_after="30"),
        # A failing server may say anything, so its response proves nothing.
        error(500, "rate_limit_exceeded"),
        error(502, ""),
        error(503, ""),
        error(504, "", retry_after="5"),
        DROPPED,
        Reply(raw=(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n", b'{"data":')),
    ],
)
def test_a_response_that_proves_nothing_is_uncertain(
    fake: FakeResend, resend: ResendProvider, response: Reply
):
    fake.faults = [Fault(response=response)]
    result = resend.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [UNCERTAIN, UNCERTAIN]
    assert all(receipt.reason.startswith("bulk: ") for receipt in result.receipts)
    assert (result.account_problem, len(fake.calls)) == (None, 1)


def test_no_response_by_the_deadline_is_uncertain(fake: FakeResend, http: HttpClient):
    fake.faults = [Fault(is_taken=True, delay_s=0.5)]
    result = provider_at(fake.base_url, http, deadline_s=0.2).send(
        make_mail(), make_readers(1), "k"
    )
    assert kinds(result.receipts) == [UNCERTAIN]


def test_without_a_connection_nothing_was_sent(http: HttpClient):
    result = provider_at("http://127.0.0.1:9", http).send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert result.receipts[0].reason.startswith("bulk: ConnectError")
    assert result.account_problem is None


@pytest.mark.parametrize("status", [400, 422, 413])
def test_a_call_refused_as_a_whole_must_be_split(
    fake: FakeResend, resend: ResendProvider, status: int
):
    fake.faults = [Fault(response=error(status, "validation_error", "The `html` field\nis odd"))]
    result = resend.send(make_mail(), make_readers(2), "k")
    reason = f"bulk: HTTP {status}: validation_error: The `html` field is odd"
    waits = Receipt(kind=RETRY, reason=reason, retry_after_s=0.0)
    assert result == BatchResult(receipts=(waits, waits), split=True)


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_call_with_one_reader_rejects_that_reader(
    fake: FakeResend, resend: ResendProvider, status: int
):
    fake.faults = [Fault(response=error(status, "validation_error", "The `to` is odd"))]
    result = resend.send(make_mail(), make_readers(1), "k")
    reason = f"bulk: HTTP {status}: validation_error: The `to` is odd"
    assert result == BatchResult(receipts=(Receipt(kind=REJECTED, reason=reason),))


@pytest.mark.parametrize("status", [200, 400, 422])
def test_a_refusal_of_every_message_rejects_nobody(
    fake: FakeResend, resend: ResendProvider, status: int
):
    values = {"name": "validation_error", "message": "The domain is not verified"}
    each = [{"index": n, "message": "The domain is not verified"} for n in range(4)]
    for count in (4, 1):
        body = {**(values if status > 200 else {}), "data": [], "errors": each[:count]}
        fake.faults = [Fault(response=reply_of(body, status=status))]
        result = resend.send(make_mail(), make_readers(count), f"k{count}")
        assert kinds(result.receipts) == [RETRY] * count
        # The call is split in halves, down to one reader whose call is refused too.
        assert result.split is (count > 1)
    assert "; check the sender and the content" in (result.account_problem or "")
    assert "The domain is not verified" in (result.account_problem or "")


def test_a_mail_too_large_for_one_reader_pauses(fake: FakeResend, resend: ResendProvider):
    fake.faults = [Fault(response=error(413, ""))]
    result = resend.send(make_mail(), make_readers(1), "k")
    assert kinds(result.receipts) == [RETRY]
    assert "; the email is too large: cancel the issue" in (result.account_problem or "")


def test_a_call_refused_because_of_one_reader_rejects_only_that_reader(
    fake: FakeResend, resend: ResendProvider
):
    body = {"name": "validation_error", "errors": [{"index": 1, "message": "Invalid `to`"}]}
    fake.faults = [Fault(response=reply_of(body, status=422))]
    result = resend.send(make_mail(), make_readers(3), "k")
    assert kinds(result.receipts) == [RETRY, REJECTED, RETRY]
    assert result.receipts[1].reason == "Invalid `to`"

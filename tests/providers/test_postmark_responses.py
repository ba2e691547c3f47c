"""
Test the receipts that Postmark's responses give.
"""

from __future__ import annotations

from typing import Any

import pytest
from fake_postmark import refusal
from fake_provider import reply_of
from provider_samples import ACCEPTED, NOW, REJECTED, RETRY, UNCERTAIN, kinds

from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.providers.http_client import HttpResponse
from newsletter.providers.postmark.responses import read_response

OK = {"ErrorCode": 0, "Message": "OK", "MessageID": "pm-1"}
NO_TO = {"ErrorCode": 300, "Message": "Invalid 'To' address: 'x@y.example'."}
NO_FROM = {"ErrorCode": 300, "Message": "Invalid 'From' address: 'desk@example.org'."}
INACTIVE = {"ErrorCode": 406, "Message": "x@y.example is inactive"}
NO_CREDIT = {"ErrorCode": 405, "Message": "You ran out of credits."}
BUSY = {"ErrorCode": 100, "Message": "Maintenance"}
NO_JSON = {"ErrorCode": 402, "Message": "Invalid JSON"}
STRANGE = {"ErrorCode": 7777, "Message": "?"}


def read(response: Any, count: int) -> BatchResult:
    headers = {name.lower(): value for name, value in response.headers.items()}
    values = HttpResponse(status=response.status, headers=headers, body=response.body)
    return read_response(values, count, name="bulk", now=NOW)


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([OK, OK], [ACCEPTED, ACCEPTED]),
        ([OK, NO_TO], [ACCEPTED, REJECTED]),
        ([NO_TO, NO_TO], [REJECTED, REJECTED]),
        ([INACTIVE, INACTIVE], [REJECTED, REJECTED]),
        ([OK, BUSY], [ACCEPTED, RETRY]),
        ([OK, STRANGE], [ACCEPTED, UNCERTAIN]),
        ([OK, {"ErrorCode": 429}], [ACCEPTED, UNCERTAIN]),
        ([OK, {"ErrorCode": 500}], [ACCEPTED, UNCERTAIN]),
        ([OK, {"ErrorCode": 1235}], [ACCEPTED, UNCERTAIN]),
        ([OK], [UNCERTAIN, UNCERTAIN]),
        ([OK, {"Message": "no code"}], [UNCERTAIN, UNCERTAIN]),
        ([OK, None], [UNCERTAIN, UNCERTAIN]),
        ({"ErrorCode": 0}, [UNCERTAIN, UNCERTAIN]),
    ],
)
def test_each_message_has_its_own_result_in_a_200_response(entries: Any, expected: Any):
    result = read(reply_of(entries), 2)
    assert kinds(result.receipts) == expected
    assert (result.account_problem, result.split) == (None, False)


@pytest.mark.parametrize(
    ("entry", "kind", "advice"),
    [
        (NO_FROM, RETRY, "check the sender's name, and confirm"),
        (NO_JSON, RETRY, "check the sender's name and the content"),
        (STRANGE, UNCERTAIN, "check the sender's name and the content"),
    ],
)
def test_a_refusal_of_everybody_rejects_nobody_and_pauses(
    entry: dict[str, Any], kind: ReceiptKind, advice: str
):
    result = read(reply_of([entry] * 3), 3)
    assert kinds(result.receipts) == [kind] * 3
    assert result.account_problem is not None
    assert f"; {advice}" in result.account_problem
    assert "example.org" not in result.account_problem


def test_an_account_that_runs_out_of_credits_during_a_call_pauses_the_issue():
    result = read(reply_of([OK, NO_CREDIT]), 2)
    assert kinds(result.receipts) == [ACCEPTED, RETRY]
    assert result.account_problem == (
        "[provider.bulk] 405 You ran out of credits; upgrade the plan"
    )


def test_an_inactive_reader_is_suppressed_and_the_address_is_redacted():
    (_, refused) = read(reply_of([OK, INACTIVE]), 2).receipts
    assert refused == Receipt(kind=REJECTED, reason="406 (an address) is inactive", suppress=True)


@pytest.mark.parametrize(
    ("response", "kind", "advice"),
    [
        (refusal(10, "Bad token", status=401), RETRY, "check api_key"),
        (refusal(400), RETRY, "check the sender's name, and confirm"),
        (refusal(412), RETRY, "ask Postmark to approve the account"),
        (refusal(405), RETRY, "upgrade the plan"),
        (refusal(7777), RETRY, "check the provider's status page"),
        (refusal(0, status=404), RETRY, "check base_url"),
        (refusal(0, status=302), RETRY, "check base_url"),
        (refusal(0, status=418), RETRY, "check the provider's status page"),
    ],
)
def test_a_refusal_of_the_account_pauses_the_issue(response: Any, kind: Any, advice: str):
    result = read(response, 2)
    assert kinds(result.receipts) == [kind] * 2
    assert result.account_problem is not None
    assert f"; {advice}" in result.account_problem


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_server_error_is_uncertain_with_any_body(status: int):
    result = read(refusal(406, status=status), 2)
    assert (kinds(result.receipts), result.account_problem) == ([UNCERTAIN] * 2, None)


@pytest.mark.parametrize(
    "response", [refusal(300), refusal(402), refusal(410), refusal(0, status=413)]
)
def test_a_call_refused_as_a_whole_is_split(response: Any):
    result = read(response, 2)
    assert (kinds(result.receipts), result.split, result.account_problem) == (
        [RETRY] * 2,
        True,
        None,
    )


def test_a_single_reader_with_that_refusal_is_rejected():
    assert kinds(read(refusal(300, "Invalid 'To'"), 1).receipts) == [REJECTED]


@pytest.mark.parametrize(
    "response",
    [refusal(300, "Invalid 'From' address"), refusal(402, "Invalid JSON"), refusal(403, "No")],
)
def test_a_single_reader_is_not_rejected_for_an_error_of_the_sender_or_the_call(response: Any):
    result = read(response, 1)
    assert kinds(result.receipts) == [RETRY]
    assert "; check the sender's name" in (result.account_problem or "")


@pytest.mark.parametrize(("values", "waits_s"), [("30", 30.0), ("0", None), ("soon", None)])
def test_after_too_many_requests_the_call_waits_as_requested(values: str, waits_s: float | None):
    result = read(refusal(429, status=429, Retry_After=values), 2)
    assert [(r.kind, r.retry_after_s) for r in result.receipts] == [(RETRY, waits_s)] * 2


def test_during_maintenance_the_call_waits():
    result = read(refusal(100, "Maintenance"), 2)
    assert (kinds(result.receipts), result.account_problem) == ([RETRY] * 2, None)

"""
Resend: what one call says, and what its answers and silences mean.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_resend import DROPPED, FakeResend, Fault, error, reply_of, running_resend
from http_server import Answer as Reply
from issue_samples import make_mail
from provider_samples import (
    ACCEPTED,
    NOW,
    REJECTED,
    UNCERTAIN,
    WAIT,
    kinds,
    make_reader,
    make_readers,
)

from newsletter.errors import SettingsError
from newsletter.model.delivery import Attempt, Capabilities, Idempotency, LookUp, Receipt
from newsletter.model.mail import MergeField, Sender
from newsletter.providers.lanes import Lanes
from newsletter.providers.resend import ResendProvider


@pytest.fixture
def fake() -> Iterator[FakeResend]:
    with running_resend() as fake:
        yield fake


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    with Lanes(1) as lanes:
        yield lanes


@pytest.fixture
def resend(fake: FakeResend, lanes: Lanes) -> ResendProvider:
    return provider_at(fake.base_url, lanes)


def provider_at(base_url: str, lanes: Lanes, *, deadline_s: float = 5.0) -> ResendProvider:
    return ResendProvider(
        "bulk",
        api_key="re_secret",
        base_url=base_url,
        lanes=lanes,
        deadline_s=deadline_s,
        clock=lambda: NOW,
    )


def test_it_says_what_it_can(resend: ResendProvider):
    assert resend.capabilities == Capabilities(
        max_recipients=100,
        max_bytes=40_000_000,
        idempotency=Idempotency.REPLAY,
        key_life=dt.timedelta(hours=24),
        look_up=LookUp.NONE,
        gives_ids=True,
    )


def test_a_call_carries_one_message_a_reader(fake: FakeResend, resend: ResendProvider):
    result = resend.send(make_mail(reply_to="desk@example.org"), [make_reader(1)], "abc-i12-b1-1")
    assert result.receipts == (Receipt(kind=ACCEPTED, provider_id="re-1"),)
    (call,) = fake.calls
    assert json.loads(call.body) == [
        {
            "from": "Coast Brief <news@example.org>",
            "to": ["reader1@example.com"],
            "subject": "For Reader1",
            "html": '<p>Dear Reader1, <a href="https://news.example.org/u/T0K3N?a=1&amp;b=2">'
            "leave</a></p>",
            "text": "Dear Reader1\nhttps://news.example.org/u/T0K3N?a=1&b=2\n",
            "reply_to": "desk@example.org",
            "headers": {"List-Unsubscribe": "<https://news.example.org/u/T0K3N?a=1&b=2>"},
            "tags": [{"name": "delivery", "value": "i12-d1_abc"}],
        }
    ]


def test_a_call_carries_the_key_and_asks_for_permissive_validation(
    fake: FakeResend, resend: ResendProvider
):
    resend.send(make_mail(), make_readers(1), "abc-i12-b1-1")
    headers = fake.calls[0].headers
    assert (headers["authorization"], headers["content-type"]) == (
        "Bearer re_secret",
        "application/json",
    )
    assert (headers["idempotency-key"], headers["x-batch-validation"], headers["user-agent"]) == (
        "abc-i12-b1-1",
        "permissive",
        "newsletter",
    )


def test_every_item_fits_the_published_schema(
    shared: Path, fake: FakeResend, resend: ResendProvider
):
    file = shared / "specs" / "resend.json"
    if not file.is_file():
        pytest.skip("no specs/resend.json among the shared samples")
    schemas = json.loads(file.read_text(encoding="utf-8"))["components"]["schemas"]
    schema, tag = schemas["SendEmailRequest"], schemas["Tag"]
    resend.send(make_mail(reply_to="desk@example.org"), make_readers(3), "k")
    for item in fake.accepted:
        assert set(schema["required"]) <= set(item) <= set(schema["properties"])
        plain = {"from", "subject", "html", "text"}
        assert {type(item[name]) for name in plain} == {str}
        assert {schema["properties"][name]["type"] for name in plain} == {"string"}
        assert [set(entry) for entry in item["tags"]] == [set(tag["properties"])]


def test_the_same_call_twice_is_the_same_to_the_byte(fake: FakeResend, resend: ResendProvider):
    first = resend.send(make_mail(), make_readers(3), "k")
    second = resend.send(make_mail(), make_readers(3), "k")
    assert fake.calls[0].body == fake.calls[1].body
    assert (first, len(fake.accepted)) == (second, 3)


def test_an_answer_lost_on_the_way_is_found_again_by_the_same_key(
    fake: FakeResend, resend: ResendProvider
):
    fake.faults = [Fault(is_taken=True)]
    lost = resend.send(make_mail(), make_readers(2), "k")
    found = resend.send(make_mail(), make_readers(2), "k")
    assert kinds(lost.receipts) == [UNCERTAIN, UNCERTAIN]
    assert [receipt.provider_id for receipt in found.receipts] == ["re-1", "re-2"]
    assert len(fake.accepted) == 2


def test_a_refused_reader_does_not_shift_the_ids_of_the_others(
    fake: FakeResend, resend: ResendProvider
):
    fake.refused = {"reader2@example.com"}
    result = resend.send(make_mail(), make_readers(4), "k")
    assert result.receipts == (
        Receipt(kind=ACCEPTED, provider_id="re-1"),
        Receipt(kind=REJECTED, reason="Invalid `to`: (an address)"),
        Receipt(kind=ACCEPTED, provider_id="re-2"),
        Receipt(kind=ACCEPTED, provider_id="re-3"),
    )


def test_readers_without_a_copy_are_left_out_and_keep_their_place(
    fake: FakeResend, resend: ResendProvider
):
    mail = make_mail(fields=(MergeField("first_name"), MergeField("unsubscribe_url")))
    fake.refused = {"reader4@example.com"}
    readers = [
        make_reader(1, values={}),
        make_reader(2),
        make_reader(3, values={"first_name": "\ud800x"}),
        make_reader(4),
        make_reader(5),
    ]
    result = resend.send(mail, readers, "k")
    assert kinds(result.receipts) == [REJECTED, ACCEPTED, REJECTED, REJECTED, ACCEPTED]
    assert [item["to"] for item in fake.accepted] == [[readers[1].email], [readers[4].email]]


def test_nobody_with_a_copy_means_no_call(fake: FakeResend, resend: ResendProvider):
    mail = make_mail(fields=(MergeField("first_name"), MergeField("unsubscribe_url")))
    result = resend.send(mail, [make_reader(1, values={}), make_reader(2, values={})], "k")
    assert kinds(result.receipts) == [REJECTED, REJECTED]
    assert fake.calls == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"data": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}, ["a", "b", "c"]),
        ({"data": [{"id": "a"}, {}, {"id": "c"}], "errors": [{"index": 1}]}, ["a", "no", "c"]),
        ({"data": [{"id": "a"}, {"id": 7}, "x"]}, ["a", None, None]),
        ({"errors": [{"index": n, "message": "bad"} for n in range(3)]}, ["no", "no", "no"]),
        ({"data": [{"id": "a"}, {"id": "b"}]}, ["?", "?", "?"]),
        ({"data": None, "errors": [{"index": 0}]}, ["no", "?", "?"]),
        ({"data": [{"id": "a"}], "errors": [{"index": 9}, {"index": True}, "x"]}, ["?"] * 3),
        ({}, [None, None, None]),
        ([{"id": "a"}], [None, None, None]),
    ],
)
def test_who_was_accepted_is_read_without_guessing(
    fake: FakeResend, resend: ResendProvider, body: Any, expected: list[str | None]
):
    fake.faults = [Fault(answer=reply_of(body))]
    result = resend.send(make_mail(), make_readers(3), "k")
    words = {REJECTED: "no", UNCERTAIN: "?"}
    assert [words.get(r.kind, r.provider_id) for r in result.receipts] == expected


@pytest.mark.parametrize("body", [b"", b"<html>ok</html>", b"\xff", b'{"data":'])
def test_a_success_nobody_can_read_is_accepted_without_ids(
    fake: FakeResend, resend: ResendProvider, body: bytes
):
    fake.faults = [Fault(answer=Reply(status=200, body=body))]
    result = resend.send(make_mail(), make_readers(2), "k")
    assert result.receipts == (Receipt(kind=ACCEPTED),) * 2


PAUSES = [
    (401, "missing_api_key", "check api_key"),
    (401, "restricted_api_key", "check api_key"),
    (403, "invalid_api_key", "check api_key"),
    (403, "validation_error", "check api_key, and that the sender's domain is verified"),
    (402, "", "settle the account"),
    (429, "daily_quota_exceeded", "wait for tomorrow"),
    (429, "monthly_quota_exceeded", "take a larger plan"),
    (422, "invalid_from_address", "correct the sender's name or address"),
    (400, "invalid_idempotency_key", "report this: the key was not taken"),
    (451, "security_error", "check the sender's name and the content"),
    (404, "not_found", "check base_url"),
    (405, "method_not_allowed", "check base_url"),
    (301, "", "check base_url"),
    (413, "", "the mails are too large together"),
    (418, "", "see its status page"),
]


@pytest.mark.parametrize(("status", "name", "advice"), PAUSES)
def test_trouble_with_the_account_costs_nobody_and_pauses(
    fake: FakeResend, resend: ResendProvider, status: int, name: str, advice: str
):
    fake.faults = [Fault(answer=error(status, name, "Words of theirs"))]
    result = resend.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [WAIT, WAIT]
    assert result.pause is not None
    assert result.pause.startswith(f"bulk: {advice}")
    assert f"HTTP {status}" in result.pause


WAITS = [
    (error(429, "rate_limit_exceeded", retry_after="7"), 7.0),
    (error(429, "rate_limit_exceeded", ratelimit_reset="2"), 2.0),
    (error(429, "rate_limit_exceeded", retry_after="7", ratelimit_reset="2"), 7.0),
    (error(429, "rate_limit_exceeded", retry_after="Wed, 04 Mar 2026 12:01:00 GMT"), 60.0),
    (error(429, "rate_limit_exceeded", retry_after="0"), None),
    (error(429, "rate_limit_exceeded", retry_after="soon"), None),
    (error(429, "a_word_we_do_not_know"), None),
    (Reply(status=429, body=b"slow down"), None),
    (error(503, "", retry_after="30"), 30.0),
]


@pytest.mark.parametrize(("answer", "seconds"), WAITS)
def test_being_too_fast_costs_nobody_and_names_the_time(
    fake: FakeResend, resend: ResendProvider, answer: Reply, seconds: float | None
):
    fake.faults = [Fault(answer=answer)]
    result = resend.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [WAIT, WAIT]
    assert [receipt.retry_after_s for receipt in result.receipts] == [seconds] * 2
    assert result.pause is None


@pytest.mark.parametrize(
    "answer",
    [
        error(409, "concurrent_idempotent_requests"),
        error(409, "invalid_idempotent_request"),
        error(409, "a_word_we_do_not_know"),
        error(408, ""),
        error(500, "application_error"),
        # A server in trouble may say anything: its words prove nothing.
        error(500, "rate_limit_exceeded"),
        error(502, ""),
        error(503, ""),
        error(504, "", retry_after="5"),
        DROPPED,
        Reply(raw=(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n", b'{"data":')),
    ],
)
def test_an_answer_that_proves_nothing_is_doubt(
    fake: FakeResend, resend: ResendProvider, answer: Reply
):
    fake.faults = [Fault(answer=answer)]
    result = resend.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [UNCERTAIN, UNCERTAIN]
    assert all(receipt.reason.startswith("bulk: ") for receipt in result.receipts)
    assert (result.pause, len(fake.calls)) == (None, 1)


def test_no_answer_by_the_deadline_is_doubt(fake: FakeResend, lanes: Lanes):
    fake.faults = [Fault(is_taken=True, delay_s=0.5)]
    result = provider_at(fake.base_url, lanes, deadline_s=0.2).send(
        make_mail(), make_readers(1), "k"
    )
    assert kinds(result.receipts) == [UNCERTAIN]


def test_no_connection_proves_that_nothing_left(lanes: Lanes):
    result = provider_at("http://127.0.0.1:9", lanes).send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [WAIT, WAIT]
    assert result.receipts[0].reason.startswith("bulk: ConnectError")
    assert result.pause is None


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_call_rejects_everybody_with_the_reason(
    fake: FakeResend, resend: ResendProvider, status: int
):
    fake.faults = [Fault(answer=error(status, "validation_error", "The `html` field\nis odd"))]
    result = resend.send(make_mail(), make_readers(2), "k")
    reason = f"bulk: HTTP {status}: validation_error: The `html` field is odd"
    assert result.receipts == (Receipt(kind=REJECTED, reason=reason),) * 2


def test_a_call_refused_because_of_one_rejects_only_that_one(
    fake: FakeResend, resend: ResendProvider
):
    body = {"name": "validation_error", "errors": [{"index": 1, "message": "Invalid `to`"}]}
    fake.faults = [Fault(answer=reply_of(body, status=422))]
    result = resend.send(make_mail(), make_readers(3), "k")
    assert kinds(result.receipts) == [WAIT, REJECTED, WAIT]
    assert result.receipts[1].reason == "Invalid `to`"


def test_looking_up_is_not_possible(resend: ResendProvider):
    attempt = Attempt(key="k", handed_at=NOW, recipients=tuple(make_readers(2)))
    assert kinds(resend.look_up(attempt).receipts) == [UNCERTAIN, UNCERTAIN]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", "news@example.org"),
        ("Acme Inc.", "Acme Inc. <news@example.org>"),
        ("Größe · 新聞", "Größe · 新聞 <news@example.org>"),
        ("Smith, John", '"Smith, John" <news@example.org>'),
        ('A "B" <c@d>', '"A \\"B\\" <c@d>" <news@example.org>'),
        ("A\r\nBcc: x@y.example", '"A Bcc: x@y.example" <news@example.org>'),
    ],
)
def test_the_sender_s_name_is_written_as_resend_reads_it(
    fake: FakeResend, resend: ResendProvider, name: str, shown: str
):
    resend.send(make_mail(sender=Sender(name, "news@example.org")), make_readers(1), "k")
    assert fake.accepted[0]["from"] == shown


@pytest.mark.parametrize("api_key", ["", "re_secret\n", "re secret", "re_sécret"])
def test_a_key_that_cannot_be_one_is_refused_before_anything_is_sent(lanes: Lanes, api_key: str):
    with pytest.raises(SettingsError, match=r"^\[provider.bulk\] api_key is empty or holds"):
        ResendProvider("bulk", api_key=api_key, lanes=lanes)


@pytest.mark.parametrize("base_url", ["api.resend.com", "ftp://x", "https://a b"])
def test_an_address_that_cannot_be_one_is_refused(lanes: Lanes, base_url: str):
    with pytest.raises(SettingsError, match=r"^\[provider.bulk\] base_url must start with"):
        provider_at(base_url, lanes)


def test_neither_key_nor_addresses_are_logged(
    fake: FakeResend, resend: ResendProvider, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    fake.faults = [Fault(answer=error(500, "application_error", "for reader1@example.com"))]
    result = resend.send(make_mail(), make_readers(1), "k")
    assert "re_secret" not in caplog.text
    assert "reader1@example.com" not in caplog.text + result.receipts[0].reason

"""
Test the content of a call to Resend, and what it must not contain.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from dataclasses import replace

import pytest
from fake_resend import FakeResend, error, provider_at
from faults import Fault
from http_server import Answer
from issue_samples import make_mail
from provider_samples import (
    ACCEPTED,
    NOW,
    REJECTED,
    UNCERTAIN,
    kinds,
    make_reader,
    make_readers,
)

from newsletter.errors import SettingsError
from newsletter.model.delivery import Attempt, Capabilities, Idempotency, LookUp, Receipt
from newsletter.model.mail import MergeField, Sender
from newsletter.model.rate import RateFeedback, RateHeaders
from newsletter.providers.http_client import HttpClient
from newsletter.providers.resend.provider import ResendProvider


def test_it_reports_its_capabilities(resend: ResendProvider):
    assert resend.capabilities == Capabilities(
        max_recipients=100,
        max_bytes=40_000_000,
        idempotency=Idempotency.REPLAY,
        key_life=dt.timedelta(hours=24),
        look_up=LookUp.NONE,
        gives_ids=True,
        rate_headers=RateHeaders(),
    )


def test_only_the_official_base_url_has_the_documented_rate(resend: ResendProvider):
    with HttpClient(1) as http:
        assert ResendProvider("resend", api_key="re_1", http=http).capabilities == replace(
            resend.capabilities, rate_per_s=5.0
        )


def test_a_call_has_one_message_per_reader(fake: FakeResend, resend: ResendProvider):
    result = resend.send(make_mail(reply_to="desk@example.org"), [make_reader(1)], "abc-i12-b1-1")
    assert result.receipts == (Receipt(kind=ACCEPTED, provider_id="re-1"),)
    (call,) = fake.calls
    assert json.loads(call.body) == [
        {
            "from": "Coast Brief <news@example.org>",
            "to": ["Reader 1 <reader1@example.com>"],
            "subject": "For Reader1",
            "html": '<p>Dear Reader1, <a href="https://news.example.org/u/T0K3N?a=1&amp;b=2">'
            "leave</a></p>",
            "text": "Dear Reader1\nhttps://news.example.org/u/T0K3N?a=1&b=2\n",
            "reply_to": "desk@example.org",
            "headers": {"List-Unsubscribe": "<https://news.example.org/u/T0K3N?a=1&b=2>"},
            "tags": [
                {"name": "issue", "value": "i12"},
                {"name": "batch", "value": "abc-i12-b1-1"},
                {"name": "delivery", "value": "i12-d1_abc"},
            ],
        }
    ]


def test_a_call_has_the_key_and_requests_permissive_validation(
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


def test_the_same_call_twice_gives_the_same_bytes(fake: FakeResend, resend: ResendProvider):
    first = resend.send(make_mail(), make_readers(3), "k")
    second = resend.send(make_mail(), make_readers(3), "k")
    assert fake.calls[0].body == fake.calls[1].body
    assert (first, len(fake.accepted)) == (second, 3)


def test_a_lost_response_is_found_again_with_the_same_key(fake: FakeResend, resend: ResendProvider):
    fake.faults = [Fault(is_taken=True)]
    lost = resend.send(make_mail(), make_readers(2), "k")
    found = resend.send(make_mail(), make_readers(2), "k")
    assert kinds(lost.receipts) == [UNCERTAIN, UNCERTAIN]
    assert [receipt.provider_id for receipt in found.receipts] == ["re-1", "re-2"]
    assert len(fake.accepted) == 2


def test_readers_without_a_copy_are_left_out_and_receipts_stay_in_order(
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
    assert [found.to for found in fake.arrived()] == [readers[1].email, readers[4].email]


def test_without_any_copy_there_is_no_call(fake: FakeResend, resend: ResendProvider):
    mail = make_mail(fields=(MergeField("first_name"), MergeField("unsubscribe_url")))
    result = resend.send(mail, [make_reader(1, values={}), make_reader(2, values={})], "k")
    assert kinds(result.receipts) == [REJECTED, REJECTED]
    assert fake.calls == []


def test_look_ups_are_not_supported(resend: ResendProvider):
    attempt = Attempt(key="k", submitted_at=NOW, recipients=tuple(make_readers(2)))
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
def test_the_sender_s_name_is_formatted_for_resend(
    fake: FakeResend, resend: ResendProvider, name: str, shown: str
):
    resend.send(make_mail(sender=Sender(name, "news@example.org")), make_readers(1), "k")
    assert fake.accepted[0]["from"] == shown


@pytest.mark.parametrize("api_key", ["", "re_secret\n", "re secret", "re_sécret"])
def test_a_malformed_key_is_refused_before_anything_is_sent(http: HttpClient, api_key: str):
    with pytest.raises(SettingsError, match=r"^\[provider.bulk\] api_key is empty or contains"):
        ResendProvider("bulk", api_key=api_key, http=http)


@pytest.mark.parametrize("base_url", ["api.resend.com", "ftp://x", "https://a b", "http://["])
def test_a_malformed_base_url_is_refused(http: HttpClient, base_url: str):
    with pytest.raises(SettingsError, match=r"^\[provider.bulk\] base_url must be an https"):
        provider_at(base_url, http)


def test_a_key_is_sent_without_tls_only_to_this_machine(http: HttpClient):
    with pytest.raises(SettingsError, match=r"^\[provider.bulk\] base_url is http, which would"):
        provider_at("http://mail.example", http)
    for base_url in ("https://mail.example", "http://localhost:8025", "http://[::1]:8025"):
        provider_at(base_url, http)


def test_neither_the_key_nor_addresses_are_logged(
    fake: FakeResend, resend: ResendProvider, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    fake.faults = [Fault(response=error(500, "application_error", "for reader1@example.com"))]
    result = resend.send(make_mail(), make_readers(1), "k")
    assert "re_secret" not in caplog.text
    assert "reader1@example.com" not in caplog.text + result.receipts[0].reason


@pytest.mark.parametrize(
    ("response", "word"),
    [
        (error(429, "rate_limit_exceeded", **{"Retry-After": "7"}),
         RateFeedback(cooldown_s=7.0, is_throttled=True)),
        (error(429, "rate_limit_exceeded", **{"Retry-After": f"{NOW:%a, %d %b %Y} 12:00:09 GMT"}),
         RateFeedback(cooldown_s=9.0, is_throttled=True)),
        (error(429, "rate_limit_exceeded"), RateFeedback(cooldown_s=1.0, is_throttled=True)),
        (error(429, "rate_limit_exceeded", **{"ratelimit-limit": "10"}),
         RateFeedback(limit_per_s=10.0, cooldown_s=1.0, is_throttled=True)),
        (error(503, "application_error", **{"Retry-After": "3"}),
         RateFeedback(cooldown_s=3.0, is_throttled=True)),
        (error(503, "application_error"), None),
        (error(429, "daily_quota_exceeded", **{"Retry-After": "3"}), None),
    ],
)  # fmt: skip
def test_the_rate_limit_in_a_response_is_reported(
    fake: FakeResend, resend: ResendProvider, response: Answer, word: RateFeedback | None
):
    fake.faults.append(Fault(response=response))
    assert resend.send(make_mail(), make_readers(2), "k").rate == word

"""
Test the content of a call to Postmark, and the look-up of a call.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fake_postmark import FakePostmark, postmark_at
from fake_provider import reply_of
from faults import DROPPED, Fault
from issue_samples import make_mail
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
from newsletter.model.delivery import Attempt, Capabilities, Idempotency, LookUp, Receipt
from newsletter.model.mail import MergeField, Recipient
from newsletter.providers.http_client import HttpClient
from newsletter.providers.postmark.provider import PostmarkProvider


@pytest.fixture
def fake(specs: Path | None) -> Iterator[FakePostmark]:
    with FakePostmark.running(specs) as fake:
        yield fake


@pytest.fixture
def postmark(fake: FakePostmark, http: HttpClient) -> PostmarkProvider:
    return fake.opened(http)


def attempt(readers: list[Recipient], key: str = "k", submitted_at: dt.datetime = NOW) -> Attempt:
    return Attempt(key=key, submitted_at=submitted_at, recipients=tuple(readers))


def test_it_reports_its_capabilities(postmark: PostmarkProvider):
    assert postmark.capabilities == Capabilities(
        max_recipients=500,
        max_bytes=50_000_000,
        idempotency=Idempotency.NONE,
        look_up=LookUp.OWN_ID,
        look_up_lag=dt.timedelta(minutes=10),
        gives_ids=True,
    )


def test_a_call_has_one_message_per_reader(fake: FakePostmark, postmark: PostmarkProvider):
    result = postmark.send(make_mail(reply_to="desk@example.org"), [make_reader(1)], "abc-i12-b1-1")
    assert result.receipts == (Receipt(kind=ACCEPTED, provider_id="pm-1"),)
    (call,) = fake.calls
    assert json.loads(call.body) == [
        {
            "From": "Coast Brief <news@example.org>",
            "To": "Reader 1 <reader1@example.com>",
            "Subject": "For Reader1",
            "HtmlBody": '<p>Dear Reader1, <a href="https://news.example.org/u/T0K3N?a=1&amp;b=2">'
            "leave</a></p>",
            "TextBody": "Dear Reader1\nhttps://news.example.org/u/T0K3N?a=1&b=2\n",
            "ReplyTo": "desk@example.org",
            "Headers": [
                {"Name": "List-Unsubscribe", "Value": "<https://news.example.org/u/T0K3N?a=1&b=2>"}
            ],
            "Metadata": {"issue": "i12", "batch": "abc-i12-b1-1", "delivery": "i12-d1_abc"},
            "MessageStream": "broadcast",
            "TrackOpens": False,
            "TrackLinks": "None",
        }
    ]
    assert call.headers["x-postmark-server-token"] == "server-token"
    assert (call.headers["content-type"], call.headers["accept"]) == ("application/json",) * 2


def test_the_search_asks_for_the_messages_of_one_batch(
    fake: FakePostmark, postmark: PostmarkProvider
):
    postmark.look_up(attempt(make_readers(1)))
    (call,) = fake.calls
    assert parse_qs(urlsplit(call.path).query) == {
        "count": ["500"],
        "offset": ["0"],
        "messagestream": ["broadcast"],
        "metadata_batch": ["k"],
    }


def test_a_call_without_a_response_is_found_by_the_search(
    fake: FakePostmark, postmark: PostmarkProvider
):
    fake.faults = [Fault(response=DROPPED, is_taken=True)]
    fake.errors = {"reader2@example.com": (406, "inactive")}
    readers = make_readers(3)
    assert kinds(postmark.send(make_mail(), readers, "k").receipts) == [UNCERTAIN] * 3
    postmark.send(make_mail(), make_readers(1), "another call")
    assert postmark.look_up(attempt(readers)).receipts == (
        Receipt(kind=ACCEPTED, provider_id="pm-1"),
        Receipt(kind=RETRY, reason="not found by the search"),
        Receipt(kind=ACCEPTED, provider_id="pm-2"),
    )


def test_the_search_proves_that_a_call_never_arrived(postmark: PostmarkProvider):
    assert kinds(postmark.look_up(attempt(make_readers(2))).receipts) == [RETRY, RETRY]


OTHERS = {"MessageID": "x", "Metadata": {"batch": "another", "delivery": "i12-d1_abc"}}


@pytest.mark.parametrize(
    "response",
    [
        DROPPED,
        reply_of({}, status=500),
        reply_of({"ErrorCode": 10}, status=401),
        reply_of({"TotalCount": 0, "Messages": None}),
        reply_of({"TotalCount": 900, "Messages": []}),
        reply_of({"TotalCount": 1, "Messages": [OTHERS]}),
        reply_of({"TotalCount": 1, "Messages": [{"MessageID": "x"}]}),
        reply_of([]),
    ],
)
def test_an_unclear_search_result_proves_nothing(
    fake: FakePostmark, postmark: PostmarkProvider, response: Any
):
    fake.faults = [Fault(response=response)]
    assert kinds(postmark.look_up(attempt(make_readers(2))).receipts) == [UNCERTAIN] * 2


def test_a_call_older_than_the_retention_is_not_looked_up(
    fake: FakePostmark, postmark: PostmarkProvider
):
    long_ago = attempt(make_readers(1), submitted_at=NOW - dt.timedelta(days=7))
    assert kinds(postmark.look_up(long_ago).receipts) == [UNCERTAIN]
    assert fake.calls == []


def test_readers_without_a_copy_are_left_out_and_receipts_stay_in_order(
    fake: FakePostmark, postmark: PostmarkProvider
):
    mail = make_mail(fields=(MergeField("first_name"), MergeField("unsubscribe_url")))
    fake.errors = {"reader3@example.com": (300, "Invalid 'To' address: 'reader3@example.com'.")}
    result = postmark.send(mail, [make_reader(1, values={}), *map(make_reader, (2, 3))], "k")
    assert kinds(result.receipts) == [REJECTED, ACCEPTED, REJECTED]
    assert [found.to for found in fake.arrived()] == ["reader2@example.com"]


def test_the_stream_comes_from_the_settings(fake: FakePostmark, http: HttpClient):
    postmark_at(fake.base_url, http, stream="weekly").send(make_mail(), make_readers(1), "k")
    assert fake.accepted[0]["MessageStream"] == "weekly"


@pytest.mark.parametrize("api_key", ["", "two words", "tokén"])
def test_a_malformed_key_is_refused_before_anything_is_sent(http: HttpClient, api_key: str):
    with pytest.raises(SettingsError, match=r"^\[provider.bulk\] api_key is empty or contains"):
        postmark_at("https://x.example", http, api_key=api_key)

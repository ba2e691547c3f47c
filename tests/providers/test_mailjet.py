"""
Test the content of a call to Mailjet, the reading of a partly accepted call, and the look-up of a
call.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fake_mailjet import FIRST, FakeMailjet, error, mailjet_at
from fake_provider import reply_of
from faults import DROPPED, Fault
from http_server import Answer
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
from newsletter.model.delivery import Attempt, Receipt
from newsletter.model.mail import Recipient
from newsletter.providers.http_client import HttpClient
from newsletter.providers.mailjet.provider import MailjetProvider

SENDER_S = error("send-0008", "not an authorized sender", "From", status=403)


@pytest.fixture
def fake(specs: Path | None) -> Iterator[FakeMailjet]:
    with FakeMailjet.running(specs) as fake:
        yield fake


@pytest.fixture
def mailjet(fake: FakeMailjet, http: HttpClient) -> MailjetProvider:
    return fake.opened(http)


def attempt(readers: list[Recipient], key: str = "k", submitted_at: dt.datetime = NOW) -> Attempt:
    return Attempt(key=key, submitted_at=submitted_at, recipients=tuple(readers))


def test_a_call_has_one_message_per_reader(fake: FakeMailjet, mailjet: MailjetProvider):
    mail = make_mail(
        headers=(("List-Id", "<coast.example.org>"), ("Precedence", "bulk")),
        reply_to="desk@example.org",
    )
    result = mailjet.send(mail, [make_reader(1)], "abc-i12-b1-1")
    assert result.receipts == (Receipt(kind=ACCEPTED, provider_id=str(FIRST + 1)),)
    (call,) = fake.calls
    (item,) = json.loads(call.body)["Messages"]
    assert {name: item[name] for name in ("From", "To", "ReplyTo", "Headers", "CustomID")} == {
        "From": {"Email": "news@example.org", "Name": "Coast Brief"},
        "To": [{"Email": "reader1@example.com", "Name": "Reader 1"}],
        "ReplyTo": {"Email": "desk@example.org"},
        "Headers": {"Precedence": "bulk"},
        "CustomID": "abc-i12-b1-1",
    }
    assert (item["TemplateLanguage"], item["TrackOpens"], item["TrackClicks"]) == (
        False,
        "disabled",
        "disabled",
    )
    assert base64.b64decode(call.headers["authorization"].removeprefix("Basic ")) == b"key:secret"


def test_an_http_error_does_not_hide_accepted_readers(fake: FakeMailjet, mailjet: MailjetProvider):
    fake.refused = {"reader2@example.com"}
    result = mailjet.send(make_mail(), make_readers(3), "k")
    assert kinds(result.receipts) == [ACCEPTED, REJECTED, ACCEPTED]
    assert result.receipts[1].reason == 'mj-0013 "(an address)" is an invalid email.'
    assert (result.account_problem, result.split) == (None, False)


@pytest.mark.parametrize(
    ("found", "kind", "pauses"),
    [
        (SENDER_S, RETRY, True),
        (error("mj-0003", "a name is missing", "From.Name"), RETRY, True),
        (error("send-0003", "a part is missing", "HTMLPart"), RETRY, True),
        (error("mj-0013", "an invalid email", "To[0].Email"), REJECTED, False),
        (error("mj-0001", "too fast", status=429), RETRY, False),
        (error("mj-0000", "trouble", status=500), UNCERTAIN, False),
        ({"ErrorCode": "mj-9999", "ErrorMessage": "an unknown error"}, UNCERTAIN, False),
    ],
)
def test_an_error_that_everybody_got_rejects_nobody(
    fake: FakeMailjet, mailjet: MailjetProvider, found: dict[str, Any], kind: Any, pauses: bool
):
    readers = make_readers(2)
    fake.errors = {reader.email: found for reader in readers}
    result = mailjet.send(make_mail(), readers, "k")
    assert (kinds(result.receipts), result.account_problem is not None) == ([kind] * 2, pauses)


@pytest.mark.parametrize(
    "body",
    [
        {"Messages": [{"Status": "success"}]},
        {"Messages": [{"Status": "error", "Errors": []}, "?"]},
        {"Messages": None},
        ["?"],
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401, 403, 418, 429])
def test_a_response_that_does_not_say_who_was_accepted_is_uncertain(
    fake: FakeMailjet, mailjet: MailjetProvider, body: Any, status: int
):
    fake.faults = [Fault(response=reply_of(body, status=status))]
    result = mailjet.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [UNCERTAIN] * 2


@pytest.mark.parametrize("status", [400, 401, 403, 429])
def test_a_response_that_is_cut_off_is_uncertain(
    fake: FakeMailjet, mailjet: MailjetProvider, status: int
):
    cut = b'{"Messages":[{"Status":"success","CustomID":"k"'
    fake.faults = [Fault(response=Answer(status=status, body=cut))]
    result = mailjet.send(make_mail(), make_readers(2), "k")
    assert (kinds(result.receipts), result.account_problem) == ([UNCERTAIN] * 2, None)


def test_the_search_asks_for_the_messages_of_one_batch(fake: FakeMailjet, mailjet: MailjetProvider):
    mailjet.look_up(attempt(make_readers(1)))
    (call,) = fake.calls
    assert parse_qs(urlsplit(call.path).query) == {
        "CustomID": ["k"],
        "FromTS": [str(int((NOW - dt.timedelta(days=1)).timestamp()))],
        "ShowContactAlt": ["true"],
        "ShowCustomID": ["true"],
        "Limit": ["100"],
    }


def test_a_call_without_a_response_is_found_by_the_search(
    fake: FakeMailjet, mailjet: MailjetProvider
):
    fake.faults = [Fault(response=DROPPED, is_taken=True)]
    fake.refused = {"reader2@example.com"}
    readers = [make_reader(1, email="Reader1@Example.com"), *map(make_reader, (2, 3))]
    assert kinds(mailjet.send(make_mail(), readers, "k").receipts) == [UNCERTAIN] * 3
    mailjet.send(make_mail(), make_readers(1), "another call")
    assert mailjet.look_up(attempt(readers)).receipts == (
        Receipt(kind=ACCEPTED, provider_id=str(FIRST + 1)),
        Receipt(kind=RETRY, reason="not found by the search"),
        Receipt(kind=ACCEPTED, provider_id=str(FIRST + 2)),
    )


def page(*entries: dict[str, Any], total: int | None = None) -> Any:
    return reply_of({"Data": entries, "Total": len(entries) if total is None else total})


OURS = {"ID": 1, "CustomID": "k", "ContactAlt": "reader1@example.com"}


@pytest.mark.parametrize(
    "response",
    [
        DROPPED,
        reply_of({}, status=500),
        reply_of({"ErrorMessage": "no"}, status=401),
        page(total=900),
        page(OURS | {"CustomID": "another"}),
        page(OURS | {"ContactAlt": "somebody@example.com"}),
        page(OURS | {"ContactAlt": ""}),
        reply_of([]),
    ],
)
def test_an_unclear_search_result_proves_nothing(
    fake: FakeMailjet, mailjet: MailjetProvider, response: Any
):
    fake.faults = [Fault(response=response)]
    assert kinds(mailjet.look_up(attempt(make_readers(2))).receipts) == [UNCERTAIN] * 2


def test_a_call_older_than_the_retention_is_not_looked_up(
    fake: FakeMailjet, mailjet: MailjetProvider
):
    long_ago = attempt(make_readers(1), submitted_at=NOW - dt.timedelta(days=7))
    assert kinds(mailjet.look_up(long_ago).receipts) == [UNCERTAIN]
    assert fake.calls == []


def test_the_account_is_checked_without_sending(fake: FakeMailjet, mailjet: MailjetProvider):
    assert mailjet.check() == "2 active senders"
    assert fake.accepted == []


@pytest.mark.parametrize(
    ("response", "values"),
    [
        (reply_of({}, status=401), "HTTP 401: check api_key and api_secret"),
        (reply_of({"Count": 0}), "no active sender: validate one at"),
        (reply_of([]), "HTTP 200 is not Mailjet's response: check base_url"),
        (DROPPED, "check base_url"),
    ],
)
def test_an_account_that_cannot_be_used_is_an_error_that_says_what_to_do(
    fake: FakeMailjet, mailjet: MailjetProvider, response: Any, values: str
):
    fake.faults = [Fault(response=response)]
    with pytest.raises(SettingsError, match=rf"^\[provider\.bulk\] .*{values}"):
        mailjet.check()


@pytest.mark.parametrize("key", ["api_key", "api_secret"])
def test_a_malformed_key_is_refused_before_anything_is_sent(http: HttpClient, key: str):
    with pytest.raises(SettingsError, match=rf"^\[provider.bulk\] {key} is empty or contains"):
        mailjet_at("https://x.example", http, **{key: "two words"})

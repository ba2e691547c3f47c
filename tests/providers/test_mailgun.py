"""
Test the content of a call to Mailgun, the meaning of its own responses, and what its event log
proves.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_mailgun import DOMAIN, FakeMailgun, mailgun_at, read_form
from fake_provider import reply_of
from faults import DROPPED, Fault
from http_server import Answer
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
from newsletter.model.delivery import (
    Attempt,
    Capabilities,
    LookUp,
    Receipt,
    ReceiptKind,
    batch_size,
)
from newsletter.model.mail import MergeField, Sender
from newsletter.providers.http_client import HttpClient
from newsletter.providers.mailgun.event_log import tag_of
from newsletter.providers.mailgun.provider import MailgunProvider

URL = "https://news.example.org/u/T0K3N?a=1&b=2"


@pytest.fixture
def fake(specs: Path | None) -> Iterator[FakeMailgun]:
    with FakeMailgun.running(specs) as fake:
        yield fake


@pytest.fixture
def mailgun(fake: FakeMailgun, http: HttpClient) -> MailgunProvider:
    return fake.opened(http)


def attempt(count: int, *, key: str = "abc-i12-b1-1", submitted_at: dt.datetime = NOW) -> Attempt:
    return Attempt(key=key, submitted_at=submitted_at, recipients=tuple(make_readers(count)))


def test_it_reports_its_capabilities(mailgun: MailgunProvider):
    assert mailgun.capabilities == Capabilities(
        max_recipients=1_000,
        max_bytes=25_000_000,
        shares_content=True,
        look_up=LookUp.EVENTS,
        look_up_lag=dt.timedelta(minutes=35),
    )
    assert batch_size(mailgun.capabilities, 60_000) == 1_000


def test_a_call_has_the_content_once_and_each_reader_s_values(
    fake: FakeMailgun, mailgun: MailgunProvider
):
    mail = make_mail(sender=Sender("Küste", "news@example.org"), reply_to="desk@example.org")
    result = mailgun.send(mail, [make_reader(1)], "abc-i12-b1-1")
    assert result.receipts == (Receipt(kind=ACCEPTED, provider_id=f"<1@{DOMAIN}>"),)
    *fields, (last, variables) = read_form(fake.calls[0])
    at = f"%recipient.n{NONCE}"
    assert fields == [
        ("from", "=?utf-8?b?S8O8c3Rl?= <news@example.org>"),
        ("h:Reply-To", "desk@example.org"),
        ("to", "Reader 1 <reader1@example.com>"),
        ("subject", f"{at}s%"),
        ("html", f'<p>Dear {at}h0%, <a href="{at}a1%">leave</a></p>'),
        ("text", f"Dear {at}t0%\n{at}t1%\n"),
        ("h:List-Unsubscribe", f"{at}x0%"),
        ("v:issue", f"{at}i%"),
        ("v:batch", "abc-i12-b1-1"),
        ("v:delivery", f"{at}d%"),
        ("o:tag", tag_of("abc-i12-b1-1")),
        ("o:tracking", "no"),
        ("o:suppress-headers", "X-Mailgun-Variables"),
    ]
    own = json.loads(variables)["reader1@example.com"]
    assert last == "recipient-variables"
    assert {name.removeprefix(f"n{NONCE}"): value for name, value in own.items()} == {
        "s": "For Reader1",
        "h0": "Reader1",
        "a1": URL.replace("&", "&amp;"),
        "t0": "Reader1",
        "t1": URL,
        "x0": f"<{URL}>",
        "i": "i12",
        "d": "i12-d1_abc",
    }


def test_the_same_call_gives_the_same_bytes(fake: FakeMailgun, mailgun: MailgunProvider):
    for _ in range(2):
        mailgun.send(make_mail(), make_readers(3), "k")
    assert len({call.body for call in fake.calls}) == 1


@pytest.mark.parametrize(
    "words",
    [
        "%recipient% %recipient.s% %Recipient.email%",
        "%unsubscribe_url% %tag_unsubscribe_url% %mailing_list_unsubscribe_url%",
        f"%recipient.n{NONCE[:6]}s%",
    ],
)
def test_template_syntax_in_a_text_arrives_as_text(
    fake: FakeMailgun, mailgun: MailgunProvider, words: str
):
    html = f"<p>{words} NL{NONCE}0X{words.strip('%')}</p>"
    mailgun.send(make_mail(html=html, text=words), make_readers(1), "k")
    (found,) = fake.arrived()
    assert (found.html, found.text) == (html.replace(f"NL{NONCE}0X", "Reader1"), words)
    assert words.split()[0] not in dict(read_form(fake.calls[0]))["html"]


def test_a_call_with_an_invalid_address_is_split(fake: FakeMailgun, mailgun: MailgunProvider):
    fake.refused = {"reader2@example.com"}
    assert mailgun.send(make_mail(), make_readers(2), "k").split
    alone = mailgun.send(make_mail(), [make_reader(2)], "k")
    assert (kinds(alone.receipts), alone.account_problem) == ([REJECTED], None)


def test_a_refusal_that_concerns_no_reader_pauses_the_issue(
    fake: FakeMailgun, mailgun: MailgunProvider
):
    fake.faults = [Fault(response=reply_of({"message": "from parameter is missing"}, status=400))]
    result = mailgun.send(make_mail(), make_readers(1), "k")
    assert kinds(result.receipts) == [RETRY]
    assert result.account_problem == (
        "[provider.bulk] HTTP 400: from parameter is missing; check the sender: its address or "
        "domain must be verified at the provider"
    )


def test_an_account_with_a_lower_limit_sends_smaller_calls(
    fake: FakeMailgun, mailgun: MailgunProvider
):
    words = "Your account is not allowed to send large batches yet."
    fake.faults = [Fault(response=reply_of({"message": words}, status=403))]
    assert mailgun.send(make_mail(), make_readers(4), "k").split


def test_a_response_from_the_root_of_the_api_is_not_an_acceptance(
    fake: FakeMailgun, mailgun: MailgunProvider
):
    fake.faults = [Fault(response=Answer(status=200, body=b'"Mailgun Magnificent API"'))]
    result = mailgun.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY] * 2
    assert result.account_problem is not None
    assert "; check domain, region and base_url" in result.account_problem


@pytest.mark.parametrize(
    ("when", "rest_s", "pauses"),
    [
        ("120 seconds", 120.0, False),
        ("Wed, 04 Mar 2026 12:10:00 GMT", 600.0, False),
        ("Thu, 05 Mar 2026 12:00:00 GMT", 24 * 3600.0, True),
    ],
)
def test_the_text_of_a_refusal_says_when_to_try_again(
    fake: FakeMailgun, mailgun: MailgunProvider, when: str, rest_s: float, pauses: bool
):
    words = f"Domain {DOMAIN} is not allowed to send: limit exceeded, try again after {when}"
    fake.faults = [Fault(response=reply_of({"message": words}, status=429))]
    result = mailgun.send(make_mail(), make_readers(2), "k")
    assert [receipt.retry_after_s for receipt in result.receipts] == [rest_s] * 2
    assert (result.account_problem is not None) is pauses
    assert (result.rate and result.rate.cooldown_s) == (None if pauses else rest_s)


def test_readers_without_a_value_are_left_out_and_receipts_stay_in_order(
    fake: FakeMailgun, mailgun: MailgunProvider
):
    mail = make_mail(fields=(MergeField("first_name"), MergeField("unsubscribe_url")))
    readers = [make_reader(1, values={}), make_reader(2), make_reader(3, email="zoë@example.com")]
    result = mailgun.send(mail, readers, "k")
    assert kinds(result.receipts) == [REJECTED, ACCEPTED, REJECTED]
    assert [found.to for found in fake.arrived()] == ["reader2@example.com"]


def test_a_full_call_is_found_over_several_pages(fake: FakeMailgun, http: HttpClient):
    mailgun, asked = fake.opened(http, deadline_s=120.0), attempt(1_000)
    mailgun.send(make_mail(), asked.recipients, asked.key)
    assert kinds(mailgun.look_up(asked).receipts) == [ACCEPTED] * 1_000
    assert len(fake.calls) == 6


def test_only_an_empty_page_is_the_last_even_after_short_ones(
    fake: FakeMailgun, mailgun: MailgunProvider
):
    mailgun.send(make_mail(), make_readers(2), "abc-i12-b1-1")
    tags, theirs = [tag_of("abc-i12-b1-1")], {"batch": "abc-i7-b9-1", "delivery": "another"}
    fake.others = [{"event": "accepted", "tags": tags, "user-variables": theirs}] * 2
    fake.page = 1
    assert kinds(mailgun.look_up(attempt(2)).receipts) == [ACCEPTED] * 2
    fake.keeps_tags = False
    assert kinds(mailgun.look_up(attempt(2)).receipts) == [ACCEPTED] * 2


def test_a_complete_log_proves_that_a_call_never_arrived(
    fake: FakeMailgun, mailgun: MailgunProvider
):
    mailgun.send(make_mail(), make_readers(2), "abc-i12-b2-1")
    assert kinds(mailgun.look_up(attempt(2)).receipts) == [RETRY] * 2


@pytest.mark.parametrize("apart", [dt.timedelta(hours=-3), dt.timedelta(hours=3)])
def test_a_call_is_found_even_if_the_clock_was_wrong_by_hours(
    fake: FakeMailgun, mailgun: MailgunProvider, apart: dt.timedelta
):
    mailgun.send(make_mail(), make_readers(2), "abc-i12-b1-1")
    found = mailgun.look_up(attempt(2, submitted_at=NOW + apart))
    assert kinds(found.receipts) == [ACCEPTED] * 2


def test_readers_missing_from_the_log_beside_others_stay_uncertain(
    fake: FakeMailgun, mailgun: MailgunProvider
):
    mailgun.send(make_mail(), make_readers(2), "abc-i12-b1-1")
    assert kinds(mailgun.look_up(attempt(3)).receipts) == [ACCEPTED, ACCEPTED, UNCERTAIN]


def test_a_log_without_the_tag_is_searched_without_it(fake: FakeMailgun, mailgun: MailgunProvider):
    fake.keeps_tags = False
    mailgun.send(make_mail(), make_readers(2), "abc-i12-b1-1")
    assert kinds(mailgun.look_up(attempt(2)).receipts) == [ACCEPTED] * 2


@pytest.mark.parametrize(
    ("batch", "tags", "means"),
    [
        ("abc-i12-b2-1", [], UNCERTAIN),
        ("abc-i12-b2-1", [tag_of("abc-i12-b2-1")], RETRY),
        ("", ["sale"], UNCERTAIN),
    ],
)
def test_finding_nobody_by_tag_in_a_long_log_is_proof_if_tags_are_kept(
    fake: FakeMailgun, mailgun: MailgunProvider, batch: str, tags: list[str], means: ReceiptKind
):
    ours = {"batch": batch, "delivery": "another"}
    fake.others = [{"event": "accepted", "tags": tags, "user-variables": ours}] * 3_600
    assert set(kinds(mailgun.look_up(attempt(2)).receipts)) == {means}


@pytest.mark.parametrize(
    "response",
    [
        DROPPED,
        reply_of({"message": "Forbidden"}, status=401),
        reply_of({}, status=500),
        reply_of({"items": None}),
        reply_of([]),
        reply_of({"items": [{}] * 300, "paging": {"next": "https://elsewhere.example/events"}}),
        reply_of({"items": [{}] * 300}),
    ],
)
def test_an_unclear_log_proves_nothing(
    fake: FakeMailgun, mailgun: MailgunProvider, response: Answer
):
    fake.faults = [Fault(response=response)]
    assert kinds(mailgun.look_up(attempt(2)).receipts) == [UNCERTAIN] * 2


def test_a_call_older_than_the_retention_is_not_looked_up(
    fake: FakeMailgun, mailgun: MailgunProvider
):
    # An account of its free plan keeps events for a day.
    asked = attempt(2, submitted_at=NOW - dt.timedelta(hours=23))
    assert kinds(mailgun.look_up(asked).receipts) == [UNCERTAIN] * 2
    assert fake.calls == []


@pytest.mark.parametrize("domain", ["", "example", "mg.example.org/messages", "https://mg.example"])
def test_a_malformed_domain_is_refused_before_anything_is_sent(http: HttpClient, domain: str):
    with pytest.raises(SettingsError, match=r"^\[provider.bulk\] domain must be a sending domain"):
        mailgun_at("https://x.example", http, domain=domain)


def test_a_lone_surrogate_rejects_only_its_reader(fake: FakeMailgun, mailgun: MailgunProvider):
    bad = make_reader(1, values={"first_name": "\ud800"})
    result = mailgun.send(make_mail(), [bad, make_reader(2)], "k")
    assert kinds(result.receipts) == [REJECTED, ACCEPTED]


@pytest.mark.parametrize(
    ("kind", "values"),
    [("custom", "the domain is verified"), ("sandbox", "a sandbox domain: only addresses")],
)
def test_doctor_reports_the_state_of_the_domain(
    fake: FakeMailgun, mailgun: MailgunProvider, kind: str, values: str
):
    fake.domain["type"] = kind
    assert mailgun.check().startswith(values)


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ({"state": "unverified"}, "domain is unverified: set the DNS records"),
        ({"state": None}, "domain is not verified: set the DNS records"),
        ({"is_disabled": True}, "domain is disabled at Mailgun"),
    ],
)
def test_doctor_says_what_to_do_about_the_domain(
    fake: FakeMailgun, mailgun: MailgunProvider, fields: dict[str, object], values: str
):
    fake.domain |= fields
    with pytest.raises(SettingsError, match=rf"^\[provider.bulk\] {values}"):
        mailgun.check()


@pytest.mark.parametrize(
    ("status", "values"),
    [
        (404, "domain is not found at Mailgun"),
        (500, "domain cannot be checked"),
        (0, "cannot be reached"),
    ],
)
def test_doctor_says_if_the_domain_cannot_be_checked(
    fake: FakeMailgun, mailgun: MailgunProvider, status: int, values: str
):
    fake.faults = [Fault(response=fake.error(status) if status else DROPPED)]
    with pytest.raises(SettingsError, match=rf"^\[provider.bulk\] {values}"):
        mailgun.check()


def test_a_key_that_may_only_send_is_accepted(fake: FakeMailgun, mailgun: MailgunProvider):
    fake.faults = [Fault(response=fake.error(401))]
    assert mailgun.check().startswith("the API key cannot read the domain")

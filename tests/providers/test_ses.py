"""
Test the content of a call to Amazon SES, and the meaning of its own responses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_provider import reply_of
from fake_ses import FakeSes
from faults import Fault
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
from newsletter.model.delivery import Attempt, Capabilities, Receipt, batch_size
from newsletter.model.mail import MergeField, Sender
from newsletter.providers.http_client import HttpClient
from newsletter.providers.ses.provider import SesProvider
from newsletter.providers.ses.responses import THROTTLED
from newsletter.providers.ses.sigv4 import Credentials


@pytest.fixture
def fake(specs: Path | None) -> Iterator[FakeSes]:
    with FakeSes.running(specs) as fake:
        yield fake


@pytest.fixture
def ses(fake: FakeSes, http: HttpClient) -> SesProvider:
    return fake.opened(http)


def test_it_reports_its_capabilities(ses: SesProvider):
    assert ses.capabilities == Capabilities(
        max_recipients=50,
        max_bytes=1_000_000,
        shares_content=True,
        gives_ids=True,
        rate_unit="recipients",
    )
    # Uncertain calls cannot be reconciled, so few recipients share one.
    assert batch_size(ses.capabilities, 60_000) == 25


def test_a_call_has_the_content_once_and_each_reader_s_values(fake: FakeSes, ses: SesProvider):
    mail = make_mail(sender=Sender("Küste", "news@example.org"), reply_to="desk@example.org")
    result = ses.send(mail, [make_reader(1)], "abc-i12-b1-1")
    assert result.receipts == (Receipt(kind=ACCEPTED, provider_id="ses-1"),)
    url = "https://news.example.org/u/T0K3N?a=1&b=2"
    values = json.loads(fake.calls[0].body)
    (entry,) = values.pop("BulkEmailEntries")
    assert values == {
        "FromEmailAddress": "=?utf-8?b?S8O8c3Rl?= <news@example.org>",
        "ReplyToAddresses": ["desk@example.org"],
        "ConfigurationSetName": "coast",
        "DefaultContent": {
            "Template": {
                "TemplateContent": {
                    "Subject": "{{s}}",
                    "Html": '<p>Dear {{h0}}, <a href="{{a1}}">leave</a></p>',
                    "Text": "Dear {{t0}}\n{{t1}}\n",
                },
                "TemplateData": "{}",
            }
        },
    }
    replaced = entry.pop("ReplacementEmailContent")["ReplacementTemplate"]
    assert json.loads(replaced["ReplacementTemplateData"]) == {
        "s": "For Reader1",
        "h0": "Reader1",
        "a1": url.replace("&", "&amp;"),
        "t0": "Reader1",
        "t1": url,
    }
    assert entry == {
        "Destination": {"ToAddresses": ["Reader 1 <reader1@example.com>"]},
        "ReplacementTags": [
            {"Name": "issue", "Value": "i12"},
            {"Name": "batch", "Value": "abc-i12-b1-1"},
            {"Name": "delivery", "Value": "i12-d1_abc"},
        ],
        "ReplacementHeaders": [{"Name": "List-Unsubscribe", "Value": f"<{url}>"}],
    }


def test_every_reader_has_a_value_for_every_placeholder(fake: FakeSes, ses: SesProvider):
    mail = make_mail(text=f"{{{{ NL{NONCE}0X", fields=(MergeField("x", ""), MergeField("view_url")))
    readers = [make_reader(n, values={"view_url": f"https://example.org/{n}"}) for n in (1, 2)]
    ses.send(mail, readers, "k")
    entries = json.loads(fake.calls[0].body)["BulkEmailEntries"]
    names = [
        sorted(json.loads(e["ReplacementEmailContent"]["ReplacementTemplate"][DATA]))
        for e in entries
    ]
    assert names == [["a1", "h0", "o0", "s", "t0"]] * 2


DATA = "ReplacementTemplateData"


def test_an_unsupported_address_is_rejected_before_the_call(fake: FakeSes, ses: SesProvider):
    readers = [
        make_reader(1, email="zoë@example.com"),
        make_reader(2, email="ada@bücher.example"),
        make_reader(3),
    ]
    result = ses.send(make_mail(), readers, "k")
    assert kinds(result.receipts) == [REJECTED, ACCEPTED, ACCEPTED]
    assert "zoë" not in result.receipts[0].reason
    assert [found.to for found in fake.arrived()] == [
        "ada@xn--bcher-kva.example",
        "reader3@example.com",
    ]


STATES = [
    ("ACCOUNT_THROTTLED", RETRY, None),
    ("TRANSIENT_FAILURE", RETRY, None),
    ("ACCOUNT_DAILY_QUOTA_EXCEEDED", RETRY, "wait until tomorrow"),
    ("ACCOUNT_SUSPENDED", RETRY, "Amazon suspended the account"),
    ("ACCOUNT_SENDING_PAUSED", RETRY, "turn sending on again"),
    ("CONFIGURATION_SET_SENDING_PAUSED", RETRY, "turn sending on again"),
    ("CONFIGURATION_SET_NOT_FOUND", RETRY, "check configuration_set and region"),
    ("INVALID_SENDING_POOL_NAME", RETRY, "check configuration_set and region"),
    ("MAIL_FROM_DOMAIN_NOT_VERIFIED", RETRY, "check the sender"),
    ("TEMPLATE_NOT_FOUND", RETRY, "check the sender and the content"),
    ("MESSAGE_REJECTED", REJECTED, None),
    ("INVALID_PARAMETER", REJECTED, None),
    ("FAILED", UNCERTAIN, None),
    ("A_STATE_OF_TOMORROW", UNCERTAIN, None),
]


@pytest.mark.parametrize(("state", "kind", "advice"), STATES)
def test_each_entry_gives_the_receipt_of_its_reader(
    fake: FakeSes, ses: SesProvider, state: str, kind: object, advice: str | None
):
    readers = make_readers(3)
    fake.states = {readers[1].email: (state, "Words of theirs")}
    result = ses.send(make_mail(), readers, "k")
    assert kinds(result.receipts) == [ACCEPTED, kind, ACCEPTED]
    assert result.receipts[1].reason == f"{state}: Words of theirs"
    assert (f"; {advice}" if advice else "") in (result.account_problem or "")
    assert (result.account_problem is None) is (advice is None)


def test_a_throttled_entry_is_reported_to_all_senders(fake: FakeSes, ses: SesProvider):
    readers = make_readers(3)
    fake.states = {readers[1].email: ("ACCOUNT_THROTTLED", "")}
    assert ses.send(make_mail(), readers, "k").rate == THROTTLED
    fake.states = {readers[1].email: ("TRANSIENT_FAILURE", "")}
    assert ses.send(make_mail(), readers, "k").rate is None
    headers = {"x-amzn-ErrorType": "ThrottlingException"}
    fake.faults = [Fault(response=Answer(status=400, headers=headers))]
    assert ses.send(make_mail(), readers, "k").rate == THROTTLED


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "ThrottlingException"), (400, "Throttling"), (429, "TooManyRequestsException")],
)
def test_a_used_up_daily_quota_pauses_although_it_is_called_throttling(
    fake: FakeSes, ses: SesProvider, status: int, kind: str
):
    # https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html
    body = b'{"message": "Daily message quota exceeded."}'
    response = Answer(status=status, headers={"x-amzn-ErrorType": kind}, body=body)
    fake.faults = [Fault(response=response)]
    result = ses.send(make_mail(), make_readers(2), "k")
    assert (kinds(result.receipts), result.rate) == ([RETRY, RETRY], None)
    assert "; wait until tomorrow" in (result.account_problem or "")


@pytest.mark.parametrize("state", ["MESSAGE_REJECTED", "INVALID_PARAMETER"])
def test_a_refusal_of_everybody_rejects_nobody(fake: FakeSes, ses: SesProvider, state: str):
    readers = make_readers(3)
    fake.states = {reader.email: (state, "") for reader in readers}
    result = ses.send(make_mail(), readers, "k")
    assert kinds(result.receipts) == [RETRY] * 3
    assert "; check the sender and the content" in (result.account_problem or "")


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (400, "ThrottlingException", None),
        (400, "LimitExceededException", "wait until tomorrow"),
        (400, "AccountSuspendedException", "Amazon suspended"),
        (400, "SendingPausedException", "turn sending on again"),
        (400, "MailFromDomainNotVerifiedException", "check the sender"),
        (404, "NotFoundException", "check configuration_set"),
        (403, "SignatureDoesNotMatch", "check the access key"),
        (403, "ExpiredTokenException:", "check this machine's clock"),
    ],
)
def test_a_call_refused_for_the_account_rejects_nobody(
    fake: FakeSes, ses: SesProvider, status: int, kind: str, advice: str | None
):
    response = Answer(status=status, headers={"x-amzn-ErrorType": kind}, body=b'{"Message": "No"}')
    fake.faults = [Fault(response=response)]
    result = ses.send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert (f"; {advice}" if advice else "") in (result.account_problem or "")
    assert (result.account_problem is None, result.split) == (advice is None, False)
    assert result.receipts[0].reason == f"bulk: HTTP {status}: {kind.rstrip(':')}: No"


@pytest.mark.parametrize(
    "entries", [None, [], "x", [{"Status": "SUCCESS"}] * 3, [{"Status": "SUCCESS"}, 7], [{}, {}]]
)
def test_a_response_without_a_state_for_each_reader_is_uncertain(
    fake: FakeSes, ses: SesProvider, entries: object
):
    fake.faults = [Fault(response=reply_of({"BulkEmailEntryResults": entries}))]
    result = ses.send(make_mail(), make_readers(2), "k")
    assert UNCERTAIN in kinds(result.receipts)
    assert result.account_problem is None


def test_an_unsupported_sender_rejects_nobody(fake: FakeSes, ses: SesProvider):
    result = ses.send(make_mail(sender=Sender("", "zoë@example.org")), make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert "; check the sender" in (result.account_problem or "")
    assert fake.calls == []


def test_a_wrong_key_pauses(fake: FakeSes, http: HttpClient):
    wrong = Credentials(access_key_id="AKIDEXAMPLE", secret_access_key="another")
    result = fake.opened(http, credentials=lambda: wrong).send(make_mail(), make_readers(1), "k")
    assert "; check the access key" in (result.account_problem or "")
    assert fake.accepted == []


def test_a_key_that_cannot_be_renewed_pauses_and_nothing_is_sent(fake: FakeSes, http: HttpClient):
    def gone() -> Credentials:
        raise SettingsError("the role is gone")

    result = fake.opened(http, credentials=gone).send(make_mail(), make_readers(2), "k")
    assert kinds(result.receipts) == [RETRY, RETRY]
    assert "; set an access key" in (result.account_problem or "")
    assert fake.calls == []


def test_look_ups_are_not_supported(ses: SesProvider):
    attempt = Attempt(key="k", submitted_at=NOW, recipients=tuple(make_readers(2)))
    assert kinds(ses.look_up(attempt).receipts) == [UNCERTAIN, UNCERTAIN]


@pytest.mark.parametrize("region", ["", "eu west", "eu-west-1.evil.example/"])
def test_a_malformed_region_is_refused(fake: FakeSes, http: HttpClient, region: str):
    with pytest.raises(SettingsError, match=r"^\[provider.bulk\] region must be an AWS region"):
        fake.opened(http, region=region)

"""
What dispatch relies on, asked of every provider alike.
"""

from __future__ import annotations

import email
import email.header
import email.policy
import email.utils
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fake_postmark import FakePostmark, running_postmark
from fake_resend import FakeResend, running_resend
from issue_samples import NONCE, make_mail
from provider_samples import ACCEPTED, NOW, REJECTED, kinds, make_reader, make_readers

from newsletter.model.delivery import Attempt, Idempotency, LookUp, Provider
from newsletter.model.mail import MergeField, Sender
from newsletter.providers.lanes import Lanes
from newsletter.providers.outbox import OutboxProvider
from newsletter.providers.postmark import PostmarkProvider
from newsletter.providers.resend import ResendProvider


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """
    One message as the far end reads it.
    """

    to: str
    sender: tuple[str, str]
    subject: str
    html: str
    text: str
    list_unsubscribe: str


@dataclass(frozen=True, kw_only=True)
class Carrier:
    provider: Provider
    arrived: Callable[[], list[Arrived]]


def read_eml(file: Path) -> Arrived:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    # The new policy reads a long name of several encoded words with spaces between them
    # (https://github.com/python/cpython/issues/128110); the old functions follow RFC 2047.
    name, address = email.utils.parseaddr(email.message_from_bytes(file.read_bytes())["From"])
    (to,) = message["To"].addresses
    return Arrived(
        to=to.addr_spec,
        sender=(str(email.header.make_header(email.header.decode_header(name))), address),
        subject=message["Subject"],
        html=html.get_content().rstrip("\n"),
        text=text.get_content().rstrip("\n"),
        list_unsubscribe=message["List-Unsubscribe"],
    )


def read_item(item: dict[str, Any]) -> Arrived:
    (to,) = item["to"]
    return Arrived(
        to=to,
        sender=email.utils.parseaddr(item["from"]),
        subject=item["subject"],
        html=item["html"].rstrip("\n"),
        text=item["text"].rstrip("\n"),
        list_unsubscribe=item["headers"]["List-Unsubscribe"],
    )


def outbox_carrier(folder: Path) -> Carrier:
    return Carrier(
        provider=OutboxProvider(folder, clock=lambda: NOW),
        arrived=lambda: [read_eml(file) for file in sorted(folder.glob("*.eml"))],
    )


def resend_carrier(fake: FakeResend, lanes: Lanes) -> Carrier:
    return Carrier(
        provider=ResendProvider("resend", api_key="re_x", base_url=fake.base_url, lanes=lanes),
        arrived=lambda: [read_item(item) for item in fake.accepted],
    )


def read_message(item: dict[str, Any]) -> Arrived:
    headers = {header["Name"]: header["Value"] for header in item["Headers"]}
    return Arrived(
        to=item["To"],
        sender=email.utils.parseaddr(item["From"]),
        subject=item["Subject"],
        html=item["HtmlBody"].rstrip("\n"),
        text=item["TextBody"].rstrip("\n"),
        list_unsubscribe=headers["List-Unsubscribe"],
    )


def postmark_carrier(fake: FakePostmark, lanes: Lanes) -> Carrier:
    return Carrier(
        provider=PostmarkProvider(
            "postmark", api_key="x", base_url=fake.base_url, lanes=lanes, clock=lambda: NOW
        ),
        arrived=lambda: [read_message(item) for item in fake.accepted],
    )


@pytest.fixture(params=["outbox", "resend", "postmark"])
def carrier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Carrier]:
    if request.param == "outbox":
        yield outbox_carrier(tmp_path / "outbox")
        return
    if request.param == "postmark":
        with running_postmark() as other, Lanes(1) as lanes:
            yield postmark_carrier(other, lanes)
        return
    with running_resend() as fake, Lanes(1) as lanes:
        yield resend_carrier(fake, lanes)


def test_every_reader_has_one_receipt_in_order(carrier: Carrier):
    mail = make_mail(fields=(MergeField("first_name"), MergeField("unsubscribe_url")))
    readers = [make_reader(1), make_reader(2, values={}), make_reader(3)]
    result = carrier.provider.send(mail, readers, "k")
    assert kinds(result.receipts) == [ACCEPTED, REJECTED, ACCEPTED]
    assert [found.to for found in carrier.arrived()] == [readers[0].email, readers[2].email]


def test_nobody_to_send_to_is_no_trouble(carrier: Carrier):
    assert carrier.provider.send(make_mail(), [], "k").receipts == ()
    assert carrier.arrived() == []


def test_a_hundred_readers_arrive_from_one_call(carrier: Carrier):
    readers = make_readers(100)
    result = carrier.provider.send(make_mail(), readers, "k")
    assert kinds(result.receipts) == [ACCEPTED] * 100
    assert {found.to for found in carrier.arrived()} == {reader.email for reader in readers}


def test_the_same_key_twice_reaches_people_as_often_as_it_says(carrier: Carrier):
    first = carrier.provider.send(make_mail(), make_readers(5), "k")
    second = carrier.provider.send(make_mail(), make_readers(5), "k")
    is_replayed = carrier.provider.capabilities.idempotency is Idempotency.REPLAY
    assert (first == second) is is_replayed
    assert sorted(found.to for found in carrier.arrived()) == sorted(
        [f"reader{number}@example.com" for number in range(1, 6)] * (1 if is_replayed else 2)
    )


def test_each_reader_gets_their_own_message_and_nobody_else_s(carrier: Carrier):
    readers = make_readers(3)
    carrier.provider.send(make_mail(), readers, "k")
    arrived = carrier.arrived()
    assert len(arrived) == 3
    for reader, found in zip(readers, arrived, strict=True):
        others = [other.email for other in readers if other != reader]
        assert (found.to, found.subject) == (reader.email, f"For Reader{reader.delivery_id}")
        assert not any(other in repr(found) for other in others)


@pytest.mark.parametrize(
    "value",
    [
        "Ünï 新聞 🎉",
        '"quoted" <b@c.example>, d@e.example',
        "=?utf-8?q?trick?=",
        "%%first_name%% {{name}} {% x %} %recipient.name%",
        "a\\b 'c' & <script>alert(1)</script>",
        "very long " * 40 + "end",
        "." * 90,
    ],
)
def test_hostile_words_arrive_unharmed(carrier: Carrier, value: str):
    mail = make_mail(
        subject=f"{value} for NL{NONCE}0X",
        html=f"<p>NL{NONCE}0X</p>",
        text=f"NL{NONCE}0X",
        sender=Sender(value, "news@example.org"),
    )
    carrier.provider.send(mail, [make_reader(1, name=value, values={"first_name": value})], "k")
    (found,) = carrier.arrived()
    assert found.subject == f"{value} for {value}"
    assert found.text == value
    assert found.sender == (value, "news@example.org")
    assert found.to == "reader1@example.com"


def test_a_line_s_end_in_a_value_adds_no_header(carrier: Carrier):
    value = "Ada\r\nBcc: eve@example.com"
    carrier.provider.send(make_mail(), [make_reader(1, values={"first_name": value})], "k")
    (found,) = carrier.arrived()
    assert found.subject == "For Ada Bcc: eve@example.com"
    assert found.to == "reader1@example.com"


def test_the_one_click_address_arrives_as_it_was(carrier: Carrier):
    url = "https://news.example.org/u/" + "T0K3N" * 40
    carrier.provider.send(make_mail(), [make_reader(1, unsubscribe_url=url)], "k")
    (found,) = carrier.arrived()
    assert found.list_unsubscribe == f"<{url}>"


def test_looking_up_answers_for_every_reader(carrier: Carrier):
    readers = make_readers(3)
    carrier.provider.send(make_mail(), readers, "k")
    attempt = Attempt(key="k", handed_at=NOW, recipients=tuple(readers))
    found = carrier.provider.look_up(attempt).receipts
    is_able = carrier.provider.capabilities.look_up is not LookUp.NONE
    assert (len(found), set(kinds(found)) == {ACCEPTED}) == (3, is_able)

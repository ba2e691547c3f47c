"""
Test a message's bytes, parsed with the standard library.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from issue_samples import make_message, make_recipient

from newsletter.errors import MergeError
from newsletter.mail.mime.message import clean_text, encode_text, message_bytes
from newsletter.model.mail import Message, Sender

DATE = dt.datetime(2026, 3, 5, 12, 0, tzinfo=dt.UTC)
WORDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120),
    st.lists(
        st.sampled_from(["Grüße", "مرحبا", "世界的新闻", "news", "=?utf-8?q?x?=", "🌍", "a" * 80]),
        min_size=1,
        max_size=20,
    ).map(" ".join),
)


def parsed(message: Message) -> EmailMessage:
    data = message_bytes(message, date=DATE)
    return email.message_from_bytes(data, policy=email.policy.default)


def part(message: Message, subtype: str) -> str:
    body = parsed(message).get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_both_parts_decode_to_the_original_with_the_text_first() -> None:
    message = make_message(html="<p>Grüße = 世界</p>\n" * 300, text="From me\n.\n" + "ä" * 500)
    assert [p.get_content_type() for p in parsed(message).iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert part(message, "html") == message.html
    assert part(message, "plain") == message.text


def test_the_same_message_gives_the_same_bytes() -> None:
    message = make_message(subject="Grüße")
    assert message_bytes(message, date=DATE) == message_bytes(message, date=DATE)


def test_every_line_ends_with_crlf_and_is_at_most_78_characters_long() -> None:
    message = make_message(subject="Grüße " * 30, html="x" * 5000, text="y é " * 500)
    lines = message_bytes(message, date=DATE).split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_a_long_list_unsubscribe_is_neither_folded_nor_encoded() -> None:
    address = "<https://news.example.org/u/" + "x" * 120 + ">"
    data = message_bytes(make_message(headers=(("List-Unsubscribe", address),)), date=DATE)
    assert f"\r\nList-Unsubscribe: {address}\r\n".encode() in data


def test_the_plain_headers_are_correct() -> None:
    head = message_bytes(make_message(reply_to="desk@example.org"), date=DATE).partition(
        b"\r\nContent-Type"
    )[0]
    assert head.decode() == (
        'From: "Coast Brief" <news@example.org>\r\n'
        'To: "Ada Lovelace" <ada@example.com>\r\n'
        "Reply-To: desk@example.org\r\n"
        "Subject: Hello\r\n"
        "Message-ID: <7.abc@example.org>\r\n"
        "Date: Thu, 05 Mar 2026 12:00:00 +0000\r\n"
        "MIME-Version: 1.0"
    )


@settings(max_examples=1000, deadline=None)
@given(WORDS)
def test_every_subject_decodes_back(subject: str) -> None:
    value = encode_text(subject, "Subject")
    unfolded = value.replace("\r\n", "")
    assert str(make_header(decode_header(unfolded))) == clean_text(subject)
    assert all(len(line) <= 76 for line in f"Subject: {value}".split("\r\n"))
    assert value.isascii()


@settings(max_examples=300, deadline=None)
@given(WORDS)
def test_every_sender_name_decodes_back(name: str) -> None:
    data = message_bytes(make_message(sender=Sender(name, "news@example.org")), date=DATE)
    value = data.partition(b"\r\nTo:")[0].decode("ascii").replace("\r\n", "")
    shown, _, address = value.removeprefix("From: ").rpartition(" ")
    assert address.strip("<>") == "news@example.org"
    if shown.startswith('"'):
        shown = shown[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        assert shown == clean_text(name)
    else:
        assert str(make_header(decode_header(shown))) == clean_text(name)


def test_a_name_in_another_script_decodes_back() -> None:
    message = parsed(make_message(sender=Sender("Küste, „heute“ 海岸", "news@example.org")))
    assert message["From"].addresses[0].display_name == "Küste, „heute“ 海岸"


@pytest.mark.parametrize(
    "address", ["a@b.c\r\nBcc: x@y.z", "a@b.c>", "a b@c.d", "nobody", "a\0@b.c"]
)
def test_an_address_with_a_forbidden_character_is_refused(address: str) -> None:
    with pytest.raises(MergeError, match="To: the address contains"):
        message_bytes(make_message(recipient=make_recipient(email=address)), date=DATE)


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\0", "\x85", "\u2028", "\u2029", "\x0b"])
def test_no_header_value_can_start_another_header(end: str) -> None:
    hostile = f"x{end}Bcc: thief@example.com"
    message = make_message(subject=hostile, sender=Sender(hostile, "news@example.org"))
    assert parsed(message)["Bcc"] is None
    assert parsed(message)["Subject"] == "x Bcc: thief@example.com"
    for header in ("List-Id", "Feedback-ID"):
        with pytest.raises(MergeError, match=header):
            message_bytes(make_message(headers=((header, hostile),)), date=DATE)


def test_a_header_name_with_a_line_break_is_refused() -> None:
    with pytest.raises(MergeError, match="not a valid header name"):
        message_bytes(make_message(headers=(("X\r\nBcc", "x"),)), date=DATE)


def test_a_domain_in_another_script_is_encoded_in_ascii() -> None:
    message = parsed(make_message(recipient=make_recipient(email="ada@bücher.example")))
    assert message["To"].addresses[0].addr_spec == "ada@xn--bcher-kva.example"

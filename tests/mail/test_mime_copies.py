"""
Test that a mail encoded once and filled by joining bytes equals a mail encoded for one reader.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from email.message import EmailMessage
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from issue_samples import NONCE, make_mail, make_recipient

from newsletter.errors import MergeError
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.mime_copy import to_mime_copies
from newsletter.mail.mime.message import message_bytes
from newsletter.model.mail import Mail, MergeField, Recipient

DATE = dt.datetime(2026, 3, 5, 11, 0, tzinfo=dt.UTC)
FIELDS = (MergeField("first_name"), MergeField("unsubscribe_url"))


def encoded(mail: Mail, recipient: Recipient) -> bytes:
    copy = to_mime_copies(compile_mail(mail)).fill(recipient, date=DATE)
    return copy.header_block + b"\r\n" + copy.body


def read(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(raw, policy=email.policy.default))


def said(message: EmailMessage) -> list[object]:
    """
    Return the headers, without the boundary, and the bytes of each part.
    """
    heads = [(name, str(value)) for name, value in message.items() if name != "Content-Type"]
    return [heads, *(part.get_payload(decode=True) for part in message.iter_parts())]


@pytest.mark.parametrize(
    "value", ["Ada", "Zoë 新聞 🎉", '<b> & "x"', ".", "=?utf-8?q?x?=", "x " * 90]
)
def test_a_mime_copy_equals_a_mail_encoded_for_one_reader(value: str):
    mark = f"NL{NONCE}0X"
    mail = make_mail(
        subject=f"For {mark}",
        html=f'<p title="{mark}">.{mark}.</p>\n.{mark}\n' + "é " * 200 + f"\n<b>{mark}</b>",
        text=f"{mark}\n.\n..\n{mark} {mark}\n \n\t\n" + "long " * 100,
        fields=FIELDS,
    )
    reader = make_recipient(values={"first_name": value}, name=value)
    once = encoded(mail, reader)
    assert said(read(once)) == said(read(message_bytes(compile_mail(mail).fill(reader), date=DATE)))


@given(st.text("ab .\n=é<&\t", max_size=200), st.text("ab .\n=é<&\t", min_size=1, max_size=90))
def test_no_line_is_longer_than_76_or_begins_with_a_dot(text: str, value: str):
    mail = make_mail(text=f"{text}NL{NONCE}0X{text}", fields=FIELDS)
    copy = to_mime_copies(compile_mail(mail)).fill(
        make_recipient(values={"first_name": value}), date=DATE
    )
    lines = copy.body.split(b"\r\n")
    assert max(len(line) for line in lines) <= 76
    assert not any(line.startswith(b".") or b"\n" in line for line in lines)


def test_the_same_reader_gets_the_same_bytes_every_time():
    mail, reader = make_mail(), make_recipient()
    assert encoded(mail, reader) == encoded(mail, reader)


def test_a_reader_without_a_value_is_refused():
    mail = make_mail(fields=FIELDS)
    with pytest.raises(MergeError, match="first_name"):
        to_mime_copies(compile_mail(mail)).fill(make_recipient(values={}), date=DATE)

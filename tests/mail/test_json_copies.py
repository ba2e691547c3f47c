"""
Test that a copy whose HTML and text were encoded as JSON once equals the JSON of the copy, byte for
byte.
"""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from issue_samples import NONCE, make_mail, make_recipient

from newsletter.errors import MergeError
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.json_copy import to_json_copies

TEXT = st.text(st.sampled_from("ab <&>\"'\\/\n\t\x00\x1f\x7fé\u2028🦜"), max_size=12)


@given(before=TEXT, after=TEXT, value=TEXT.filter(str.strip))
def test_a_json_copy_equals_the_json_of_the_copy(before: str, after: str, value: str) -> None:
    compiled = compile_mail(
        make_mail(
            subject=f"{before}NL{NONCE}0X{after}",
            html=f'{before}<p title="NL{NONCE}0X">{before}NL{NONCE}0XNL{NONCE}0X{after}</p>',
            text=f"{before}NL{NONCE}0X{after}NL{NONCE}1X",
        )
    )
    recipient = make_recipient(values={"first_name": value})
    copy, message = to_json_copies(compiled).fill(recipient), compiled.fill(recipient)
    assert b"".join(copy.html) == orjson.dumps(message.html)
    assert b"".join(copy.text) == orjson.dumps(message.text)
    assert copy._replace(html=message.html, text=message.text) == message


def test_a_mail_that_is_the_same_for_everybody_is_encoded_once() -> None:
    copy = to_json_copies(compile_mail(make_mail(html='<p class="a">', text=""))).fill(
        make_recipient()
    )
    assert (b"".join(copy.html), b"".join(copy.text)) == (b'"<p class=\\"a\\">"', b'""')


def test_a_lone_surrogate_cannot_be_encoded_as_json() -> None:
    reader = make_recipient(values={"first_name": "\ud800"})
    with pytest.raises(orjson.JSONEncodeError):
        to_json_copies(compile_mail(make_mail())).fill(reader)


def test_a_reader_without_a_value_has_no_json_copy() -> None:
    mail = make_mail(fields=make_mail().fields[1:] * 2)
    with pytest.raises(MergeError):
        to_json_copies(compile_mail(mail)).fill(make_recipient(unsubscribe_url=None))

"""
Test that a mail in a provider's language, once filled in, equals the copy that is filled here, byte
for byte.
"""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from issue_samples import NONCE, make_mail, make_recipient

from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.provider_template import Language, TemplatedMail, to_provider_template
from newsletter.model.mail import Recipient

LANGUAGE = Language(
    place=lambda name: "{{" + name + "}}",
    special=re.compile(r"\{{2,}\}*|\{\Z|\A\}+"),
)
TEXT = st.text(st.sampled_from("{}ab <&\"'\\%é"), max_size=12)


def filled(shared: TemplatedMail, recipient: Recipient) -> tuple[str, str, str]:
    values = shared.values_for(recipient).values
    subject, html, text = (
        re.sub(r"\{\{([a-z][0-9]*)\}\}(?!\})", lambda match: values[match[1]], written)
        for written in (shared.subject, shared.html, shared.text)
    )
    return subject, html, text


@given(before=TEXT, after=TEXT, value=TEXT.filter(str.strip))
def test_the_provider_s_copy_equals_ours(before: str, after: str, value: str) -> None:
    mail = make_mail(
        subject=f"{before}NL{NONCE}0X{after}",
        html=f'{before}<p title="NL{NONCE}0X">{before}NL{NONCE}0XNL{NONCE}0X{after}</p>',
        text=f"{before}NL{NONCE}0X{after}NL{NONCE}1X",
    )
    recipient = make_recipient(values={"first_name": value})
    compiled = compile_mail(mail)
    message = compiled.fill(recipient)
    shared = to_provider_template(compiled, LANGUAGE)
    assert filled(shared, recipient) == (message.subject, message.html, message.text)
    assert shared.values_for(recipient).headers == message.headers


def test_constant_content_is_part_of_the_template() -> None:
    shared = to_provider_template(
        compile_mail(make_mail(subject="For all", text="{{ x }}")), LANGUAGE
    )
    assert (shared.subject, shared.text) == ("For all", "{{o0}} x }}")
    assert shared.constant == {"o0": "{{"}

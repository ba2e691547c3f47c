"""
Test that values which break HTML, headers or a provider's template language arrive as they are, in
the mail of the reader who has them and of nobody else.
"""

from __future__ import annotations

import html
import os
import random
from collections.abc import Sequence

import pytest
from flavours import WiredProvider
from issue_samples import NONCE, make_mail
from provider_samples import ACCEPTED, REJECTED, kinds, make_reader

from newsletter.mail.size.budget import mail_bytes, value_bytes
from newsletter.model.delivery import batch_size
from newsletter.model.field_display import FieldDisplay
from newsletter.model.mail import Mail, MergeField, Recipient
from subscribers.errors import InvalidText
from subscribers.fields.model import Field, FieldType
from subscribers.fields.parse import MAX_VALUE, parse_value

# `make merge-values` tries 10,000.
COUNT = int(os.environ.get("MERGE_VALUES", "50"))
COMPANY = MergeField("company", "friends", display=FieldDisplay(FieldType.TEXT, "en"))
# Each of them means something to HTML, a header, JSON, quoted-printable or a provider.
PIECES = (
    "<script>", "</p>", "<!--", "-->", "<b", '"', "'", "&amp;", "&#60;", "&", "<", ">",
    "{{", "}}", "{{{", "}}}", "{", "}", "{%", "%}", "{#", "#}", "[[", "]]", "[", "\\", "\\{{",
    "%", "%%", "%%company%%", "%recipient.h0%", "%recipient", "*|NAME|*", "*|", "|*", "-h0-", "-s-",
    "{{h0}}", "{{params.h0}}", "{{var:h0}}", "[[data:h0]]", "${x}", "<%x%>", "$", "NL", "X",
    "=", "=3D", "=?utf-8?q?x?=", ".", "..", "\n", "\r\n", "\t", " ", "\u2028", "Bcc: e@x.example",
    "\u202e", "\u200f", "\u2066", "שלום", "نور", "é", "新聞", "👩‍👧", "🎉", "\u00a0",
    "\u00ad", "a", "9",
)  # fmt: skip
BATCH = 20


def hostile_values(count: int) -> list[str]:
    """
    Make different values, each of them up to as long as a value may be. The first are the pieces.
    """
    chosen = random.Random(18)
    made = dict.fromkeys(piece for piece in PIECES if piece.strip())
    made["x" * MAX_VALUE] = None
    while len(made) < count:
        value = "".join(chosen.choices(PIECES, k=chosen.choice((2, 3, 5, 8, 200))))[:MAX_VALUE]
        made[f"{value.strip()}{len(made)}"[-MAX_VALUE:]] = None
    return list(made)[:count]


def mail_with_company() -> Mail:
    return make_mail(
        subject=f"For NL{NONCE}0X!",
        html=f'<p>Dear NL{NONCE}0X:</p><img alt="NL{NONCE}0X"><p>End</p>',
        text=f"Dear NL{NONCE}0X:\nEnd",
        fields=(COMPANY, MergeField("unsubscribe_url")),
    )


def test_hostile_values_arrive_unchanged_and_only_at_their_own_reader(wired: WiredProvider):
    values = hostile_values(COUNT)
    readers = [
        make_reader(number, values={"company": value}) for number, value in enumerate(values, 1)
    ]
    for start in range(0, COUNT, BATCH):
        _send(wired, readers[start : start + BATCH], f"k{start}")
    arrived = {found.to: found for found in wired.arrived()}
    assert len(arrived) == COUNT
    for reader in readers:
        value = reader.values["company"].replace("\r\n", "\n")
        found = arrived[reader.email]
        in_text, in_tag = html.escape(value, quote=False), html.escape(value)
        expected = f'<p>Dear {in_text}:</p><img alt="{in_tag}"><p>End</p>'
        assert _lines(found.html) == _lines(expected)
        assert _lines(found.text) == _lines(f"Dear {value}:\nEnd")
        assert found.subject == f"For {_on_one_line(value)}!"


def _send(wired: WiredProvider, readers: Sequence[Recipient], key: str) -> None:
    most = wired.provider.capabilities.max_recipients
    for start in range(0, len(readers), most):
        some = readers[start : start + most]
        result = wired.provider.send(mail_with_company(), some, f"{key}-{start}")
        assert kinds(result.receipts) == [ACCEPTED] * len(some)


def _lines(text: str) -> list[str]:
    return text.rstrip("\n").replace("\r\n", "\n").split("\n")


def _on_one_line(value: str) -> str:
    return " ".join(value.split())


def test_a_reader_without_a_value_gets_the_fallback_and_no_other_s_value(wired: WiredProvider):
    readers = [make_reader(1, values={"company": "Quay"}), make_reader(2, values={})]
    wired.provider.send(mail_with_company(), readers, "k")
    assert [found.subject for found in wired.arrived()] == ["For Quay!", "For friends!"]


def test_a_batch_of_the_longest_values_is_accepted_or_split(wired: WiredProvider):
    mail, capabilities = mail_with_company(), wired.provider.capabilities
    size = batch_size(capabilities, mail_bytes(mail), value_bytes=value_bytes(mail))
    readers = [make_reader(n, values={"company": "é" * MAX_VALUE}) for n in range(1, size + 1)]
    result = wired.provider.send(mail, readers, "k")
    assert result.split or kinds(result.receipts) == [ACCEPTED] * size
    assert REJECTED not in kinds(result.receipts)
    for call in wired.fake.calls if wired.fake else ():
        assert len(call.body) <= capabilities.max_bytes


@pytest.mark.parametrize("bad", ["a\0b", "x" * (MAX_VALUE + 1)])
def test_no_reader_has_such_a_value(bad: str):
    with pytest.raises(InvalidText):
        parse_value(Field(id=1, name="company", type=FieldType.TEXT), bad)

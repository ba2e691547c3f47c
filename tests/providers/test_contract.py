"""
Test what dispatch relies on, with every provider. `test_outcomes` has the ways a call may end.
"""

from __future__ import annotations

import html
import inspect
import logging
from pathlib import Path

import pytest
from flavours import WiredProvider
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

from newsletter.mail.size.budget import mail_bytes
from newsletter.model.delivery import Attempt, Idempotency, LookUp, SelfCheck, batch_size
from newsletter.model.mail import MergeField, Sender

# The syntax of every provider's template language, and of other formats.
OTHERS_LANGUAGES = (
    "{{name}} {{{name}}} {{#each x}} {{params.name}} {{var:name}} {% name %} [[name]] "
    "%recipient.name% %name% -name- *|NAME|* <%name%> ${name} $name \\{{name}} {{ }} {{"
)


def test_every_reader_gets_one_receipt_in_order(wired: WiredProvider):
    mail = make_mail(fields=(MergeField("first_name"), MergeField("unsubscribe_url")))
    readers = [make_reader(1), make_reader(2, values={}), make_reader(3)]
    result = wired.provider.send(mail, readers, "k")
    assert kinds(result.receipts) == [ACCEPTED, REJECTED, ACCEPTED]
    assert [found.to for found in wired.arrived()] == [readers[0].email, readers[2].email]


def test_sending_to_nobody_works(wired: WiredProvider):
    assert wired.provider.send(make_mail(), [], "k").receipts == ()
    assert wired.arrived() == []


def test_a_full_call_reaches_everybody(wired: WiredProvider):
    readers = make_readers(min(100, wired.provider.capabilities.max_recipients))
    result = wired.provider.send(make_mail(), readers, "k")
    assert kinds(result.receipts) == [ACCEPTED] * len(readers)
    assert {found.to for found in wired.arrived()} == {reader.email for reader in readers}


def test_the_same_key_twice_sends_as_often_as_the_capabilities_say(wired: WiredProvider):
    first = wired.provider.send(make_mail(), make_readers(5), "k")
    second = wired.provider.send(make_mail(), make_readers(5), "k")
    is_replayed = wired.provider.capabilities.idempotency is Idempotency.REPLAY
    assert kinds(first.receipts) == kinds(second.receipts) == [ACCEPTED] * 5
    assert sorted(found.to for found in wired.arrived()) == sorted(
        [f"reader{number}@example.com" for number in range(1, 6)] * (1 if is_replayed else 2)
    )


def test_each_reader_gets_their_own_message_and_nobody_else_s(wired: WiredProvider):
    readers = make_readers(3)
    wired.provider.send(make_mail(), readers, "k")
    arrived = wired.arrived()
    assert len(arrived) == 3
    for reader, found in zip(readers, arrived, strict=True):
        others = [other.email for other in readers if other != reader]
        assert (found.to, found.subject) == (reader.email, f"For Reader{reader.delivery_id}")
        assert not any(other in repr(found) for other in others)


@pytest.mark.parametrize(
    "value",
    [
        "{{name}} %recipient.x% <b>, Zoë",
        "Ünï 新聞 🎉",
        '"quoted" <b@c.example>, d@e.example',
        "=?utf-8?q?trick?=",
        "%%first_name%%",
        "a\\b 'c' & <script>alert(1)</script>",
        "very long " * 40 + "end",
        "." * 90,
        OTHERS_LANGUAGES,
    ],
)
def test_a_reader_s_values_arrive_unchanged(wired: WiredProvider, value: str):
    mail = make_mail(
        subject=f"{value} for NL{NONCE}0X",
        html=f'<p>NL{NONCE}0X</p><a title="NL{NONCE}0X">x</a>',
        text=f"NL{NONCE}0X",
        sender=Sender(value, "news@example.org"),
    )
    wired.provider.send(mail, [make_reader(1, name=value, values={"first_name": value})], "k")
    (found,) = wired.arrived()
    in_text = html.escape(value, quote=False)
    assert found.html.rstrip("\n") == f'<p>{in_text}</p><a title="{html.escape(value)}">x</a>'
    assert found.subject == f"{value} for {value}"
    assert found.text.rstrip("\n") == value
    longest = wired.fake.longest_name if wired.fake else None
    assert found.sender == (value[:longest], "news@example.org")
    assert found.to == "reader1@example.com"


@pytest.mark.parametrize("edge", ["{", "}", "\\", "%", "{{", "}}", "\\{{", "$", "-", "["])
def test_text_that_looks_like_a_template_arrives_unchanged(wired: WiredProvider, edge: str):
    around = f"{edge}NL{NONCE}0X{edge}"
    mail = make_mail(
        subject=f"S {around} E",
        html=f"<style>a{{b:c}}@media x{{a{{b:c}}}}</style><p>{OTHERS_LANGUAGES} {around}</p>",
        text=f"{OTHERS_LANGUAGES} {around}",
    )
    wired.provider.send(mail, [make_reader(1), make_reader(2)], "k")
    for found, name in zip(wired.arrived(), ("Reader1", "Reader2"), strict=True):
        written = mail.html.replace(f"NL{NONCE}0X", name)
        assert found.html.rstrip("\n") == written
        assert found.text.rstrip("\n") == f"{OTHERS_LANGUAGES} {edge}{name}{edge}"
        assert found.subject == f"S {edge}{name}{edge} E"


def test_a_line_break_in_a_value_adds_no_header(wired: WiredProvider):
    value = "Ada\r\nBcc: eve@example.com"
    wired.provider.send(make_mail(), [make_reader(1, values={"first_name": value})], "k")
    (found,) = wired.arrived()
    assert found.subject == "For Ada Bcc: eve@example.com"
    assert found.to == "reader1@example.com"


def test_the_one_click_unsubscribe_headers_arrive_unchanged(wired: WiredProvider):
    mail = make_mail(
        headers=(
            ("List-Unsubscribe", f"<NL{NONCE}1X>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("List-Id", "Coast Brief <coast.news.example.org>"),
        )
    )
    urls = [f"https://news.example.org/u/{number}" + "T0K3N" * 40 for number in (1, 2)]
    readers = [make_reader(n, unsubscribe_url=url) for n, url in enumerate(urls, 1)]
    wired.provider.send(mail, readers, "k")
    for found, url in zip(wired.arrived(), urls, strict=True):
        written = {
            "List-Unsubscribe": f"<{url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": "Coast Brief <coast.news.example.org>",
        }
        if wired.fake and wired.fake.decodes_list_id:
            written["List-Id"] = "<coast.news.example.org>"
        withheld = wired.fake.withheld if wired.fake else ()
        for name, value in written.items():
            assert found.headers.get(name) == (None if name in withheld else value)


def test_both_ways_to_unsubscribe_arrive_with_each_readers_own_token(wired: WiredProvider):
    way = f"mailto:bye+news@example.org?subject=NL{NONCE}2X"
    mail = make_mail(
        headers=(("List-Unsubscribe", f"<NL{NONCE}1X>, <{way}>"),),
        fields=tuple(map(MergeField, ("first_name", "unsubscribe_url", "unsubscribe_token"))),
    )
    tokens = [f"H{number}z11Ki-ymBl5vaJoNpreNQ_" for number in (1, 2)]
    readers = [
        make_reader(number, unsubscribe_url=f"https://news.example.org/u/{token}")
        for number, token in enumerate(tokens, 1)
    ]
    wired.provider.send(mail, readers, "k")
    withheld = wired.fake.withheld if wired.fake else ()
    assert [found.headers.get("List-Unsubscribe") for found in wired.arrived()] == [
        None
        if "List-Unsubscribe" in withheld
        else f"<https://news.example.org/u/{token}>, <mailto:bye+news@example.org?subject={token}>"
        for token in tokens
    ]


@pytest.mark.parametrize(
    "name", ["Ada Byron", "Zoë 新聞", "Byron, Ada (née Milbanke)", "J. R. O'Neil; & Söhne", "100%"]
)
def test_each_reader_is_addressed_by_name(wired: WiredProvider, name: str):
    readers = [make_reader(1, name=name), make_reader(2, name="")]
    wired.provider.send(make_mail(), readers, "k")
    assert [(found.to_name, found.to) for found in wired.arrived()] == [
        (name, "reader1@example.com"),
        ("", "reader2@example.com"),
    ]


@pytest.mark.parametrize(
    "name", ["{{name}} %recipient.x%", '"Ada" \\ Byron', "<b@c.example>, d@e.example"]
)
def test_a_name_in_any_form_arrives_or_is_left_out(wired: WiredProvider, name: str):
    result = wired.provider.send(make_mail(), [make_reader(1, name=name)], "k")
    assert kinds(result.receipts) == [ACCEPTED]
    (found,) = wired.arrived()
    left_out = wired.fake is not None and set(name) & set(wired.fake.not_in_names)
    assert (found.to_name, found.to) == ("" if left_out else name, "reader1@example.com")


def test_the_name_of_a_refused_reader_is_not_kept(on_the_wire: WiredProvider):
    fake, readers = on_the_wire.fake, [make_reader(n, name="Ada Byron") for n in (1, 2, 3)]
    assert fake is not None
    fake.refused = {readers[1].email}
    result = on_the_wire.provider.send(make_mail(), readers, "k")
    assert "Ada" not in repr(result)


@pytest.mark.parametrize("name", ["Stadt & Land, täglich", "Küste", "N" * 50 + ", täglich"])
def test_the_sender_s_name_arrives_with_its_punctuation(wired: WiredProvider, name: str):
    wired.provider.send(make_mail(sender=Sender(name, "news@example.org")), make_readers(1), "k")
    (found,) = wired.arrived()
    assert found.sender[1] == "news@example.org"
    assert found.sender[0] == name or (
        name.startswith(found.sender[0]) and len(found.sender[0]) > 20
    )


def test_replies_go_to_the_reply_to_address(wired: WiredProvider):
    wired.provider.send(make_mail(reply_to="desk@example.org"), make_readers(1), "k")
    assert wired.arrived()[0].reply_to == "desk@example.org"


def test_each_message_carries_the_labels_of_issue_batch_and_delivery(on_the_wire: WiredProvider):
    on_the_wire.provider.send(make_mail(), make_readers(2), "abc-i12-b3-1")
    assert [found.labels for found in on_the_wire.arrived()] == [
        {"issue": "i12", "batch": "abc-i12-b3-1", "delivery": f"i12-d{number}_abc"}
        for number in (1, 2)
    ]


def test_a_batch_of_the_declared_size_is_accepted_in_one_call(on_the_wire: WiredProvider):
    capabilities = on_the_wire.provider.capabilities
    mail = make_mail(html=f"<p>NL{NONCE}0X</p>" + '<p class="x">Grüße</p>\n' * 3_500)
    size = batch_size(capabilities, mail_bytes(mail))
    result = on_the_wire.provider.send(mail, make_readers(size), "k")
    assert kinds(result.receipts) == [ACCEPTED] * size
    assert on_the_wire.fake is not None
    (call,) = on_the_wire.fake.calls
    assert len(call.body) <= capabilities.max_bytes


def test_one_refused_reader_does_not_affect_the_others(on_the_wire: WiredProvider):
    fake, readers = on_the_wire.fake, make_readers(3)
    assert fake is not None
    fake.refused = {readers[1].email}
    result = on_the_wire.provider.send(make_mail(), readers, "k")
    if not fake.names_the_refused:
        assert kinds(result.receipts) == [UNCERTAIN] * 3
        return
    if fake.takes_the_others:
        assert kinds(result.receipts) == [ACCEPTED, REJECTED, ACCEPTED]
        return
    assert ACCEPTED not in kinds(result.receipts)
    assert kinds(result.receipts)[::2] == [RETRY, RETRY]
    assert result.split or result.receipts[1].kind is REJECTED


def test_a_look_up_gives_a_receipt_for_every_reader(wired: WiredProvider):
    readers = make_readers(3)
    wired.provider.send(make_mail(), readers, "k")
    attempt = Attempt(key="k", submitted_at=NOW, recipients=tuple(readers))
    found = wired.provider.look_up(attempt).receipts
    is_able = wired.provider.capabilities.look_up is not LookUp.NONE
    assert (len(found), set(kinds(found)) == {ACCEPTED}) == (3, is_able)


def test_doctor_can_check_every_provider_with_a_check(wired: WiredProvider):
    if isinstance(wired.provider, SelfCheck):
        inspect.signature(wired.provider.check).bind()


def test_the_recipients_of_a_call_are_not_logged(
    on_the_wire: WiredProvider, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    fake, readers = on_the_wire.fake, make_readers(3)
    assert fake is not None
    fake.refused = {readers[1].email}
    result = on_the_wire.provider.send(make_mail(), readers, "k")
    values = caplog.text + repr(result)
    assert [reader.email for reader in readers if reader.email in values] == []


def test_every_call_matches_the_published_api(on_the_wire: WiredProvider, shared: Path):
    mail = make_mail(reply_to="desk@example.org")
    on_the_wire.provider.send(mail, make_readers(3), "abc-i12-b3-1")
    attempt = Attempt(key="abc-i12-b3-1", submitted_at=NOW, recipients=tuple(make_readers(3)))
    on_the_wire.provider.look_up(attempt)
    fake = on_the_wire.fake
    assert fake is not None
    assert [fake.wrong_in(call, shared / "specs") for call in fake.calls] == [[]] * len(fake.calls)

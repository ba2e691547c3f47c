"""
Test finding, marking and filling merge fields.
"""

from __future__ import annotations

import html
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from issue_samples import NONCE, make_mail, make_recipient

from newsletter.delivery.freeze import mail_hash
from newsletter.errors import MergeError, TemplateError
from newsletter.mail.merge.declared import show_value
from newsletter.mail.merge.fields import (
    check_fields,
    compile_mail,
    find_fields,
    find_marks,
    mark_fields,
    marks_for,
)
from newsletter.model.field_display import FieldDisplay
from newsletter.model.mail import Mail, MergeField, Sender
from subscribers.fields.model import FieldType

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=40)
VALUE = TEXT.filter(lambda value: value.strip() != "" and NONCE not in value)


def test_fields_are_found_once_each_in_order() -> None:
    text = "%%name%% %%first_name|dear reader%% 50%% off %%name%% %%x y%% %%email|%%"
    assert find_fields(text) == (
        MergeField("name"),
        MergeField("first_name", "dear reader"),
        MergeField("email", ""),
    )


def test_a_field_next_to_jinja_tags_is_found() -> None:
    assert find_fields("{% if x %}%%name%%{% endif %}") == (MergeField("name"),)


def test_an_error_about_an_unknown_field_has_its_line_and_the_nearest_field() -> None:
    with pytest.raises(TemplateError) as caught:
        check_fields("a\n%%frist_name%%", "templates/issue/x/body.html")
    assert str(caught.value) == (
        "templates/issue/x/body.html line 2: unknown merge field %%frist_name%%; "
        "did you mean first_name?"
    )


def test_marks_are_letters_and_digits_with_the_number_of_the_field() -> None:
    fields = (MergeField("name"), MergeField("name", "you"))
    marks = marks_for(fields, NONCE)
    assert mark_fields("%%name|you%%-%%name%%", marks) == f"NL{NONCE}1X-NL{NONCE}0X"


def test_a_malformed_nonce_is_refused() -> None:
    with pytest.raises(MergeError):
        marks_for((), "XYZ")


def test_a_copy_is_filled_and_escaped_for_each_place() -> None:
    recipient = make_recipient(values={"first_name": 'A<b>"\r\nBcc: x@y.z'})
    message = compile_mail(make_mail()).fill(recipient)
    assert message.subject == 'For A<b>" Bcc: x@y.z'
    assert message.html == (
        '<p>Dear A&lt;b&gt;"\nBcc: x@y.z, '
        '<a href="https://news.example.org/u/T0K3N?a=1&amp;b=2">leave</a></p>'
    )
    assert message.text == ('Dear A<b>"\nBcc: x@y.z\nhttps://news.example.org/u/T0K3N?a=1&b=2\n')
    assert message.headers == (("List-Unsubscribe", "<https://news.example.org/u/T0K3N?a=1&b=2>"),)


@pytest.mark.parametrize("values", [{}, {"first_name": ""}])
def test_a_missing_or_empty_value_gives_the_fallback(values: dict[str, str]) -> None:
    assert compile_mail(make_mail()).fill(make_recipient(values=values)).subject == "For reader"


def test_an_error_about_a_missing_value_names_the_field_but_no_address() -> None:
    with pytest.raises(MergeError) as caught:
        compile_mail(make_mail()).fill(make_recipient(unsubscribe_url=None))
    assert str(caught.value) == (
        "delivery 7 has no unsubscribe_url; write %%unsubscribe_url|fallback%% in the template"
    )


def test_an_address_that_is_a_script_is_refused() -> None:
    with pytest.raises(MergeError, match="unsubscribe_url is not an http URL"):
        compile_mail(make_mail()).fill(make_recipient(unsubscribe_url="javascript:alert(1)"))


def test_a_value_that_contains_the_nonce_is_refused() -> None:
    with pytest.raises(MergeError, match="contains the email's nonce"):
        compile_mail(make_mail()).fill(make_recipient(values={"first_name": f"NL{NONCE}1X"}))


@pytest.mark.parametrize("broken", [f"nl{NONCE}0x", f"NL{NONCE}", NONCE, f"NL{NONCE}9X"])
def test_a_broken_mark_is_an_error_before_anything_is_filled(broken: str) -> None:
    with pytest.raises(MergeError):
        compile_mail(make_mail(html=broken))


def test_a_mail_without_fields_stays_unchanged() -> None:
    mail = make_mail(subject="s", html="h", text="t", headers=(), nonce="", fields=())
    message = compile_mail(mail).fill(make_recipient())
    assert (message.subject, message.html, message.text) == ("s", "h", "t")


def test_quotes_are_escaped_in_tags_and_comments_but_not_between_elements() -> None:
    mark, name = f"NL{NONCE}0X", "<a> & \"b\" 'c'"
    html = f'<p title="{mark} > ">{mark}</p><!--[if mso]><v:x alt="{mark}"><![endif]-->{mark}'
    mail = make_mail(subject="s", html=html, text="t", headers=())
    filled = compile_mail(mail).fill(make_recipient(values={"first_name": name})).html
    quoted, bare = "&lt;a&gt; &amp; &quot;b&quot; &#x27;c&#x27;", "&lt;a&gt; &amp; \"b\" 'c'"
    assert filled == (
        f'<p title="{quoted} > ">{bare}</p><!--[if mso]><v:x alt="{quoted}"><![endif]-->{bare}'
    )


def as_text(markup: str) -> str:
    """
    Return *markup* with quotes as they are allowed between elements.
    """
    return markup.replace("&quot;", '"').replace("&#x27;", "'")


@given(pieces=st.lists(TEXT, min_size=1, max_size=6), name=VALUE, email=VALUE)
def test_filling_equals_naive_replacement(pieces: list[str], name: str, email: str) -> None:
    marks = [f"NL{NONCE}0X", f"NL{NONCE}1X"]
    body = "".join(piece + marks[n % 2] for n, piece in enumerate(pieces))
    if body.count(NONCE) != len(pieces):
        return
    fields = (MergeField("first_name"), MergeField("email"))
    mail = make_mail(subject="s", html=body, text=body, headers=(), fields=fields)
    recipient = make_recipient(email=email, values={"first_name": name})
    message = compile_mail(mail).fill(recipient)
    expected = body.replace(marks[0], html.escape(name)).replace(marks[1], html.escape(email))
    assert as_text(message.html) == as_text(expected)
    assert message.text == body.replace(marks[0], name).replace(marks[1], email)
    assert find_marks(message.html, NONCE) == []


def test_an_approval_from_before_there_were_declared_fields_still_holds() -> None:
    mail = Mail(
        subject="s NL0123456789ab0X",
        html="<p>NL0123456789ab1X</p>",
        text="t",
        sender=Sender("A", "a@example.org"),
        nonce="0123456789ab",
        fields=(MergeField("first_name", "you"), MergeField("unsubscribe_url")),
    )
    # The hash that the same mail had when only a reader's name and links could be merged.
    assert mail_hash(mail) == "5ae71e0da72023b966cf6cec601731bd440e4d2d23cc9fce373cf37adc3a524e"


def test_a_frozen_declared_field_is_read_back_with_its_format_and_labels() -> None:
    labels = {"morning": "Morgenausgabe"}
    field = MergeField(
        "edition", "-", format="label", display=FieldDisplay(FieldType.CHOICE, "de", labels)
    )
    mail = make_mail(fields=(field,))
    (found,) = Mail.from_json(json.loads(json.dumps(mail.as_json()))).fields
    assert (found, found.display, found.typed) == (field, field.display, "%%edition|label|-%%")
    assert show_value(found, "morning") == "Morgenausgabe"

"""
Merge fields of other products, in what staff typed.
"""

from __future__ import annotations

from newsletter.mail.checks.checked_mail import CheckedMail
from newsletter.mail.checks.foreign_fields import find_foreign_fields
from newsletter.mail.checks.merge_fields import placeholders
from newsletter.model.check import Facts, Level, TypedPlace

# What the products' own documentation writes, and the field of ours that it means.
WRITTEN = {
    "Dear *|FNAME|*,": "first_name",
    "*|LNAME|*": "last_name",
    "*|EMAIL|*": "email",
    "*|IF:VIP|*": None,
    "*|LIST:NAME|*": None,
    "{{ first_name }}": "first_name",
    "{{ .Subscriber.FirstName }}": "first_name",
    "{{ contact.FIRSTNAME }}": "first_name",
    "{{ name | default: 'x' }}": "name",
    "{{ first_name or 'friend' }}": "first_name",
    "{{ unsubscribe }}": "unsubscribe_url",
    "{{#if vip}}": None,
    "{% if vip %}": None,
    "[[data:firstname:friend]]": "first_name",
    "%recipient.name%": "name",
    "%FIRSTNAME%": "first_name",
    "%UNSUBSCRIBELINK%": "unsubscribe_url",
    "{name}": "name",
    '{first_name, "there"}': "first_name",
    "{contact.first_name}": "first_name",
    "{subscriber:email}": "email",
}
NONE = [
    "100%, or 5% and 10% of it",
    "%%first_name|reader%% and %%email%%",
    "https://example.org/a%20name%20b",
    "%Y-%m-%d",
    "{a, b} and ${name}",
    "[[1]](https://example.org)",
    "{city}",
]


def test_the_merge_fields_of_other_products_are_known() -> None:
    found = {text: [each.field for each in find_foreign_fields(text)] for text in WRITTEN}
    assert found == {text: [field] for text, field in WRITTEN.items()}
    assert {text: find_foreign_fields(text) for text in NONE} == {text: [] for text in NONE}


def test_each_is_found_once_at_its_place_with_what_to_write() -> None:
    checked = CheckedMail(
        html="<p>Dear <em>|FNAME|</em>, {{ first_name }}</p>",
        text="Dear *|FNAME|*, {{ first_name }}, {{ other }}",
        subject="{name}",
        facts=Facts(
            typed=(
                (TypedPlace.SUBJECT, "{name}"),
                (TypedPlace.INTRO, "Dear *|FNAME|*, {{ first_name }}, *|FNAME|*"),
            )
        ),
    )
    found = [(each.where, each.level, each.message) for each in placeholders(checked)]
    write = "write %%first_name|reader%%"
    assert found == [
        ("subject", Level.WARNING, "readers would see {name}: write %%name|reader%%"),
        ("introduction", Level.ERROR, f"readers would see *|FNAME|*: {write}"),
        ("introduction", Level.ERROR, f"readers would see {{{{ first_name }}}}: {write}"),
        ("text", Level.ERROR, "readers would see {{: fix the template or the text it came from"),
        ("text", Level.ERROR, "readers would see }}: fix the template or the text it came from"),
    ]


def test_a_long_text_of_their_signs_is_searched_in_linear_time() -> None:
    for sign in ("*|", "{{", "[[", "{a", "%a", "{%", "{{a|"):
        assert find_foreign_fields(sign * 150_000) == []

"""
What a rule may say, and what is answered where it says something else.
"""

from __future__ import annotations

import pytest

from subscribers.errors import RuleError
from subscribers.fields.model import Field, FieldOption, FieldType
from subscribers.model import SubscriptionState
from subscribers.segments.model import (
    MAX_DEPTH,
    MAX_LENGTH,
    MAX_TESTS,
    MAX_VALUES,
    AllOf,
    AnyOf,
    Attribute,
    Comparison,
    Known,
    Mailed,
    Not,
    OnList,
    Operator,
)
from subscribers.segments.parse import parse_rule

COUNTRY = Field(id=1, name="country", type=FieldType.TEXT)
AGE = Field(id=2, name="age", type=FieldType.NUMBER)
JOINED = Field(id=3, name="joined", type=FieldType.DATE)
VIP = Field(id=4, name="vip", type=FieldType.BOOLEAN)
EDITION = Field(
    id=5,
    name="edition",
    type=FieldType.CHOICE,
    options=(FieldOption(key="north", labels={"de": "Nord"}), FieldOption(key="south")),
)
TOPICS = Field(id=6, name="topics", type=FieldType.CHOICES, options=(FieldOption(key="sport"),))
KNOWN = Known(
    fields={field.name: field for field in (COUNTRY, AGE, JOINED, VIP, EDITION, TOPICS)},
    lists=("daily", "weekly"),
    mailed={"received": "received"},
)
IS_GERMAN = Comparison(subject=COUNTRY, operator=Operator.EQUAL, values=("DE",))
HAS_PRESS = Comparison(subject=Attribute.TAG, operator=Operator.HAS, values=("press",))


def test_the_parts_of_a_rule_are_joined_by_and() -> None:
    text = (
        'country = "DE" and tag has "press" and joined before 2026-01-01 and not received issue 41'
    )
    assert parse_rule(text, KNOWN) == AllOf(
        parts=(
            IS_GERMAN,
            HAS_PRESS,
            Comparison(subject=Attribute.JOINED, operator=Operator.LESS, values=("2026-01-01",)),
            Not(part=Mailed(name="received", words="received", issue_id=41)),
        )
    )


def test_and_binds_closer_than_or_and_not_closer_than_both() -> None:
    rule = parse_rule("vip = yes or not country = DE and tag has press", KNOWN)
    is_vip = Comparison(subject=VIP, operator=Operator.EQUAL, values=("yes",))
    assert rule == AnyOf(parts=(is_vip, AllOf(parts=(Not(part=IS_GERMAN), HAS_PRESS))))


def test_parentheses_come_first() -> None:
    rule = parse_rule("not (country = DE or tag has press)", KNOWN)
    assert rule == Not(part=AnyOf(parts=(IS_GERMAN, HAS_PRESS)))


@pytest.mark.parametrize(
    ("text", "subject", "operator", "values"),
    [
        ("country != 'Côte d\\'Ivoire'", COUNTRY, Operator.UNEQUAL, ("Côte d'Ivoire",)),
        ('country IN ("DE", at, "DE")', COUNTRY, Operator.IN, ("DE", "at")),
        ("country not in (DE)", COUNTRY, Operator.NOT_IN, ("DE",)),
        ("country is not set", COUNTRY, Operator.IS_NOT_SET, ()),
        ("country starts with N", COUNTRY, Operator.STARTS_WITH, ("N",)),
        ("country ends with Y", COUNTRY, Operator.ENDS_WITH, ("Y",)),
        ("age>=-1.50", AGE, Operator.AT_LEAST, ("-1.5",)),
        ("age < 18", AGE, Operator.LESS, ("18",)),
        ("vip = true", VIP, Operator.EQUAL, ("yes",)),
        ('edition = "Nord"', EDITION, Operator.EQUAL, ("north",)),
        ("topics contains Sport", TOPICS, Operator.CONTAINS, ("sport",)),
        ("field joined after 2026-01-31", JOINED, Operator.GREATER, ("2026-01-31",)),
        ("field joined within 30 days", JOINED, Operator.WITHIN, ("30",)),
        ("joined more than 1 day ago", Attribute.JOINED, Operator.DAYS_AGO, ("1",)),
        ("tag has PRESS", Attribute.TAG, Operator.HAS, ("press",)),
        ("state = active", Attribute.STATE, Operator.EQUAL, ("active",)),
        ("consent source = form", Attribute.CONSENT, Operator.EQUAL, ("form",)),
        ("email ends with @Example.org", Attribute.EMAIL, Operator.ENDS_WITH, ("@example.org",)),
        (
            "email ends with a@münchen.de",
            Attribute.EMAIL,
            Operator.ENDS_WITH,
            ("a@xn--mnchen-3ya.de",),
        ),
        ("email = Ada@Example.org", Attribute.EMAIL, Operator.EQUAL, ("ada@example.org",)),
        ("language = de-AT", Attribute.LANGUAGE, Operator.EQUAL, ("de-AT",)),
        ("timezone = europe/OSLO", Attribute.TIMEZONE, Operator.EQUAL, ("Europe/Oslo",)),
        ("timezone contains oslo", Attribute.TIMEZONE, Operator.CONTAINS, ("oslo",)),
        ("tag has ' Press   OFFICE '", Attribute.TAG, Operator.HAS, ("press office",)),
        ("tag in ('U\u0308ber')", Attribute.TAG, Operator.IN, ("über",)),
    ],
)
def test_a_value_is_read_in_the_form_in_which_it_is_stored(
    text: str, subject: Attribute | Field, operator: Operator, values: tuple[str, ...]
) -> None:
    found = parse_rule(text, KNOWN)
    assert found == Comparison(subject=subject, operator=operator, values=values)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("on list daily", OnList(slug="daily")),
        ('pending on list "weekly"', OnList(slug="weekly", state=SubscriptionState.PENDING)),
        ("received", Mailed(name="received", words="received")),
        ("received within 30 days", Mailed(name="received", words="received", days=30)),
        (
            "joined list daily is set",
            Comparison(subject=Attribute.JOINED, operator=Operator.IS_SET, list_slug="daily"),
        ),
    ],
)
def test_lists_and_mail_are_asked_about_by_name(text: str, rule: object) -> None:
    assert parse_rule(text, KNOWN) == rule


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", 'column 1: the rule is empty: write one such as country = "DE"'),
        (
            "contry = DE",
            "column 1: a rule cannot ask about 'contry': did you mean country?",
        ),
        ("country =", "column 10: expected a value of country, instead of the end"),
        ("country = DE AT", 'column 14: put a value of several words in quotes, as in "DE AT"'),
        ("(country = DE", "column 14: expected ) for the ( in column 1, instead of the end"),
        ("country == DE", "column 9: write =, instead of =="),
        ("country <> DE", "column 9: write !=, instead of <>"),
        ("country = “DE”", 'column 11: write straight quotes, as in "press", instead of “'),
        ("country = 'DE", "column 11: the text in quotes does not end: write a second quote"),
        ("country = DE && vip = yes", "column 14: write and"),
        ("country like D", "column 9: write contains or =, instead of 'like'"),
        ('country = ""', "column 11: a value is empty: write `is not set` for people without one"),
        ("tag = press", "column 5: write has, instead of '='"),
        ("on list dayly", "column 9: there is no list 'dayly': did you mean daily?"),
        ("field contry = DE", "column 7: there is no field 'contry': did you mean country?"),
        (
            "state = lost",
            "column 9: 'lost' is not a state: write one of active, pending, ended, suppressed",
        ),
        ("edition = west", "column 11: edition: 'west' is not an option: write north, south"),
        ("age > old", "column 7: age: 'old' is not a number: write one such as 1.5"),
        (
            "joined before 1.1.2026",
            "column 15: '1.1.2026' is not a date: write 2026-01-01",
        ),
        (
            "joined within 0 days",
            "column 15: '0' is not a number of days: write one from 1 to 36500, as in 30 days",
        ),
        (
            "joined within 3 weeks",
            "column 17: write a number of days, as in 30 days, instead of 'weeks'",
        ),
        (
            "language = german",
            "column 12: 'german' is not a known language: write its code, such as en, de or pt-BR",
        ),
        (
            "timezone != Berlin",
            "column 13: time zone 'Berlin' is not known: did you mean Europe/Berlin?",
        ),
        (
            "not email = @example.org",
            "column 13: '@example.org' is not a whole address: write ends with, starts with or "
            "contains for a part of one",
        ),
        (
            "email = *@example.org",
            "column 9: '*@example.org' is not a whole address: write ends with, starts with or "
            "contains for a part of one",
        ),
        (
            "email contains \u212a",
            "column 16: '\u212a' has letters that no address has: write the whole domain, as in "
            "ends with @example.org",
        ),
        ("received issue x", "column 16: 'x' is not the number of an issue: write one such as 41"),
        ("country = and", "column 11: expected a value of country, instead of 'and'"),
        (
            "consent = form",
            "column 9: expected source as in: consent source = form, instead of '='",
        ),
    ],
)
def test_a_mistake_is_answered_with_its_column_and_what_was_meant(text: str, said: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse_rule(text, KNOWN)
    assert str(refused.value) == said


@pytest.mark.parametrize(
    "text",
    [
        "country = " + "x" * MAX_LENGTH,
        " or ".join(["vip = yes"] * (MAX_TESTS + 1)),
        "(" * (MAX_DEPTH + 1) + "vip = yes" + ")" * (MAX_DEPTH + 1),
        "not " * (MAX_DEPTH + 1) + "vip = yes",
        f"age in ({', '.join(map(str, range(MAX_VALUES + 1)))})",
    ],
    ids=["length", "tests", "parentheses", "nots", "values"],
)
def test_a_rule_that_is_too_large_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        parse_rule(text, KNOWN)


@pytest.mark.parametrize("text", ["country = 'a\nb'", "country = '\x00'", "country = '\ud800'"])
def test_a_value_is_one_line_of_text(text: str) -> None:
    with pytest.raises(RuleError):
        parse_rule(text, KNOWN)

"""
What is answered to mistakes that people make: the column, and what they probably meant.
"""

from __future__ import annotations

import pytest

from subscribers.errors import RuleError
from subscribers.fields.model import Field, FieldOption, FieldType
from subscribers.segments.model import Known
from subscribers.segments.parse import parse_rule

FIELDS = (
    Field(id=1, name="country", type=FieldType.TEXT),
    Field(id=2, name="age", type=FieldType.NUMBER),
    Field(id=3, name="renewal", type=FieldType.DATE),
    Field(id=4, name="vip", type=FieldType.BOOLEAN),
    Field(
        id=5,
        name="plan",
        type=FieldType.CHOICE,
        options=(FieldOption(key="free"), FieldOption(key="paid")),
    ),
    Field(
        id=6,
        name="topics",
        type=FieldType.CHOICES,
        options=(FieldOption(key="sport"), FieldOption(key="arts")),
    ),
)
KNOWN = Known(
    fields={field.name: field for field in FIELDS},
    lists=("daily", "weekly"),
    mailed={"mailed": "was sent", "received": "received", "bounced": "bounced for"},
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('country = "DE', "column 11: the text in quotes does not end: write a second quote"),
        ('country = DE"', 'column 13: put the whole text in quotes, as in "O\'Hara"'),
        ("country = „DE“", 'column 11: write straight quotes, as in "press", instead of „'),
        ("tag has “press”", 'column 9: write straight quotes, as in "press", instead of “'),
        ("tag has ‘press’", 'column 9: write straight quotes, as in "press", instead of ‘'),
        ("tag has `press`", 'column 9: write straight quotes, as in "press", instead of `'),
        ('country == "DE"', "column 9: write =, instead of =="),
        ('country <> "DE"', "column 9: write !=, instead of <>"),
        ('country =! "DE"', "column 9: write !=, instead of =!"),
        ('country ≠ "DE"', "column 9: write !=, instead of '≠'"),
        ('country eq "DE"', "column 9: write =, instead of 'eq'"),
        ("country is DE", "column 9: write =, is set or is not set, instead of 'is'"),
        ('country is not "DE"', "column 9: write != or is not set, instead of 'is not'"),
        ("country is empty", "column 9: write is not set, instead of 'is empty'"),
        ("country is not null", "column 9: write is set, instead of 'is not null'"),
        ("country = null", 'column 11: write is set or is not set, or "null" for that text'),
        ('country like "D%"', "column 9: write contains or =, instead of 'like'"),
        (
            'country does not contain "D"',
            "column 9: write not before the test, as in not country contains, instead of 'does'",
        ),
        (
            'country not contains "D"',
            "column 9: write not before the test, as in not country contains, instead of 'not'",
        ),
        ("country begins with D", "column 9: write starts with, instead of 'begins'"),
        (
            "country = New York",
            'column 15: put a value of several words in quotes, as in "New York"',
        ),
        (
            "country = United Arab Emirates and tag has press",
            'column 18: put a value of several words in quotes, as in "United Arab Emirates"',
        ),
        (
            "plna = paid",
            "column 1: a rule cannot ask about 'plna': did you mean plan?",
        ),
        (
            "industry = mining",
            "column 1: a rule cannot ask about 'industry': use tag, on list, state, joined, email, "
            "name, language, mailed or a field; declare one with `newsletter field add`",
        ),
        ("country = DE, AT", 'column 13: for one of several values write country in ("DE", "AT")'),
        ("country in DE, AT", "column 12: expected ( as in: in (north, south), instead of 'DE'"),
        (
            "country in (DE AT)",
            "column 16: expected ) behind the values, and a comma between two of "
            "them, instead of 'AT'",
        ),
        ("country != DE && vip = yes", "column 15: write and"),
        ("!(country = DE)", "column 1: write != or not"),
        (
            "country = DE AND",
            "column 17: expected what the rule asks about, such as tag or a field, "
            "instead of the end",
        ),
        (
            "AND country = DE",
            "column 1: expected what the rule asks about, such as tag or a field, instead of 'AND'",
        ),
        ("country = DE vip = yes", "column 14: expected and, or, or the end, instead of 'vip'"),
        ("country = DE und vip = yes", "column 14: write and, instead of 'und'"),
        ("nicht country = DE", "column 1: a rule cannot ask about 'nicht': write not"),
        ("(country = DE", "column 14: expected ) for the ( in column 1, instead of the end"),
        ("country = DE)", "column 13: there is no ( for this )"),
        (
            "country = DE and (vip = yes or",
            "column 31: expected what the rule asks about, such as tag or a field, "
            "instead of the end",
        ),
        ("contry = DE", "column 1: a rule cannot ask about 'contry': did you mean country?"),
        (
            "Country Code = DE",
            "column 9: country takes =, !=, in (...), not in (...), contains, "
            "starts with, ends with, is set, is not set, instead of 'Code'",
        ),
        ("field contry = DE", "column 7: there is no field 'contry': did you mean country?"),
        (
            "country",
            "column 8: the test is not finished: write what country should be, as in country =",
        ),
        (
            '"country" = DE',
            "column 1: expected what the rule asks about, such as tag or a field, "
            "instead of 'country': write it without quotes",
        ),
        (
            "DE = country",
            "column 1: a rule cannot ask about 'DE': begin with country, and put the value behind",
        ),
        ("age > old", "column 7: age: 'old' is not a number: write one such as 1.5"),
        ("age > 18,5", "column 9: write a point in a number, as in 18.5, and no comma"),
        (
            "age between 18 and 30",
            "column 5: write age >= ... and age <= ..., instead of 'between'",
        ),
        ("age =< 18", "column 5: write <=, instead of =<"),
        ("age > 18 years", "column 10: expected and, or, or the end, instead of 'years'"),
        (
            "18 < age",
            "column 1: a rule cannot ask about '18': begin with age, and put the value behind",
        ),
        ("renewal before 31.12.2026", "column 16: '31.12.2026' is not a date: write 2026-12-31"),
        (
            "renewal before 12/31/2026",
            "column 16: '12/31/2026' is not a date: write year, month and day, such as 2026-12-24",
        ),
        ("renewal before 2026-1-1", "column 16: '2026-1-1' is not a date: write 2026-01-01"),
        (
            "renewal before yesterday",
            "column 16: 'yesterday' is not a date: write year, month and day, such as 2026-12-24",
        ),
        ("renewal in the last 30 days", "column 9: write within 30 days, instead of 'in the'"),
        ("renewal within last 30 days", "column 9: write within 30 days, instead of 'within last'"),
        (
            "renewal within 3 weeks",
            "column 18: write a number of days, as in 30 days, instead of 'weeks'",
        ),
        (
            "renewal within 30d",
            "column 16: '30d' is not a number of days: write one from 1 to 36500, as in 30 days",
        ),
        (
            "renewal older than 30 days",
            "column 9: write more than 30 days ago, instead of 'older than'",
        ),
        (
            "renewal more than 30 days",
            "column 26: expected ago as in: more than 90 days ago, instead of the end",
        ),
        ("renewal less than 30 days ago", "column 9: write within 30 days, instead of 'less than'"),
        ("renewal > 30 days ago", "column 11: write within 30 days, or more than 30 days ago"),
        ("renewal since 2026-01-01", "column 9: write >=, instead of 'since'"),
        ("renewal vor 2026-01-01", "column 9: write before, instead of 'vor'"),
        (
            "joined list dialy before 2026-01-01",
            "column 13: there is no list 'dialy': did you mean daily?",
        ),
        ("vip = maybe", "column 7: vip: 'maybe' is neither yes nor no: write one of them"),
        ("not vip", "column 8: vip is compared with a value: write vip = yes, or vip = no"),
        ("plan = premium", "column 8: plan: 'premium' is not an option: write free, paid"),
        ("plan contains pa", "column 6: write = or in (...), instead of 'contains'"),
        ("topics has music", "column 12: topics: 'music' is not an option: write sport, arts"),
        ("tag = press", "column 5: write has, instead of '='"),
        ("tag is press", "column 5: write has, is set or is not set, instead of 'is'"),
        (
            "tag press",
            "column 5: tag takes has, in (...), not in (...), is set, is not set, "
            "instead of 'press'",
        ),
        ("tag contains press", "column 5: write has or in (...), instead of 'contains'"),
        ("tagged press", "column 1: a rule cannot ask about 'tagged': write tag"),
        (
            "tag has press or radio",
            "column 18: a rule cannot ask about 'radio': write each test in full, "
            "as in tag has press or tag has radio",
        ),
        (
            "tag has press, radio",
            'column 14: for one of several values write tag in ("press", "radio")',
        ),
        (
            "tag has press office",
            'column 15: put a value of several words in quotes, as in "press office"',
        ),
        ("tag has not press", "column 9: write not before the test, as in not tag has press"),
        (
            "tag not has press",
            "column 5: write not before the test, as in not tag has, instead of 'not'",
        ),
        ("tag != press", "column 5: write not before the test, as in not tag has, instead of '!='"),
        ("Schlagwort has press", "column 1: a rule cannot ask about 'Schlagwort': write tag"),
        ("on list dayly", "column 9: there is no list 'dayly': did you mean daily?"),
        ("on daily", "column 4: expected list as in: on list daily, instead of 'daily'"),
        ("list = daily", "column 1: a rule cannot ask about 'list': write on list SLUG"),
        (
            "segment press",
            "column 1: a rule cannot ask about 'segment': write its rule in "
            "parentheses: a rule cannot name a segment",
        ),
        ("state = unsubscribed", "column 9: 'unsubscribed' is not a state: write ended"),
        ("status = active", "column 1: a rule cannot ask about 'status': write state"),
        (
            "active",
            "column 1: a rule cannot ask about 'active': write state = active or "
            "active on list SLUG",
        ),
        (
            "email = @example.org",
            "column 9: '@example.org' is not a whole address: write ends with, "
            "starts with or contains for a part of one",
        ),
        (
            "email ends with müller",
            "column 17: 'müller' has letters that no address has: write the whole "
            "domain, as in ends with @example.org",
        ),
        (
            "domain = example.org",
            "column 1: a rule cannot ask about 'domain': write email ends with @example.org",
        ),
        (
            "language = german",
            "column 12: 'german' is not a known language: write its code, such as en, de or pt-BR",
        ),
        (
            "timezone = Berlin",
            "column 12: time zone 'Berlin' is not known: did you mean Europe/Berlin?",
        ),
        (
            "received 41",
            "column 10: write received issue 41, received within 30 days, or received alone",
        ),
        (
            "received issue #41",
            "column 16: '#41' is not the number of an issue: write one such as 41",
        ),
        (
            "received the last issue",
            "column 10: write received issue 41, received within 30 days, or received alone",
        ),
        (
            "opened issue 41",
            "column 1: a rule cannot ask about 'opened': write last_active within 90 days",
        ),
        (
            "consent = form",
            "column 9: expected source as in: consent source = form, instead of '='",
        ),
        ("name = O'Hara", 'column 9: put the whole text in quotes, as in "O\'Hara"'),
        ('name contains "say "hi""', 'column 21: write \\" for a quote inside the text'),
        (
            "everyone",
            "column 1: a rule cannot ask about 'everyone': write each test in "
            "full, as in tag has press or tag has radio",
        ),
    ],
)
def test_a_mistake_is_answered_with_what_was_meant(text: str, said: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse_rule(text, KNOWN)
    assert str(refused.value) == said

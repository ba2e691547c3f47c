"""
Every value of a rule reaches the database as a bound parameter: the statement, as the cursor gets
it, is the same for a harmless value and for a hostile one.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from newsletter.store.database import Database
from newsletter.store.delivery.segments.mailed import QUERIES, WORDS
from subscribers.fields.model import Field, FieldOption, FieldType
from subscribers.segments.compile import select_people
from subscribers.segments.model import Known
from subscribers.segments.parse import parse_rule

HARMLESS = "harmless"
HOSTILE = (
    "' or '1' = '1",
    "'; DROP TABLE subscriber; --",
    "x') or 1 = 1 --",
    '" or "" = "',
    "\\' or 1 = 1 --",
    "%s %(x)s %% ?",
    "? ?1 :x $1 $$ @x",
    "{x} {0!r} {{}} %{x}",
    "1; SELECT pg_sleep(9)",
    "/* */ -- \u2019\uff07",
    "%' escape '/",
    "E'\\\\x27' || chr(39)",
)
_OPTIONS = (FieldOption(key=HARMLESS), *(FieldOption(key=one) for one in HOSTILE))
FIELDS = [
    Field(id=n, name=f"f_{kind}", type=kind, options=_OPTIONS if "choice" in kind else ())
    for n, kind in enumerate(FieldType, 1)
]
KNOWN = Known(
    fields={field.name: field for field in FIELDS}, lists=(HARMLESS, *HOSTILE), mailed=WORDS
)
COMPARED = ("= {}", "!= {}", "in ({}, {})", "not in ({}, {})", "contains {}", "starts with {}")
ORDERED = ("=", "<", "<=", ">", ">=")
TEXTS = ("f_text", "name", "consent source")
PLACES = (
    *(f"{name} {compared}" for name in TEXTS for compared in (*COMPARED, "ends with {}")),
    *(f"{name} {word}" for name in ("email", "timezone") for word in COMPARED[4:]),
    *(f"f_choice {compared}" for compared in COMPARED[:4]),
    *(f"f_choices {compared}" for compared in ("has {}", "in ({}, {})", "not in ({}, {})")),
    *(f"tag {compared}" for compared in ("has {}", "in ({}, {})", "not in ({}, {})")),
    *("on list {}", "ended on list {}", "joined list {} is set"),
)  # fmt: skip
# Pairs of rules that differ in values which can be no text.
NUMBERS = (
    *((f"f_number {word} 1", f"f_number {word} 987.65") for word in ORDERED),
    *((f"f_number {word} -1", f"f_number {word} -987.65") for word in ORDERED),
    *((f"f_date {word} 2026-01-01", f"f_date {word} 1987-06-05") for word in ("=", "<", ">=")),
    *((f"joined {word} 2026-01-01", f"joined {word} 1987-06-05") for word in ("=", "<", ">=")),
    *((f"{word} issue 1", f"{word} issue 98765") for word in WORDS),
    *((f"{word} within 1 day", f"{word} within 98 days") for word in (*WORDS, "joined", "f_date")),
    ("joined more than 1 day ago", "joined more than 98 days ago"),
    ("f_boolean = yes", "f_boolean = no"),
    ("language = de", "language = pt-BR"),
    ("email = ada@example.org", 'email = "o\'hara@example.net"'),
    ("timezone = Europe/Oslo", "timezone = America/Port-au-Prince"),
    ("state = active", "state = ended"),
)  # fmt: skip


def asked(database: Database, rule: str, now: dt.datetime) -> tuple[str, list[str]]:
    """
    Return the statement for a rule as the cursor gets it, and its parameters as text.
    """
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, values))

    with database.read() as connection:
        sa.event.listen(connection, "before_cursor_execute", note)
        connection.execute(select_people(parse_rule(rule, KNOWN), named=QUERIES, now=now)).all()
    ((statement, values),) = seen
    bound: Iterable[Any] = values.values() if isinstance(values, dict) else values
    return statement, [str(value) for value in bound]


def quoted(text: str) -> str:
    inside = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inside}"'


def test_a_hostile_text_changes_only_the_parameters(database: Database, now: dt.datetime) -> None:
    for place in PLACES:
        harmless, bound = asked(database, place.format(*itertools.repeat(HARMLESS, 2)), now)
        assert any(HARMLESS in value for value in bound)
        for hostile in HOSTILE:
            text = typed(place, hostile)
            statement, values = asked(database, place.format(quoted(text), quoted(text)), now)
            assert statement == harmless, (place, text)
            assert any(text.lower() in unescaped(value) for value in values), (place, text)


def typed(place: str, hostile: str) -> str:
    """
    Return the part of a hostile text that may be typed there.
    """
    if place.startswith("tag"):
        return hostile.replace(";", "")
    if place.startswith("email"):
        return hostile.encode("ascii", "ignore").decode().strip()
    return hostile


def unescaped(value: str) -> str:
    """
    Return the text that LIKE looks for, if it is one.
    """
    return value.replace("/%", "%").replace("/_", "_").replace("//", "/").lower()


def test_other_values_change_only_the_parameters(database: Database, now: dt.datetime) -> None:
    for one, other in NUMBERS:
        (statement, bound), (same, values) = (asked(database, rule, now) for rule in (one, other))
        assert statement == same, one
        assert bound != values, one

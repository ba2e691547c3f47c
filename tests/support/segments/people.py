"""
Random people with every kind of value, as plain objects. `storing` writes them into a database.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from subscribers.fields.model import FieldType

TEXTS = (
    "DE", "de", "De", "Ärzte", "ärzte", "ÄRZTE", "straße", "STRASSE", "strasse", "STRAẞE", "ß",
    "İstanbul", "i\u0307stanbul", "istanbul", "ISTANBUL", "ıstanbul", "ΣΟΦΟΣ", "σοφος", "σοφοσ",
    "K", "k", "\u212a", "ſ", "s", "O'Hara", 'say "hi"', "100%", "100", "a_b", "axb", "a/b", "a\\b",
    "back\\slash", "東京", "e\u0301", "é", "E\u0301", "Ångström",
    "A\u030angstro\u0308m", "\u212bngström", "x" * 150, "X" * 150 + "y", "--",
    "; DROP TABLE subscriber", "🎉", "👩\u200d🚀", "NULL", " a", "a  b", "\u00a0a", "yes", "0",
    "2026-01-01",
)  # fmt: skip
NUMBERS = (
    "0", "1", "-1", "1.5", "-1.5", "1.25", "10", "9", "9.5", "100", "99.99", "-100", "-99.99",
    "123456789012345", "123456789012345.0000000001", "-123456789012345.0000000001", "0.1",
    "0.0000000001", "-0.1", "12.5", "125",
)  # fmt: skip
TODAY = dt.date(2026, 3, 4)
DAYS = (
    *(TODAY + dt.timedelta(days=n) for n in (-4000, -401, -400, -91, -90, -89, -31, -30, -29)),
    *(TODAY + dt.timedelta(days=n) for n in (-2, -1, 0, 1, 2)),
    dt.date(2027, 1, 1), dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(2024, 2, 29),
)  # fmt: skip
OPTIONS = ("north", "south", "north_2")
TOPICS = ("sport", "arts", "art", "a_t", "axt")
TAGS = ("press", "radio", "press-2", "über", "100%", "press office", "o'hara", "and", "yes")
LISTS = ("daily", "weekly", "day-2")
LANGUAGES = ("de", "DE", "de-AT", "lu", "luo", "en", "en-GB", None)
ZONES = ("Europe/Berlin", "Europe/Oslo", "America/New_York", "UTC", None)
SOURCES = ("form", "Form", "import people.csv", "subscriber add", "Messe Köln")
STATES = ("active", "pending", "ended")
# One field has the name of a word of the language.
KINDS = {
    "country": FieldType.TEXT,
    "age": FieldType.NUMBER,
    "renewal": FieldType.DATE,
    "joined": FieldType.DATE,
    "vip": FieldType.BOOLEAN,
    "edition": FieldType.CHOICE,
    "topics": FieldType.CHOICES,
}
NAMES = ("ada", "Bert", "a_a", "a%a", "o'hara")
DOMAINS = ("a.org", "b.de", "xn--mnchen-3ya.de")
# The last two are a test and a notice.
ISSUES = (1, 2, 3, 4, 5)
NO_ISSUES = (4, 5)
_UTC = dt.UTC
# When rules are asked: at noon, at midnight and beside it, and where another day has begun or is
# not over yet.
MOMENTS = (
    dt.datetime(2026, 3, 4, 12, tzinfo=_UTC),
    dt.datetime(2026, 3, 4, tzinfo=_UTC),
    dt.datetime(2026, 3, 3, 23, 59, 59, 999_999, _UTC),
    dt.datetime(2026, 3, 5, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=1))),
    dt.datetime(2026, 3, 3, 20, tzinfo=dt.timezone(dt.timedelta(hours=-5))),
)
PERIODS = (1, 30, 90, 400)


@dataclass(kw_only=True)
class Copy:
    """
    One issue to one person on one occasion: its own state or else that of its batch, when it was
    submitted, and what came of it.
    """

    issue: int
    occasion: int
    state: str | None
    batch_state: str
    batch_outcome: str | None
    submitted_at: dt.datetime | None
    bounced_at: dt.datetime | None
    delivered_at: dt.datetime | None

    @property
    def is_mailed(self) -> bool:
        of_batch = self.batch_outcome if self.batch_state == "settled" else self.batch_state
        return (self.state or of_batch) in ("accepted", "uncertain")

    @property
    def is_received(self) -> bool:
        return self.is_mailed and (self.bounced_at is None or self.delivered_at is not None)

    @property
    def is_bounced(self) -> bool:
        return self.bounced_at is not None


@dataclass(kw_only=True)
class Person:
    """
    What is known of a person, as Python has it.
    """

    id: int
    email: str
    name: str
    language: str | None
    timezone: str | None
    created_at: dt.datetime
    last_active_at: dt.datetime | None
    is_erased: bool
    is_suppressed: bool
    values: dict[str, Any] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    joined: dict[str, dt.datetime] = field(default_factory=dict)
    sources: dict[str, list[str]] = field(default_factory=dict)
    copies: list[Copy] = field(default_factory=list)

    @property
    def scopes(self) -> list[str]:
        """
        Return for what the address is suppressed. A suppression for a list is none for all.
        """
        if self.is_suppressed:
            return ["", "daily"]
        return ["weekly"] if self.id % 3 else []

    @property
    def open_states(self) -> dict[str, str]:
        """
        Return the states of the subscriptions that no suppression holds back, by list.
        """
        held = LISTS if self.is_suppressed else self.scopes
        return {s: state for s, state in self.states.items() if state == "ended" or s not in held}


def make_people(rng: random.Random, count: int) -> list[Person]:
    """
    Return that many people. Of everything some people have nothing.
    """
    return [_person(rng, number) for number in range(1, count + 1)]


def _person(rng: random.Random, number: int) -> Person:
    person = Person(
        id=number,
        email=f"{rng.choice(NAMES)}{number}@{rng.choice(DOMAINS)}",
        name=rng.choice(("", *TEXTS)),
        language=rng.choice(LANGUAGES),
        timezone=rng.choice(ZONES),
        created_at=_moment(rng),
        last_active_at=rng.choice((None, _moment(rng))),
        is_erased=rng.random() < 0.05,
        is_suppressed=rng.random() < 0.1,
        tags={one for one in TAGS if rng.random() < 0.25},
    )
    for name in KINDS:
        if rng.random() < 0.7:
            person.values[name] = _value(rng, name)
    for slug in LISTS:
        if rng.random() < 0.5:
            person.states[slug] = rng.choice(STATES)
            person.joined[slug] = _moment(rng)
            person.sources[slug] = rng.sample(SOURCES, rng.randrange(3))
    person.copies = [
        _copy(rng, issue, occasion)
        for issue in ISSUES
        if rng.random() < 0.5
        for occasion in range(rng.choice((1, 1, 2, 3)))
    ]
    return person


def _moment(rng: random.Random) -> dt.datetime:
    """
    Return a time, often at the edge of a day or of a number of days.
    """
    asked = rng.choice(MOMENTS) - dt.timedelta(days=rng.choice((0, *PERIODS)))
    edges = [
        asked + dt.timedelta(microseconds=rng.choice((-1, 0, 1))),
        dt.datetime(2026, 1, rng.choice((1, 2)), tzinfo=_UTC),
        dt.datetime(2026, 1, 1, 23, 59, 59, 999_999, _UTC),
        MOMENTS[0] - dt.timedelta(minutes=rng.randrange(1_000_000)),
    ]
    return rng.choice(edges).astimezone(_UTC)


def _value(rng: random.Random, name: str) -> Any:
    return {
        "country": lambda: rng.choice(TEXTS).strip(" "),
        "age": lambda: Decimal(rng.choice(NUMBERS)),
        "renewal": lambda: rng.choice(DAYS),
        "joined": lambda: rng.choice(DAYS),
        "vip": lambda: rng.random() < 0.5,
        "edition": lambda: rng.choice(OPTIONS),
        "topics": lambda: frozenset(rng.sample(TOPICS, rng.randrange(1, len(TOPICS)))),
    }[name]()


def _copy(rng: random.Random, issue: int, occasion: int) -> Copy:
    batch_state = rng.choice(
        ("settled", "settled", "settled", "uncertain", "submitting", "waiting", "pending")
    )
    outcomes = ("accepted", "accepted", "uncertain", "skipped", "rejected", "cancelled")
    own = ("accepted", "uncertain", "rejected", "skipped", "cancelled")
    submitted = None if batch_state == "pending" else _moment(rng)
    return Copy(
        issue=issue,
        occasion=occasion,
        state=rng.choice((None, None, rng.choice(own))),
        batch_state=batch_state,
        batch_outcome=rng.choice(outcomes) if batch_state == "settled" else None,
        submitted_at=submitted,
        bounced_at=rng.choice((None, None, _moment(rng))),
        delivered_at=rng.choice((None, submitted)),
    )

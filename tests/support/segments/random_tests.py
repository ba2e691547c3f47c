"""
Random tests of rules, one for each thing that a rule can ask about and each of its operators.
"""

from __future__ import annotations

import datetime as dt
import operator
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from segments import people as world
from segments.people import Copy, Person
from segments.random_values import fold, quoted, random_texts

_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_DAY = dt.timedelta(days=1)
# What a person has of something: nothing, one or several.
Values = Callable[[Person], Collection[Any]]


@dataclass(frozen=True)
class RandomTest:
    """
    The text of a test, and whom it selects.
    """

    text: str
    selects: Callable[[Person], bool]


def random_test(rng: random.Random, now: dt.datetime) -> RandomTest:
    """
    Return a test of anything.
    """
    maker = _Maker(rng, now)
    kinds = (
        maker.country, maker.age, maker.renewal, maker.joined_field, maker.vip, maker.edition,
        maker.topics, maker.email, maker.name, maker.language, maker.timezone, maker.tag,
        maker.on_list, maker.state, maker.consent, maker.joined, maker.joined_list,
        maker.last_active, maker.mail,
    )  # fmt: skip
    return rng.choice(kinds)()


class _Maker:
    def __init__(self, rng: random.Random, now: dt.datetime) -> None:
        self.rng = rng
        self.now = now.astimezone(dt.UTC)
        self.today = self.now.date()

    def country(self) -> RandomTest:
        name = self.rng.choice(("country", "Country", "field country"))
        return self._text(name, world.TEXTS, _field("country"))

    def name(self) -> RandomTest:
        return self._text("name", world.TEXTS, lambda p: [p.name] if p.name else [])

    def consent(self) -> RandomTest:
        return self._text(
            "consent source",
            world.SOURCES,
            lambda p: [one for own in p.sources.values() for one in own],
        )

    def email(self) -> RandomTest:
        known = [
            f"{name}{n}@{domain}" for n, name in enumerate(world.NAMES) for domain in world.DOMAINS
        ]
        return self._text("email", known, lambda p: [p.email])

    def timezone(self) -> RandomTest:
        zones = [zone for zone in world.ZONES if zone]
        return self._text("timezone", zones, _of("timezone"))

    def _text(self, name: str, known: Sequence[str], values: Values) -> RandomTest:
        wanted, part, others = random_texts(self.rng, known, whole=name in ("email", "timezone"))
        equal: Callable[[str], bool] = lambda v: v == fold(wanted)  # noqa: E731
        tests: dict[str, Callable[[str], bool]] = {
            f"= {self._quoted(wanted)}": equal,
            f"contains {self._quoted(part)}": lambda v: fold(part) in v,
            f"starts with {self._quoted(part)}": lambda v: v.startswith(fold(part)),
            f"ends with {self._quoted(part)}": lambda v: v.endswith(fold(part)),
            f"in {self._list(others)}": lambda v: v in [fold(other) for other in others],
            "is set": lambda v: True,
        }
        return self._one_of(name, tests, lambda p: [fold(value) for value in values(p)])

    def age(self) -> RandomTest:
        typed, other = (self.rng.choice(world.NUMBERS) for _ in range(2))
        number = Decimal(typed)
        tests: dict[str, Callable[[Decimal], bool]] = {
            f"{self.rng.choice((word, word.center(3)))}{typed}": (
                lambda v, compare=compare: compare(v, number)
            )
            for word, compare in {**_ORDER, "=": operator.eq}.items()
        }
        tests[f"in ({typed}, {other})"] = lambda v: v in (number, Decimal(other))
        tests["is set"] = lambda v: True
        return self._one_of("age", tests, _field("age"))

    def renewal(self) -> RandomTest:
        return self._one_of("renewal", self._days(), _field("renewal"))

    def joined_field(self) -> RandomTest:
        return self._one_of("field joined", self._days(), _field("joined"))

    def _days(self) -> dict[str, Callable[[dt.date], bool]]:
        days = self.rng.choice(world.PERIODS)
        first = self.today - days * _DAY
        unit = "day" if days == 1 else "days"
        return {
            **self._dates(lambda v: v),
            f"within {days} {unit}": lambda v: first <= v <= self.today,
            f"more than {days} {unit} ago": lambda v: v < first,
        }

    def _dates(self, day_of: Callable[[Any], dt.date]) -> dict[str, Callable[[Any], bool]]:
        day, other = (
            self.rng.choice((*world.DAYS, dt.date(2026, 1, 1), dt.date(2026, 1, 2)))
            for _ in range(2)
        )
        return {
            f"= {day}": lambda v: day_of(v) == day,
            f"in ({day}, '{other}')": lambda v: day_of(v) in (day, other),
            f"before {day}": lambda v: day_of(v) < day,
            f"< {day}": lambda v: day_of(v) < day,
            f"after {day}": lambda v: day_of(v) > day,
            f"> {day}": lambda v: day_of(v) > day,
            f"<= {day}": lambda v: day_of(v) <= day,
            f">= {day}": lambda v: day_of(v) >= day,
            "is set": lambda v: True,
        }

    def joined(self) -> RandomTest:
        return self._one_of("joined", self._times(), lambda p: [p.created_at])

    def joined_list(self) -> RandomTest:
        slug = self.rng.choice(world.LISTS)
        return self._one_of(
            f"joined list {slug}",
            self._times(),
            lambda p: [p.joined[slug]] if slug in p.joined else [],
        )

    def last_active(self) -> RandomTest:
        return self._one_of("last_active", self._times(), _of("last_active_at"))

    def _times(self) -> dict[str, Callable[[dt.datetime], bool]]:
        days = self.rng.choice(world.PERIODS)
        since = self.now - days * _DAY
        return {
            **self._dates(lambda v: v.date()),
            f"within {days} days": lambda v: v >= since,
            f"more than {days} days ago": lambda v: v < since,
        }

    def vip(self) -> RandomTest:
        tests: dict[str, Callable[[bool], bool]] = {
            f"= {self.rng.choice(('yes', 'TRUE', 'ja'))}": lambda v: v,
            f"= {self.rng.choice(('no', 'off', '0'))}": lambda v: not v,
            "in (yes, no)": lambda v: True,
            "is set": lambda v: True,
        }
        return self._one_of("vip", tests, _field("vip"))

    def edition(self) -> RandomTest:
        one, *several = self.rng.sample(world.OPTIONS, 3)
        typed = self.rng.choice((one, one.upper(), f"Das {one}"))
        tests: dict[str, Callable[[str], bool]] = {
            f"= {self._quoted(typed)}": lambda v: v == one,
            f"in {self._list(several)}": lambda v: v in several,
            "is set": lambda v: True,
        }
        return self._one_of("edition", tests, _field("edition"))

    def topics(self) -> RandomTest:
        def own(person: Person) -> Collection[Any]:
            return person.values.get("topics", frozenset())

        return self._set("topics", world.TOPICS, own, lambda one: (one, f"DAS {one}"))

    def tag(self) -> RandomTest:
        def typed(one: str) -> Sequence[str]:
            return (one, one.upper(), f" {one.replace(' ', '   ')} ", one.replace("ü", "u\u0308"))

        return self._set("tag", (*world.TAGS, "nonesuch"), lambda p: p.tags, typed)

    def _set(
        self,
        name: str,
        known: Sequence[str],
        own: Values,
        typed: Callable[[str], Sequence[str]],
    ) -> RandomTest:
        one, *several = self.rng.sample(known, 3)
        texts = [self.rng.choice(typed(each)) for each in (one, *several)]
        tests: dict[str, Callable[[str], bool]] = {
            f"has {self._quoted(texts[0])}": lambda v: v == one,
            f"in {self._list(texts[:1])}": lambda v: v == one,
            f"in {self._list(texts[1:])}": lambda v: v in several,
            "is set": lambda v: True,
        }
        return self._one_of(name, tests, own)

    def on_list(self) -> RandomTest:
        slug, state = self.rng.choice(world.LISTS), self.rng.choice(world.STATES)
        before = self.rng.choice(("", "active ")) if state == "active" else f"{state} "
        typed = self.rng.choice((slug, f'"{slug}"'))
        return RandomTest(f"{before}on list {typed}", lambda p: p.open_states.get(slug) == state)

    def state(self) -> RandomTest:
        def own(person: Person) -> Collection[str]:
            # Nothing is known of the address of somebody who was erased.
            return {*person.open_states.values(), *(["suppressed"] if person.is_suppressed else [])}

        one, *several = self.rng.sample((*world.STATES, "suppressed"), 3)
        tests: dict[str, Callable[[str], bool]] = {
            f"= {self.rng.choice((one, one.upper()))}": lambda v: v == one,
            f"in ({', '.join(several)})": lambda v: v in several,
            "is set": lambda v: True,
        }
        return self._one_of("state", tests, own)

    def language(self) -> RandomTest:
        wanted, *others = self.rng.sample([one for one in world.LANGUAGES if one], 3)

        def is_in(value: str, tags: Sequence[str]) -> bool:
            own = fold(value)
            return any(own == fold(tag) or own.startswith(f"{fold(tag)}-") for tag in tags)

        tests: dict[str, Callable[[str], bool]] = {
            f"= {wanted}": lambda v: is_in(v, [wanted]),
            f"in ({', '.join(others)})": lambda v: is_in(v, others),
            "is set": lambda v: True,
        }
        return self._one_of("language", tests, _of("language"))

    def mail(self) -> RandomTest:
        word = self.rng.choice(("mailed", "received", "bounced"))
        what = operator.attrgetter(f"is_{word}")
        number, days = self.rng.choice(world.ISSUES), self.rng.choice(world.PERIODS)
        since = self.now - days * _DAY

        def is_recent(copy: Copy) -> bool:
            at = copy.bounced_at if word == "bounced" else copy.submitted_at
            return at is not None and at >= since

        text, counts = self.rng.choice(
            (
                (word, what),
                (f"{word} issue {number}", lambda c: what(c) and c.issue == number),
                (f"{word} within {days} days", lambda c: what(c) and is_recent(c)),
            )
        )
        return RandomTest(
            text, lambda p: any(counts(c) for c in p.copies if c.issue not in world.NO_ISSUES)
        )

    def _one_of(
        self, name: str, tests: dict[str, Callable[[Any], bool]], values: Values
    ) -> RandomTest:
        """
        Return one of the *tests* of what a person has, or its opposite.
        """
        words, test = self.rng.choice(list(tests.items()))
        first, _, rest = words.partition(" ")
        opposite = {"=": "!=", "in": "not in", "is": "is not"}.get(first)
        if opposite is not None and self.rng.random() < 0.4:
            return RandomTest(f"{name} {opposite} {rest}", lambda p: not any(map(test, values(p))))
        return RandomTest(f"{name} {words}", lambda p: any(map(test, values(p))))

    def _quoted(self, text: str) -> str:
        return quoted(self.rng, text)

    def _list(self, texts: Sequence[str]) -> str:
        return f"({', '.join(map(self._quoted, texts))})"


def _of(attribute: str) -> Values:
    def own(person: Person) -> Collection[Any]:
        value = getattr(person, attribute)
        return [] if value is None else [value]

    return own


def _field(name: str) -> Values:
    return lambda p: [p.values[name]] if name in p.values else []

"""
Random rules: the text of each, and a plain function that says of a person whether it selects them.
Neither looks at how the program reads or compiles rules.
"""

from __future__ import annotations

import datetime as dt
import operator
import random
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from segments import people as world
from segments.people import Copy, Person

Selects = Callable[[Person], bool]
_FOLDING = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_ORDER = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class RandomRule:
    """
    The text of a rule, and whom it selects.
    """

    text: str
    selects: Selects


def random_rule(rng: random.Random, now: dt.datetime, depth: int = 3) -> RandomRule:
    """
    Return a rule of some depth.
    """
    return _Maker(rng, now).rule(depth)


class _Maker:
    def __init__(self, rng: random.Random, now: dt.datetime) -> None:
        self.rng = rng
        self.now = now
        self.today = now.date()

    def rule(self, depth: int) -> RandomRule:
        kind = self.rng.random()
        if depth == 0 or kind < 0.25:
            return self.test()
        if kind < 0.4:
            part = self.rule(depth - 1)
            return RandomRule(f"not ({part.text})", lambda p: not part.selects(p))
        parts = [self.rule(depth - 1) for _ in range(self.rng.choice((2, 2, 3)))]
        word, every = (" and ", all) if kind < 0.7 else (" or ", any)
        text = word.join(f"({part.text})" for part in parts)
        return RandomRule(text, lambda p: every(part.selects(p) for part in parts))

    def test(self) -> RandomRule:
        kinds = (
            self.country, self.age, self.renewal, self.vip, self.edition, self.topics, self.email,
            self.name, self.language, self.timezone, self.tag, self.on_list, self.state,
            self.consent, self.joined, self.joined_list, self.last_active, self.mail,
        )  # fmt: skip
        return self.rng.choice(kinds)()

    def country(self) -> RandomRule:
        return self.text_of("country", world.TEXTS, lambda p: p.values.get("country"))

    def name(self) -> RandomRule:
        return self.text_of("name", world.TEXTS, lambda p: p.name or None)

    def timezone(self) -> RandomRule:
        zones = [zone for zone in world.ZONES if zone]
        return self.text_of("timezone", zones, lambda p: p.timezone)

    def email(self) -> RandomRule:
        known = ["ada1@a.org", "@a.org", "a_a", "100%2@b.de", "ADA3@A.ORG", "org"]
        return self.text_of("email", known, lambda p: p.email)

    def text_of(
        self, name: str, known: Sequence[str], value: Callable[[Person], str | None]
    ) -> RandomRule:
        wanted, other = (self.rng.choice(known).strip() for _ in range(2))
        if self.rng.random() < 0.3:
            wanted = wanted[: self.rng.randrange(1, len(wanted) + 1)].strip() or "a"
        tests: dict[str, Callable[[str], bool]] = {
            "=": lambda v: v == fold(wanted),
            "contains": lambda v: fold(wanted) in v,
            "starts with": lambda v: v.startswith(fold(wanted)),
            "ends with": lambda v: v.endswith(fold(wanted)),
        }
        word = self.rng.choice([*tests, "in"])
        if word == "in":
            is_one: Callable[[str], bool] = lambda v: v in (fold(wanted), fold(other))  # noqa: E731
            return self.any_of(name, [wanted, other], lambda p: _holds(value(p), is_one))
        test = tests[word]
        if word == "=" and self.rng.random() < 0.3:
            return RandomRule(
                f"{name} != {self.quoted(wanted)}", lambda p: not _holds(value(p), test)
            )
        if self.rng.random() < 0.1:
            return self.known(name, lambda p: value(p) is not None)
        return RandomRule(f"{name} {word} {self.quoted(wanted)}", lambda p: _holds(value(p), test))

    def any_of(self, name: str, values: Sequence[str], selects: Selects) -> RandomRule:
        inside = ", ".join(map(self.quoted, values))
        if self.rng.random() < 0.4:
            return RandomRule(f"{name} not in ({inside})", lambda p: not selects(p))
        return RandomRule(f"{name} in ({inside})", selects)

    def known(self, name: str, is_known: Selects) -> RandomRule:
        if self.rng.random() < 0.5:
            return RandomRule(f"{name} is set", is_known)
        return RandomRule(f"{name} is not set", lambda p: not is_known(p))

    def age(self) -> RandomRule:
        typed = self.rng.choice(world.NUMBERS)
        number, word = Decimal(typed), self.rng.choice(("=", "!=", "<", "<=", ">", ">=", "set"))
        if word == "set":
            return self.known("age", lambda p: "age" in p.values)
        text = f"age {word} {typed}"
        if word in _ORDER:
            return RandomRule(
                text, lambda p: "age" in p.values and _ORDER[word](p.values["age"], number)
            )
        is_same: Selects = lambda p: p.values.get("age") == number  # noqa: E731
        return RandomRule(text, is_same if word == "=" else lambda p: not is_same(p))

    def renewal(self) -> RandomRule:
        day, value = self.rng.choice(world.DAYS), lambda p: p.values.get("renewal")
        days = self.rng.choice((1, 30, 90, 400))
        first = self.today - days * _DAY
        tests: dict[str, Callable[[dt.date], bool]] = {
            f"= {day}": lambda v: v == day,
            f"before {day}": lambda v: v < day,
            f"after {day}": lambda v: v > day,
            f"<= {day}": lambda v: v <= day,
            f">= {day}": lambda v: v >= day,
            f"within {days} days": lambda v: first <= v <= self.today,
            f"more than {days} days ago": lambda v: v < first,
            "is set": lambda v: True,
        }
        return self.one_of("renewal", tests, value)

    def one_of(
        self, name: str, tests: dict[str, Callable[[Any], bool]], value: Callable[[Person], Any]
    ) -> RandomRule:
        words, test = self.rng.choice(list(tests.items()))
        return RandomRule(f"{name} {words}", lambda p: _holds(value(p), test))

    def vip(self) -> RandomRule:
        wanted = self.rng.random() < 0.5
        typed = self.rng.choice(("yes", "true") if wanted else ("no", "off"))
        if self.rng.random() < 0.5:
            return RandomRule(f"vip = {typed}", lambda p: p.values.get("vip") is wanted)
        return RandomRule(f"vip != {typed}", lambda p: p.values.get("vip") is not wanted)

    def edition(self) -> RandomRule:
        wanted = self.rng.sample(world.OPTIONS, self.rng.choice((1, 2)))
        if len(wanted) > 1:
            return self.any_of("edition", wanted, lambda p: p.values.get("edition") in wanted)
        return RandomRule(
            f"edition = {self.quoted(wanted[0])}", lambda p: p.values.get("edition") == wanted[0]
        )

    def topics(self) -> RandomRule:
        return self.set_of("topics", world.TOPICS, lambda p: p.values.get("topics", frozenset()))

    def tag(self) -> RandomRule:
        return self.set_of("tag", (*world.TAGS, "nonesuch"), lambda p: p.tags)

    def set_of(self, name: str, known: Sequence[str], own: Callable[[Person], Any]) -> RandomRule:
        wanted = self.rng.sample(known, self.rng.choice((1, 1, 2)))
        if len(wanted) > 1:
            return self.any_of(name, wanted, lambda p: not own(p).isdisjoint(wanted))
        if self.rng.random() < 0.2:
            return self.known(name, lambda p: bool(own(p)))
        typed = self.quoted(self.rng.choice((wanted[0], wanted[0].upper())))
        return RandomRule(f"{name} has {typed}", lambda p: wanted[0] in own(p))

    def on_list(self) -> RandomRule:
        slug, state = self.rng.choice(world.LISTS), self.rng.choice(world.STATES)
        before = "" if state == "active" else f"{state} "
        return RandomRule(
            f"{before}on list {self.quoted(slug)}", lambda p: p.states.get(slug) == state
        )

    def state(self) -> RandomRule:
        word = self.rng.choice((*world.STATES, "suppressed"))
        if word == "suppressed":
            # Nothing is known of the address of somebody who was erased.
            return RandomRule("state = suppressed", lambda p: p.is_suppressed)
        return RandomRule(f"state = {word}", lambda p: word in p.states.values())

    def language(self) -> RandomRule:
        wanted = self.rng.choice([one for one in world.LANGUAGES if one])

        def is_in(person: Person) -> bool:
            own, tag = fold(person.language or ""), fold(wanted)
            return own == tag or own.startswith(f"{tag}-")

        if self.rng.random() < 0.3:
            return RandomRule(f"language != {wanted}", lambda p: not is_in(p))
        return RandomRule(f"language = {wanted}", is_in)

    def consent(self) -> RandomRule:
        wanted = fold(self.rng.choice(world.SOURCES))
        if self.rng.random() < 0.5:
            return RandomRule(
                f"consent source = {self.quoted(wanted)}",
                lambda p: wanted in map(fold, p.sources) and bool(p.states),
            )
        return RandomRule(
            "consent source contains 'O'", lambda p: any("o" in fold(own) for own in p.sources)
        )

    def joined(self) -> RandomRule:
        return self.one_of("joined", self.times(), lambda p: p.created_at)

    def joined_list(self) -> RandomRule:
        slug = self.rng.choice(world.LISTS)
        return self.one_of(f"joined list {slug}", self.times(), lambda p: p.joined.get(slug))

    def last_active(self) -> RandomRule:
        return self.one_of("last_active", self.times(), lambda p: p.last_active_at)

    def times(self) -> dict[str, Callable[[dt.datetime], bool]]:
        day = self.rng.choice((*world.DAYS, dt.date(2026, 1, 1), dt.date(2026, 1, 2)))
        days = self.rng.choice((1, 30, 90, 400))
        return {
            f"before {day}": lambda v: v.date() < day,
            f"after {day}": lambda v: v.date() > day,
            f"<= {day}": lambda v: v.date() <= day,
            f">= {day}": lambda v: v.date() >= day,
            f"= {day}": lambda v: v.date() == day,
            f"within {days} days": lambda v: v >= self.now - days * _DAY,
            f"more than {days} days ago": lambda v: v < self.now - days * _DAY,
            "is set": lambda v: True,
        }

    def mail(self) -> RandomRule:
        word = self.rng.choice(("mailed", "received", "bounced"))
        what: Callable[[Copy], bool] = {
            "mailed": lambda c: c.got,
            "received": lambda c: c.got and (c.bounced_at is None or c.delivered_at is not None),
            "bounced": lambda c: c.bounced_at is not None,
        }[word]
        if self.rng.random() < 0.2:
            return RandomRule(word, lambda p: any(what(c) for c in _real(p)))
        if self.rng.random() < 0.6:
            number = self.rng.choice(world.ISSUES)
            return RandomRule(
                f"{word} issue {number}",
                lambda p: any(what(c) for c in _real(p) if c.issue == number),
            )
        days = self.rng.choice((1, 30, 90, 400))
        since = self.now - days * _DAY

        def is_recent(copy: Copy) -> bool:
            at = copy.bounced_at if word == "bounced" else copy.submitted_at
            return at is not None and at >= since

        return RandomRule(
            f"{word} within {days} days", lambda p: any(what(c) and is_recent(c) for c in _real(p))
        )

    def quoted(self, text: str) -> str:
        quote = self.rng.choice("\"'")
        inside = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
        return f"{quote}{inside}{quote}"


def _real(person: Person) -> list[Copy]:
    return [copy for copy in person.copies if copy.issue != world.TEST]


def _holds(value: Any, test: Callable[[Any], bool]) -> bool:
    """
    Return whether the test holds; of what is not known none does.
    """
    if value is None:
        return False
    return test(fold(value) if isinstance(value, str) else value)


def fold(text: str) -> str:
    """
    Return *text* with A to Z in lower case.
    """
    return text.translate(_FOLDING)

"""
Random rules: the text of each, and a plain function that says of a person whether it selects them.
Neither looks at how the program reads or compiles rules.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from segments.people import Person
from segments.random_tests import RandomTest, random_test

_PLAIN, _ALL, _ANY = range(3)


@dataclass(frozen=True)
class RandomRule:
    """
    The text of a rule, and whom it selects. `binding` is how it is put together: a test or a rule
    with `not`, parts joined by `and`, or parts joined by `or`.
    """

    text: str
    selects: Callable[[Person], bool]
    binding: int = _PLAIN


def random_rule(rng: random.Random, now: dt.datetime, depth: int = 3) -> RandomRule:
    """
    Return a rule of some depth, with no more parentheses than it needs or with some more.
    """
    kind = rng.random()
    if depth == 0 or kind < 0.25:
        return _from_test(random_test(rng, now))
    if kind < 0.4:
        part = random_rule(rng, now, depth - 1)
        text = _inside(rng, part, weakest=_PLAIN)
        return RandomRule(f"{_word(rng, 'not')} {text}", lambda p: not part.selects(p))
    parts = [random_rule(rng, now, depth - 1) for _ in range(rng.choice((2, 2, 3)))]
    if kind < 0.7:
        return _joined(rng, "and", parts, lambda p: all(part.selects(p) for part in parts))
    return _joined(rng, "or", parts, lambda p: any(part.selects(p) for part in parts))


def _from_test(test: RandomTest) -> RandomRule:
    return RandomRule(test.text, test.selects)


def _joined(
    rng: random.Random,
    word: str,
    parts: Sequence[RandomRule],
    selects: Callable[[Person], bool],
) -> RandomRule:
    binding = _ALL if word == "and" else _ANY
    texts = (_inside(rng, part, weakest=binding) for part in parts)
    return RandomRule(f" {_word(rng, word)} ".join(texts), selects, binding)


def _inside(rng: random.Random, part: RandomRule, *, weakest: int) -> str:
    """
    Return the text of a part, in parentheses if it binds more weakly than *weakest*, or by chance.
    """
    if part.binding > weakest or rng.random() < 0.2:
        space = rng.choice(("", " "))
        return f"({space}{part.text}{space})"
    return part.text


def _word(rng: random.Random, word: str) -> str:
    return word.upper() if rng.random() < 0.1 else word

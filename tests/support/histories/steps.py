"""
The steps of a history, chosen by a seed, and written so that a failing one can be read.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

# How often each kind of step is chosen, among the sum of these.
WEIGHTS = {
    "import": 5,
    "join": 6,
    "confirm": 9,
    "leave": 5,
    "undo": 3,
    "bounce": 1,
    "complain": 1,
    "erase": 2,
    "move": 2,
    "rotate": 1,
    "rename": 2,
    "back_up": 3,
    "restore": 4,
    "pass": 2,
}
PEOPLE = 4
LENGTH = 24


@dataclass(frozen=True)
class Step:
    """
    One step. What `who` and `choice` mean depends on its kind; `minutes` pass before it.
    """

    kind: str
    who: int
    choice: int
    minutes: int

    def __str__(self) -> str:
        return f"{self.kind}({self.who}, {self.choice}) after {self.minutes} min"


def random_steps(seed: int) -> list[Step]:
    """
    Return the history of that seed, the same each time.
    """
    chance = random.Random(seed)
    kinds, weights = list(WEIGHTS), list(WEIGHTS.values())
    return [
        Step(
            kind=kind,
            who=chance.randrange(PEOPLE),
            choice=chance.randrange(1_000),
            minutes=chance.choice((1, 7, 50, 3_000)),
        )
        for kind in chance.choices(kinds, weights, k=LENGTH)
    ]

"""
How each call to a provider ends: drawn from a shuffled bag, so that every ending comes equally
often whatever the order in which calls arrive.
"""

from __future__ import annotations

import collections
import random
from collections.abc import Sequence

WELL = ""


class Deck:
    """
    In *every* calls each of *endings* comes once, and the others go well; where, says *seed*.
    `dealt` counts what was dealt.
    """

    def __init__(self, endings: Sequence[str], *, every: int, seed: str) -> None:
        self.dealt: collections.Counter[str] = collections.Counter()
        self._cards = [*endings, *[WELL] * (every - len(endings))]
        self._left: list[str] = []
        self._random = random.Random(seed)

    def deal(self) -> str:
        """
        The next card.
        """
        if not self._left:
            self._left = self._random.sample(self._cards, len(self._cards))
        return self._left.pop()

    def count(self, ending: str) -> str:
        """
        The *ending*, counted where it is none of the good ones.
        """
        if ending != WELL:
            self.dealt[ending] += 1
        return ending

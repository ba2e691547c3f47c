"""
How each call to a provider ends: drawn from a shuffled bag, so that every ending comes equally
often whatever the order in which calls arrive.
"""

from __future__ import annotations

import collections
import random
from collections.abc import Sequence

NORMAL = ""


class ShuffledEndings:
    """
    An order of endings by *seed*: in *every* calls each of *endings* comes once, and the others end
    well. `counts` has how often each happened.
    """

    def __init__(self, endings: Sequence[str], *, every: int, seed: str) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self._bag = [*endings, *[NORMAL] * (every - len(endings))]
        self._left: list[str] = []
        self._random = random.Random(seed)

    def draw(self) -> str:
        """
        Draw the next ending; the bag is filled and shuffled when it is empty.
        """
        if not self._left:
            self._left = self._random.sample(self._bag, len(self._bag))
        return self._left.pop()

    def count(self, ending: str) -> str:
        """
        Count *ending* unless it is a good one, and return it.
        """
        if ending != NORMAL:
            self.counts[ending] += 1
        return ending

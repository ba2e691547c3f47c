"""
Make a failing history short enough to be read.
"""

from __future__ import annotations

from collections.abc import Sequence

from histories.steps import Step
from histories.world import BroughtBack, World


def shrink(world: World, steps: Sequence[Step]) -> list[Step]:
    """
    Return a part of a failing history that still fails, and in which every step is needed.
    """
    left = list(steps)
    place = 0
    while place < len(left):
        fewer = left[:place] + left[place + 1 :]
        try:
            world.run(fewer)
        except BroughtBack:
            left = fewer
        else:
            place += 1
    return left

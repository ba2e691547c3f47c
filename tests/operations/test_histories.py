"""
Nobody who went becomes active again without an act of their own, whatever happens: imports, new
secrets, backups and restores. `make histories` runs 10,000 histories, CI 250.
"""

from __future__ import annotations

import os

import pytest
from histories.shrink import shrink
from histories.steps import random_steps
from histories.world import BroughtBack, World
from installation import Installation

COUNT = int(os.environ.get("HISTORIES", "250"))
# A few run with every test.
FEW = 20


def run(installation: Installation, seeds: range) -> World:
    world = World(installation)
    for seed in seeds:
        steps = random_steps(seed)
        try:
            world.run(steps)
        except BroughtBack:
            needed = shrink(world, steps)
            with pytest.raises(BroughtBack) as again:
                world.run(needed)
            needed_steps = "\n".join(f"  {step}" for step in needed)
            pytest.fail(f"seed {seed}: {again.value}\n{needed_steps}", pytrace=False)
    return world


def test_nobody_comes_back_in_a_few_histories(installation: Installation) -> None:
    run(installation, range(FEW))


@pytest.mark.ci
def test_nobody_comes_back_in_many_histories(installation: Installation) -> None:
    seen = run(installation, range(FEW, FEW + COUNT)).seen
    # The histories were about something.
    wanted = ("came back", "moved", "removed again", "erased again", "kept")
    assert {kind: seen[kind] >= COUNT / 50 for kind in wanted} == dict.fromkeys(wanted, True)

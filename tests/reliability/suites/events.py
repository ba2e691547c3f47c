"""
What providers report, shuffled, repeated up to five times, lost on the way and repeated, before our
own result and thirty days later: one history ends in one state.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Callable, Sequence
from functools import partial

from reliability.event_history.driven_installation import Recording, Wire, recording
from reliability.event_history.history import (
    BATCH,
    READERS,
    History,
    Known,
    bodies,
    happened,
    observed,
    shuffled,
    told_again,
)
from reliability.known_bad.event_recorders import RECORDERS, end_state
from reliability.runs.checker import Figures
from reliability.runs.row import PRODUCT, Row
from reliability.runs.suite_environment import SuiteEnvironment

# So many tellings of one history.
TELLINGS = 10
DROPPED = 0.1
MONTH = dt.timedelta(days=30)


def fill(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int]) -> None:
    """
    Fills *row*: a telling for each seed.
    """
    told = 0
    for seed in seeds:
        if row.sender == PRODUCT:
            told += one_telling(environment, row, seed)
        else:
            told += one_bad_telling(row, seed)
    row.notes = f"{told:,} webhooks"


def one_bad_telling(row: Row, seed: int) -> int:
    """
    The same for a recorder that is known to be wrong: it must end as if told in order and once.
    """
    history = happened(seed // TELLINGS, row.kind)
    once = bodies(
        history,
        row.kind,
        labels=[f"i1-d{n}.x" for n in range(READERS)],
        moments={one.at_s: f"{one.at_s:06}" for one in history.told},
    )
    told = shuffled(once, random.Random(f"telling {seed}"))
    row.runs += 1
    if end_state(RECORDERS[row.sender], told) != end_state(RECORDERS[row.sender], once):
        row.wrong.append(f"seed {seed}: another end than in order")
    return len(told)


def one_telling(environment: SuiteEnvironment, row: Row, seed: int) -> int:
    """
    How many webhooks were told in the run.
    """
    history, rng = happened(seed // TELLINGS, row.kind), random.Random(f"telling {seed}")
    frozen_for = {"kind": row.kind, "batch": BATCH}
    name = f"events-{row.database}-{row.kind}-{seed}"
    with environment.fresh_run(
        name, database=row.database, readers=READERS, script={}, frozen_for=frozen_for
    ) as run:
        wire = Wire(kind=row.kind, unanswered=history.unanswered, lost=history.lost)
        with recording(run, wire) as product:
            once = webhooks(product, history, row.kind)
            told = tell(product, once, rng)
            found, expected = product.known(), observed(history, row.kind)
            judge(row, f"seed {seed}", found, expected, wire)
            told += tell_a_month_later(product, once, found, rng)
            judge(row, f"seed {seed}, a month later", product.known(), lifted(expected), wire)
    row.runs += 1
    return told


def webhooks(product: Recording, history: History, kind: str) -> list[bytes]:
    """
    The history's webhooks, each once.
    """
    moments = {
        one.at_s: (product.start + dt.timedelta(seconds=one.at_s)).isoformat()
        for one in history.told
    }
    return bodies(history, kind, labels=product.labels, moments=moments)


def tell(product: Recording, once: Sequence[bytes], rng: random.Random) -> int:
    """
    Hands the issue over, and meanwhile tells *once* in any order, some of it again and again, with
    results, looks at doubt and the working off wherever they fall. A tenth gets lost on its way and
    is told again at the end.
    """
    told = shuffled(once, rng)
    kept = [raw for raw in told if rng.random() >= DROPPED]
    steps: list[Callable[[], object]] = [partial(product.hear, *some) for some in parts(kept, rng)]
    steps += product.begin()
    steps += [partial(product.work_off, rng.randint(1, 20)) for _ in range(5)]
    steps += [product.look_again] * 2
    rng.shuffle(steps)
    for step in steps:
        step()
    product.hear(*once)
    product.settle()
    return len(kept) + len(once)


def parts(told: Sequence[bytes], rng: random.Random) -> list[Sequence[bytes]]:
    """
    *told* in parts of one to nine.
    """
    found, start = [], 0
    while start < len(told):
        end = start + rng.randint(1, 9)
        found.append(told[start:end])
        start = end
    return found


def tell_a_month_later(
    product: Recording, once: Sequence[bytes], known: Sequence[Known], rng: random.Random
) -> int:
    """
    A person lifts a suppression and somebody comes back; then everything is told once more, in its
    own bytes and in others.
    """
    product.advance(MONTH)
    for who, theirs in zip(product.run.audience, known, strict=True):
        if theirs.suppressed:
            product.lift(who)
        if not theirs.is_active:
            product.come_back(who)
    product.advance(dt.timedelta(hours=1))
    again = [*once, *(told_again(raw, 30) for raw in once)]
    rng.shuffle(again)
    product.hear(*again)
    product.work_off_all()
    return len(again)


def lifted(known: Sequence[Known]) -> tuple[Known, ...]:
    return tuple(dataclasses.replace(one, suppressed="", is_active=True) for one in known)


def judge(
    row: Row, name: str, found: Sequence[Known], expected: Sequence[Known], wire: Wire
) -> None:
    """
    Adds to *row* what is not as the history has it, reader by reader.
    """
    doubled = sum(times - 1 for times in wire.taken.values())
    row.figures += Figures(doubled=doubled)
    if doubled:
        row.wrong.append(f"{name}: {doubled} copies too many")
    for place, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        if ours != theirs:
            row.wrong.append(f"{name}: reader {place} is {ours}, not {theirs}")

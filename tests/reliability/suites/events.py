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

from reliability.event_history.driven_installation import (
    DrivenInstallation,
    FakeTransport,
    open_installation,
)
from reliability.event_history.history import (
    BATCH,
    READERS,
    History,
    ReaderRecord,
    expected_records,
    make_history,
    resent,
    shuffled,
    webhook_bodies,
)
from reliability.known_bad.event_recorders import RECORDERS, end_state
from reliability.runs.checker import Figures
from reliability.runs.row import PRODUCT, Row
from reliability.runs.suite_environment import SuiteEnvironment

# In so many orders one history is reported.
ORDERS_PER_HISTORY = 10
DROPPED = 0.1
MONTH = dt.timedelta(days=30)


def fill(environment: SuiteEnvironment, row: Row, *, seeds: Sequence[int]) -> None:
    """
    Fill *row*: an order of webhooks for each seed.
    """
    webhooks = 0
    for seed in seeds:
        if row.sender == PRODUCT:
            webhooks += run_once(environment, row, seed)
        else:
            webhooks += run_bad_recorder(row, seed)
    row.notes = f"{webhooks:,} webhooks"


def run_bad_recorder(row: Row, seed: int) -> int:
    """
    Play the same with a recorder that is known to be wrong, and return how many webhooks it got. It
    should end as if it had got each once and in order.
    """
    history = make_history(seed // ORDERS_PER_HISTORY, row.kind)
    once = webhook_bodies(
        history,
        row.kind,
        labels=[f"i1-d{n}.x" for n in range(READERS)],
        moments={one.at_s: f"{one.at_s:06}" for one in history.events},
    )
    delivered = shuffled(once, random.Random(f"telling {seed}"))
    row.runs += 1
    if end_state(RECORDERS[row.sender], delivered) != end_state(RECORDERS[row.sender], once):
        row.wrong.append(f"seed {seed}: another end than in order")
    return len(delivered)


def run_once(environment: SuiteEnvironment, row: Row, seed: int) -> int:
    """
    Play one run, and return how many webhooks it got.
    """
    history = make_history(seed // ORDERS_PER_HISTORY, row.kind)
    rng = random.Random(f"telling {seed}")
    frozen_for = {"kind": row.kind, "batch": BATCH}
    name = f"events-{row.database}-{row.kind}-{seed}"
    with environment.fresh_run(
        name, database=row.database, readers=READERS, script={}, frozen_for=frozen_for
    ) as run:
        transport = FakeTransport(kind=row.kind, unanswered=history.unanswered, lost=history.lost)
        with open_installation(run, transport) as product:
            once = webhooks_of(product, history, row.kind)
            count = deliver(product, once, rng)
            found, expected = product.records(), expected_records(history, row.kind)
            judge(row, f"seed {seed}", found, expected, transport)
            count += redeliver_a_month_later(product, once, found, rng)
            judge(
                row, f"seed {seed}, a month later", product.records(), lifted(expected), transport
            )
    row.runs += 1
    return count


def webhooks_of(product: DrivenInstallation, history: History, kind: str) -> list[bytes]:
    """
    Return the history's webhooks, each once.
    """
    moments = {
        one.at_s: (product.start + dt.timedelta(seconds=one.at_s)).isoformat()
        for one in history.events
    }
    return webhook_bodies(history, kind, labels=product.labels, moments=moments)


def deliver(product: DrivenInstallation, once: Sequence[bytes], rng: random.Random) -> int:
    """
    Submit the issue, deliver the webhooks *once* meanwhile, and return how many were delivered.

    They come in any order, some again and again, with results, reconciliation and processing
    wherever they fall. A tenth gets lost on its way and is delivered again at the end.
    """
    sent = shuffled(once, rng)
    kept = [raw for raw in sent if rng.random() >= DROPPED]
    steps: list[Callable[[], object]] = [
        partial(product.receive, *some) for some in parts(kept, rng)
    ]
    steps += product.submit_all()
    steps += [partial(product.process_events, rng.randint(1, 20)) for _ in range(5)]
    steps += [product.reconcile] * 2
    rng.shuffle(steps)
    for step in steps:
        step()
    product.receive(*once)
    product.settle()
    return len(kept) + len(once)


def parts(webhooks: Sequence[bytes], rng: random.Random) -> list[Sequence[bytes]]:
    """
    Cut *webhooks* into parts of one to nine.
    """
    found, start = [], 0
    while start < len(webhooks):
        end = start + rng.randint(1, 9)
        found.append(webhooks[start:end])
        start = end
    return found


def redeliver_a_month_later(
    product: DrivenInstallation,
    once: Sequence[bytes],
    known: Sequence[ReaderRecord],
    rng: random.Random,
) -> int:
    """
    Lift a suppression and subscribe a reader again, then deliver everything once more, in its own
    bytes and in others; return how many webhooks that were.
    """
    product.advance(MONTH)
    for who, theirs in zip(product.run.audience, known, strict=True):
        if theirs.suppressed:
            product.lift_suppression(who)
        if not theirs.is_active:
            product.resubscribe(who)
    product.advance(dt.timedelta(hours=1))
    again = [*once, *(resent(raw, 30) for raw in once)]
    rng.shuffle(again)
    product.receive(*again)
    product.process_all()
    return len(again)


def lifted(known: Sequence[ReaderRecord]) -> tuple[ReaderRecord, ...]:
    return tuple(dataclasses.replace(one, suppressed="", is_active=True) for one in known)


def judge(
    row: Row,
    name: str,
    found: Sequence[ReaderRecord],
    expected: Sequence[ReaderRecord],
    transport: FakeTransport,
) -> None:
    """
    Add to *row* what is not as the history has it, reader by reader.
    """
    doubled = sum(times - 1 for times in transport.taken.values())
    row.figures += Figures(doubled=doubled)
    if doubled:
        row.wrong.append(f"{name}: {doubled} copies too many")
    for place, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        if ours != theirs:
            row.wrong.append(f"{name}: reader {place} is {ours}, not {theirs}")

"""
Webhooks that come at the same time are kept together, and each is answered only when its own is
safe.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from installation import Installation

from newsletter.errors import StoreError
from newsletter.store.events import inbox
from newsletter.store.events.inbox import Arrival
from newsletter.store.tables import webhook_inbox as inbox_table
from newsletter.web.webhooks.group_commit import GroupCommit

MEGABYTE = 1024 * 1024


class Keeping:
    """
    Stores what it is given in the installation's database, once its `gate` is open; `sizes` are
    those of its transactions, and the one of the number `breaks` fails before its end.
    """

    def __init__(self, installation: Installation, *, breaks: int = -1) -> None:
        self.installation, self.breaks = installation, breaks
        self.begun, self.gate = threading.Event(), threading.Event()
        self.sizes: list[int] = []

    def __call__(self, arrivals: Sequence[Arrival]) -> bool:
        self.begun.set()
        assert self.gate.wait(timeout=30)
        self.sizes.append(len(arrivals))
        with self.installation.app.database.write() as connection:
            inbox.add_all(connection, arrivals)
            if len(self.sizes) - 1 == self.breaks:
                raise StoreError("the disk is full")
        return True


def arrival(number: int, *, size: int = 10) -> Arrival:
    at = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
    return Arrival(provider="post", raw=b"%d" % number + b" " * (size - len(str(number))), at=at)


async def behind_the_first(
    intake: GroupCommit, keeping: Keeping, later: Sequence[Arrival]
) -> tuple[asyncio.Task[bool], list[asyncio.Task[bool]]]:
    """
    One webhook whose transaction has begun, and the *later* ones that wait behind it.
    """
    first = asyncio.create_task(intake.store(arrival(0)))
    await asyncio.to_thread(keeping.begun.wait)
    others = [asyncio.create_task(intake.store(one)) for one in later]
    # Each of them runs until it waits.
    await asyncio.sleep(0)
    return first, others


def kept(installation: Installation) -> int:
    with installation.app.database.read() as connection:
        counted = sa.select(sa.func.count()).select_from(inbox_table)
        return int(connection.execute(counted).scalar_one())


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scenario)


def test_what_comes_during_a_commit_is_kept_by_the_next_one_together(installation: Installation):
    keeping = Keeping(installation)

    async def scenario() -> None:
        intake = GroupCommit(keeping)
        later = [arrival(number) for number in range(1, 51)]
        first, others = await behind_the_first(intake, keeping, later)
        assert not any(task.done() for task in (first, *others))
        keeping.gate.set()
        assert await asyncio.gather(first, *others) == [True] * 51

    run(scenario())
    assert (keeping.sizes, kept(installation)) == ([1, 50], 51)


def test_where_a_commit_fails_everybody_in_it_is_told_and_the_next_one_is_kept(
    installation: Installation, caplog: pytest.LogCaptureFixture
):
    keeping = Keeping(installation, breaks=1)

    async def scenario() -> None:
        intake = GroupCommit(keeping)
        first, others = await behind_the_first(intake, keeping, [arrival(1), arrival(2)])
        keeping.gate.set()
        assert await asyncio.gather(first, *others) == [True, False, False]
        assert await intake.store(arrival(1)) is True

    run(scenario())
    assert kept(installation) == 2
    assert caplog.messages == [
        "webhooks not stored (2), providers asked to retry: the disk is full"
    ]


def test_beyond_what_may_be_held_one_is_told_at_once_to_come_again(installation: Installation):
    keeping = Keeping(installation)

    async def scenario() -> None:
        intake = GroupCommit(keeping, max_pending=2)
        first, others = await behind_the_first(intake, keeping, [arrival(1), arrival(2)])
        assert await intake.store(arrival(3)) is False
        keeping.gate.set()
        assert await asyncio.gather(first, *others) == [True] * 3

    run(scenario())
    assert kept(installation) == 3


def test_large_ones_are_held_and_kept_only_as_many_as_memory_is_meant_for(
    installation: Installation,
):
    keeping = Keeping(installation)

    async def scenario() -> None:
        intake = GroupCommit(keeping)
        large = [arrival(number, size=MEGABYTE) for number in range(1, 65)]
        first, others = await behind_the_first(intake, keeping, large)
        assert await intake.store(arrival(65, size=MEGABYTE)) is False
        keeping.gate.set()
        assert all(await asyncio.gather(first, *others))
        assert await intake.store(arrival(65, size=MEGABYTE)) is True

    run(scenario())
    assert keeping.sizes == [1, *[8] * 8, 1]


def test_whoever_hangs_up_costs_nobody_else_the_answer(installation: Installation):
    keeping = Keeping(installation)

    async def scenario() -> None:
        intake = GroupCommit(keeping)
        first, (gone, other) = await behind_the_first(intake, keeping, [arrival(1), arrival(2)])
        gone.cancel()
        await asyncio.sleep(0)
        keeping.gate.set()
        assert await asyncio.gather(first, other) == [True, True]

    run(scenario())
    assert kept(installation) == 3

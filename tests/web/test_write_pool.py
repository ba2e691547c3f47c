"""
Pages that only read respond while pages that write wait for the database.
"""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
import sqlalchemy as sa
from installation import Installation
from web_samples import ADA

from newsletter.errors import StoreError
from newsletter.web.application import make_web
from newsletter.web.write_pool import MAX_WAITING, WritePool
from subscribers.database.tables import subscription


@pytest.fixture
def link(installation: Installation) -> str:
    """
    The link with which Ada unsubscribes.
    """
    installation.add_list("daily")
    installation.subscribe([ADA])
    with installation.app.database.read() as connection:
        number = connection.execute(sa.select(subscription.c.id)).scalar_one()
    return installation.app.links.unsubscribe(number)


def test_pages_that_read_respond_while_sixty_writes_wait_for_a_lock(
    installation: Installation, link: str
) -> None:
    web = make_web(installation.app, stopping=threading.Event())

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(web)
        async with httpx.AsyncClient(transport=transport, timeout=None) as client:
            with installation.app.database.write() as connection:
                connection.execute(sa.update(subscription).values(state=subscription.c.state))
                writes = [asyncio.create_task(client.post(link)) for _ in range(60)]
                reads = [await client.get(page) for page in (link, link.replace("/u/", "/x/"))]
                assert not any(write.done() for write in writes)
            return [one.status_code for one in (*reads, *await asyncio.gather(*writes))]

    assert asyncio.run(ask()) == [200, 404, *[200] * 60]


def test_when_too_many_writes_wait_the_next_is_refused_at_once() -> None:
    is_over = threading.Event()

    async def ask() -> int:
        pool = WritePool()
        waiting = [asyncio.create_task(pool.run(is_over.wait)) for _ in range(MAX_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(StoreError):
            await pool.run(is_over.wait)
        is_over.set()
        return sum(await asyncio.gather(*waiting))

    assert asyncio.run(ask()) == MAX_WAITING

"""
The inbox stores each webhook once, even if several processes receive it at the same time.
"""

from __future__ import annotations

import datetime as dt
import threading

import sqlalchemy as sa

from newsletter.store.database import Database
from newsletter.store.events import inbox
from newsletter.store.events.inbox import Arrival
from newsletter.store.tables import webhook_inbox as table

AT = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


def arrivals(count: int, *, name: bytes = b"") -> list[Arrival]:
    return [Arrival(provider="post", raw=b"%d" % n, at=AT, name=name) for n in range(count)]


def test_what_came_before_or_stands_there_twice_is_kept_once(database: Database):
    three = arrivals(3)
    with database.write() as connection:
        assert inbox.add(connection, three[0]) is True
        inbox.add_all(connection, [*three, *three])
        assert inbox.add(connection, three[2]) is False
    with database.read() as connection:
        assert sorted(connection.scalars(sa.select(table.c.raw))) == [b"0", b"1", b"2"]


def test_nothing_told_is_nothing_kept(database: Database):
    with database.write() as connection:
        inbox.add_all(connection, [])
        assert connection.execute(sa.select(table.c.id)).all() == []


def test_what_has_the_same_name_is_one_whatever_its_bytes(database: Database):
    with database.write() as connection:
        inbox.add_all(connection, arrivals(3, name=b"message 1"))
    with database.read() as connection:
        assert len(connection.execute(sa.select(table.c.id)).all()) == 1


def test_two_that_are_told_the_same_in_another_order_wait_for_each_other_and_never_both(
    database: Database,
):
    found = arrivals(300)
    start, broken = threading.Barrier(2), list[Exception]()

    def keep(mine: list[Arrival]) -> None:
        start.wait()
        try:
            with database.write() as connection:
                inbox.add_all(connection, mine)
        except Exception as error:
            broken.append(error)

    threads = [threading.Thread(target=keep, args=(mine,)) for mine in (found, found[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert (broken, len(connection.execute(sa.select(table.c.id)).all())) == ([], 300)

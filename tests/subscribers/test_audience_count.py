"""
The readers of one list are counted without a look at each of them.
"""

from __future__ import annotations

import datetime as dt
import random

import sqlalchemy as sa
from people_samples import NOW, MakeList

from subscribers.audience.count import count_readers
from subscribers.audience.selection import select_audience
from subscribers.database import tables
from subscribers.model import Cadence

PEOPLE = 300


def test_as_many_are_counted_as_are_selected_whatever_holds_them_back(
    connection: sa.Connection, make_list: MakeList
) -> None:
    lists, chance = [make_list("weekly"), make_list("other")], random.Random(20)
    for number in range(PEOPLE):
        add_somebody(connection, number, [each.id for each in lists], chance)
    for each in lists:
        for cadences in (None, (Cadence.EACH,), (Cadence.WEEKLY, Cadence.MONTHLY)):
            selected = select_audience([each], now=NOW, cadences=cadences).subquery()
            expected = connection.scalar(sa.select(sa.func.count()).select_from(selected))
            counted = count_readers(connection, each, now=NOW, cadences=cadences)
            assert counted == expected
            assert 0 < counted < PEOPLE


def add_somebody(
    connection: sa.Connection, number: int, lists: list[int], chance: random.Random
) -> None:
    """
    Add a person on some of the lists, who may be paused, erased and suppressed, also twice.
    """
    key = f"reader{number}@example.org"
    is_erased = chance.random() < 0.1
    person = {
        "email_key": None if is_erased else key,
        "created_at": NOW,
        "erased_at": NOW if is_erased else None,
        "paused_until": chance.choice([None, None, NOW, NOW + dt.timedelta(days=1)]),
    }
    inserted = connection.execute(tables.subscriber.insert().values(person))
    (person_id,) = inserted.inserted_primary_key
    for list_id in chance.sample(lists, chance.randint(0, 2)):
        state = {"state": chance.choice(["active", "active", "pending", "ended"])}
        on_list = {"subscriber_id": person_id, "list_id": list_id, "since": NOW, "created_at": NOW}
        cadence = {"cadence": chance.choice(list(Cadence)).value}
        connection.execute(tables.subscription.insert().values(state | on_list | cadence))
    for scope in chance.sample(["", "weekly", "other"], chance.choice([0, 0, 0, 1, 2])):
        held = {"email_key": key, "scope": scope, "reason": "bounce", "since": NOW}
        connection.execute(tables.suppression.insert().values(held))

"""
Readers who chose a cadence get something whatever becomes of its schedule.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from installation import Installation

from newsletter.actions.issues import schedules
from newsletter.delivery.freeze import count_audience
from newsletter.model.access import OPERATOR
from newsletter.model.issue import AudienceRule
from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.model import Cadence
from subscribers.people import subscriber_by_address
from subscribers.validation.address import parse_address

READERS = ["ada@example.org", "bob@example.org"]


@pytest.fixture
def weekly(installation: Installation) -> Installation:
    """
    An installation with a weekly schedule of a list, whose first reader chose it.
    """
    installation.add_list("daily")
    installation.subscribe(READERS)
    installation.add_schedule(name="digest", sources=(), cadence=Cadence.WEEKLY)
    s = tables.subscription
    with installation.app.database.write() as connection:
        connection.execute(s.update().where(s.c.id == 1).values(cadence="weekly"))
    return installation


def cadences(installation: Installation) -> list[str]:
    with installation.app.database.read() as connection:
        people = [subscriber_by_address(connection, parse_address(each)) for each in READERS]
    return [person.subscriptions[0].cadence.value for person in people]


def test_a_schedule_sends_to_the_readers_of_its_cadence(weekly: Installation) -> None:
    rule = schedules.show(weekly.app, "digest", by=OPERATOR)
    with weekly.app.database.read() as connection:
        assert count_audience(connection, rule.readers, now=weekly.now) == 1
        everybody = AudienceRule(lists=("daily",), cadences=tuple(Cadence))
        assert count_audience(connection, everybody, now=weekly.now) == 2


def test_readers_of_a_removed_schedule_get_each_issue(weekly: Installation) -> None:
    assert schedules.remove(weekly.app, "digest", by=OPERATOR) == {"daily": 1}
    assert cadences(weekly) == ["each", "each"]
    with weekly.app.database.read() as connection:
        changed = connection.execute(
            sa.select(history.c.subscriber_id, history.c.detail, history.c.by).where(
                history.c.what == "changed"
            )
        ).all()
    assert changed == [(1, {"cadence": {"before": "weekly", "after": "each"}}, "staff")]


def test_readers_of_a_paused_schedule_get_each_issue(weekly: Installation) -> None:
    assert schedules.set_paused(weekly.app, "digest", paused=True, by=OPERATOR) == {"daily": 1}
    assert cadences(weekly) == ["each", "each"]


def test_another_schedule_with_the_cadence_keeps_its_readers(weekly: Installation) -> None:
    weekly.add_schedule(name="second", sources=(), cadence=Cadence.WEEKLY)
    assert schedules.remove(weekly.app, "digest", by=OPERATOR) == {}
    assert cadences(weekly) == ["weekly", "each"]


def test_readers_of_a_schedule_that_changes_its_cadence_get_each_issue(
    weekly: Installation,
) -> None:
    schedules.edit(weekly.app, "digest", by=OPERATOR, fields={"cadence": "monthly"})
    assert cadences(weekly) == ["each", "each"]


def test_readers_of_a_list_that_a_schedule_loses_get_each_issue(weekly: Installation) -> None:
    weekly.add_list("press")
    schedules.edit(weekly.app, "digest", by=OPERATOR, fields={}, lists=["press"])
    assert schedules.show(weekly.app, "digest", by=OPERATOR).audience.lists == ("press",)
    assert cadences(weekly) == ["each", "each"]

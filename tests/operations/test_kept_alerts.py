"""
The alerts of the newsroom are kept for a moment, longer if finding them takes long.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from installation import Installation
from statements import counted

from newsletter.operations.kept_alerts import KEPT, KeptAlerts
from newsletter.store.tables import source

SECOND = dt.timedelta(seconds=1)


class Clock:
    """
    A monotonic clock that moves by `step_s` at each reading.
    """

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s
        self.at_s = 0.0

    def __call__(self) -> float:
        self.at_s += self.step_s
        return self.at_s


@pytest.fixture
def failing(installation: Installation) -> Installation:
    installation.add_source("blog", "feed", "https://example.org/feed")
    with installation.app.database.write() as connection:
        connection.execute(sa.update(source).values(failures=9))
    return installation


def words_of(kept: KeptAlerts, entry: int = 0) -> list[str]:
    return [alert.word for alert in kept.load(newest_entry=entry)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_alerts_are_found_again_when_they_are_old_or_staff_changed_something(
    failing: Installation,
) -> None:
    kept = KeptAlerts(failing.app)
    with counted(failing.app) as statements:
        assert words_of(kept) == ["alert_failing_source"]
    assert len(statements) <= 7, "\n".join(statements)
    with failing.app.database.write() as connection:
        connection.execute(sa.update(source).values(failures=0))
    with counted(failing.app) as statements:
        assert words_of(kept) == ["alert_failing_source"]
    assert statements == []
    assert words_of(kept, entry=1) == []
    with failing.app.database.write() as connection:
        connection.execute(sa.update(source).values(failures=9))
    assert words_of(kept, entry=1) == []
    failing.now += KEPT
    assert words_of(kept, entry=1) == ["alert_failing_source"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_alerts_that_take_long_to_find_are_kept_longer(failing: Installation) -> None:
    kept = KeptAlerts(failing.app, Clock(step_s=2.0))
    assert words_of(kept) == ["alert_failing_source"]
    with failing.app.database.write() as connection:
        connection.execute(sa.update(source).values(failures=0))
    failing.now += KEPT
    assert words_of(kept, entry=1) == ["alert_failing_source"]
    failing.now += 40 * SECOND
    assert words_of(kept, entry=1) == []

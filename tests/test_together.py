"""
Two processes at the same step at the same moment, on either database: one waits for the other.
"""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from installation import Installation
from scheduled_installation import MORNING, put_brief, scheduled
from scripted_source import Scripted as Feed
from scripted_source import Site, item, polls_of
from together_samples import at_first

from newsletter import pipeline
from newsletter.ingest.collect import collect_source
from newsletter.issues.drafts import create_issues_for_slot
from newsletter.scheduling.firing import fire_due
from newsletter.store.issues.listing import latest_issues
from newsletter.store.scheduling import schedules


@pytest.fixture
def twin(installation: Installation) -> Any:
    """
    A second process of the same installation.
    """
    other = Installation(
        installation.folder,
        installation.app.settings.database.url,
        now=installation.now,
        sandbox=installation.app.sandbox,
    )
    yield other
    other.close()


def test_two_schedules_made_at_once_do_not_share_a_brief(
    installation: Installation, twin: Installation
) -> None:
    scheduled(installation)
    installation.add_schedule("daily", cron="0 6 * * *")
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = twin.now = MORNING
    pipeline.collect_sources(installation.app.publishing, ["site"])
    with installation.app.database.read() as connection:
        rules = schedules.all_schedules(connection)
    fired = [
        fire_due(
            installation.app.publishing.database, rule, now=installation.app.publishing.clock()
        )
        for rule in rules
    ]
    assert fired[0] is not None
    assert fired[1] is not None
    rule, row = rules[1], fired[1]
    other = at_first(
        installation,
        "INSERT INTO issue ",
        lambda: void(create_issues_for_slot(twin.app.publishing, rule, row, waits=False)),
    )
    create_issues_for_slot(installation.app.publishing, rules[0], fired[0], waits=False)
    other.join(timeout=60)
    with installation.app.database.read() as connection:
        assert len(latest_issues(connection, most=9)) == 1


def test_two_polls_of_one_source_at_once_keep_one_brief(
    installation: Installation, twin: Installation
) -> None:
    site = Site(installation)
    settings, failed = site.settings(), []
    poll = polls_of(item(site_key="example.org/a"))

    def collect(where: Installation) -> None:
        try:
            collect_source(
                where.app.database,
                settings,
                Feed([poll]),
                sandbox=where.app.sandbox,
                illustrator=where.app.illustrator,
                now=where.now,
            )
        except sa.exc.IntegrityError as error:
            failed.append(str(error))

    other = at_first(installation, "INSERT INTO brief ", lambda: collect(twin))
    collect(installation)
    other.join(timeout=60)
    assert (failed, len(installation.stored_briefs())) == ([], 1)


def void(value: object) -> None:
    """
    Nothing, whatever *value* is: for a thread, which gives nothing back.
    """

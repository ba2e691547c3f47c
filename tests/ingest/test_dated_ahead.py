"""
A brief dated in the future waits until then, and a date that cannot be read is told.
"""

from __future__ import annotations

import datetime as dt
import os

import pytest
from installation import Installation
from scheduled_installation import MORNING, last_slot, scheduled
from scripted_source import Site, item, polls_of

from newsletter import pipeline
from newsletter.actions.content import briefs as brief_actions
from newsletter.actions.content import sources as source_actions
from newsletter.model.access import OPERATOR
from newsletter.workers.scheduler import tick


def put(installation: Installation, date: str) -> None:
    folder = installation.folder / "briefs"
    folder.mkdir(exist_ok=True)
    file = folder / "a.md"
    file.write_text(f"---\ntitle: The Quiet Quay\ndate: {date}\n---\n\nNobody left it.\n")
    os.utime(file, (0, 0))


def run_at(installation: Installation, now: dt.datetime) -> tuple[str, str]:
    installation.now = now
    tick(installation.app.publishing)
    installation.submit_all()
    return last_slot(installation)


def test_a_post_dated_in_the_future_waits_until_its_date(installation: Installation) -> None:
    scheduled(installation)
    put(installation, "2026-04-14")
    outcome, reason = run_at(installation, MORNING)
    assert outcome == "skipped"
    assert reason == (
        "none of 1 new brief matches the rules of the schedule; 1 waiting for their date"
    )
    assert installation.mails() == []
    assert run_at(installation, dt.datetime(2026, 4, 14, 11, tzinfo=dt.UTC))[0] == "issued"
    assert len(installation.mails()) == 3


def test_a_date_that_is_moved_decides_when_the_post_is_sent(installation: Installation) -> None:
    scheduled(installation)
    put(installation, "2026-04-14")
    run_at(installation, MORNING)
    put(installation, "2026-03-06")
    installation.now = MORNING + dt.timedelta(hours=20)
    pipeline.collect_sources(installation.app.publishing, ["site"])
    assert run_at(installation, MORNING + dt.timedelta(days=1))[0] == "issued"


@pytest.mark.parametrize("date", ["tomorrow", "31/31/2026"])
def test_a_date_that_cannot_be_read_is_told_everywhere(
    installation: Installation, date: str
) -> None:
    scheduled(installation)
    put(installation, date)
    [report] = pipeline.collect_sources(installation.app.publishing, ["site"])
    warning = f"the date “{date}” in the front matter cannot be read: write it like 2026-12-31"
    assert report.notes == (f"a.md: {warning}",)
    [stored] = brief_actions.latest(installation.app, status=None, limit=9, by=OPERATOR)
    assert stored.brief.warnings == (warning,)
    [standing] = source_actions.standings(installation.app, by=OPERATOR)
    assert standing.with_warnings == (stored.id,)


def test_an_item_of_a_feed_a_few_hours_ahead_is_not_delayed(installation: Installation) -> None:
    site = Site(installation)
    near, far = (dt.timedelta(hours=hours) for hours in (11, 24 * 40))
    site.poll(
        polls_of(
            item("a", published_at=installation.now + near),
            item("b", title="The Loud Quay", published_at=installation.now + far),
        )
    )
    found = {b.brief.title: b.dated_at for b in installation.stored_briefs()}
    assert found == {"The Quiet Quay": installation.now, "The Loud Quay": installation.now + far}

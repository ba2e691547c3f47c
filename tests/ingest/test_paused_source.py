"""
A source that staff pause: it is not polled, nobody is alerted, and its briefs stay.
"""

from __future__ import annotations

import pytest
from installation import Installation
from scripted_source import Site, item, polls_of

from newsletter.actions.content import source_pauses, sources
from newsletter.errors import Refused, SourceError
from newsletter.ingest.collect import save_failure
from newsletter.model.access import OPERATOR
from newsletter.model.source import SourceSettings
from newsletter.store.content import sources as stored_sources
from newsletter.store.operations.alerts import FAILURES_BEFORE_ALERT, failing_sources


def source(installation: Installation) -> SourceSettings:
    return sources.settings_of(installation.app, "site", by=OPERATOR)


def pause(installation: Installation, reason: str = "") -> None:
    source_pauses.pause(installation.app, "site", reason=reason, by=OPERATOR)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_paused_source_is_not_polled_until_it_is_resumed(installation: Installation) -> None:
    site = Site(installation)
    pause(installation, "it is rebuilt")
    report = site.poll(polls_of(item("a")))
    assert report.error == (
        "paused since 2026-03-04 12:00 UTC: it is rebuilt; `newsletter source resume site` ends "
        "that"
    )
    assert installation.stored_briefs() == []
    with pytest.raises(Refused, match="is paused since"):
        pause(installation)
    with pytest.raises(Refused, match="is not polled: paused since"):
        sources.poll_soon(installation.app, "site", by=OPERATOR)
    source_pauses.resume(installation.app, "site", by=OPERATOR)
    assert site.poll(polls_of(item("a"))).error is None
    assert len(installation.stored_briefs()) == 1


def test_a_paused_source_alerts_nobody_and_no_schedule_names_it(
    installation: Installation,
) -> None:
    Site(installation)
    for _ in range(FAILURES_BEFORE_ALERT):
        error = SourceError("the server answers 500")
        save_failure(installation.app.database, source(installation), error, installation.now)
    with installation.app.database.read() as connection:
        assert len(failing_sources(connection)) == 1
        assert len(stored_sources.failing(connection, ["site"])) == 1
    pause(installation)
    with installation.app.database.read() as connection:
        assert failing_sources(connection) == []
        assert stored_sources.failing(connection, ["site"]) == []
    assert sources.standing(installation.app, "site", by=OPERATOR).problem is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_reading_all_sources_leaves_out_those_that_are_paused(installation: Installation) -> None:
    Site(installation)
    pause(installation)
    assert sources.collect(installation.app, [], progress=lambda *_: None, by=OPERATOR) == []

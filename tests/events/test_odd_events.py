"""
Webhooks with impossible values: a time before there was any mail, a name that no database can
store. They do not affect other events, and mean no more than they say.
"""

from __future__ import annotations

import orjson
import pytest
from event_readers import DAY, READERS, subscriptions
from installation import Installation
from scripted_provider import ACCEPTED, all_of, submit_next
from webhook_calls import ReportedIssue, Talks, another, dispositions, reported_issue, suppressed

from newsletter.model.event import Event, EventKind


@pytest.fixture
def reported(installation: Installation) -> ReportedIssue:
    """
    Send an issue to two readers, who are accepted.
    """
    reported = reported_issue(installation, Talks([all_of(ACCEPTED)]))
    submit_next(reported.dispatcher)
    return reported


@pytest.mark.parametrize("zero", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_an_unsubscribe_without_a_time_counts_from_its_arrival(
    installation: Installation, reported: ReportedIssue, zero: str
):
    reported.says(0, EventKind.UNSUBSCRIBED, ChangedAt=zero)
    assert subscriptions(installation) == {"daily": ("ended", "at the provider")}


def test_soft_bounces_without_a_time_are_counted_from_their_arrival(installation: Installation):
    reported = [reported_issue(installation, Talks([all_of(ACCEPTED)] * 9))]
    while len(reported) < 5:
        reported.append(another(reported[-1]))
    for one in reported:
        one.says(0, EventKind.BOUNCED_SOFT, BouncedAt="0001-01-01T00:00:00Z")
        installation.now += 10 * DAY
    assert suppressed(installation, READERS[0]) == []


def test_a_name_that_no_database_holds_names_nothing_and_stops_nothing(
    installation: Installation, reported: ReportedIssue
):
    defaults = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "Email": READERS[0],
        "MessageID": "\0",
    }
    reported.receive(orjson.dumps(defaults), reported.body(1, EventKind.DELIVERED))
    assert (dispositions(installation), reported.kinds(1)) == (
        ["foreign", "matched"],
        {"delivered"},
    )


def test_nobody_waits_for_the_database_while_a_webhook_is_parsed(
    installation: Installation, reported: ReportedIssue
):
    class Writes(Talks):
        def events(self, raw: bytes) -> list[Event]:
            # On SQLite, a second writer would wait for the first and then give up.
            with installation.app.database.write():
                return super().events(raw)

    installation.app.providers["outbox"] = Writes([])
    reported.says(0, EventKind.DELIVERED)
    assert dispositions(installation) == ["matched"]
    assert reported.kinds(0) == {"delivered"}


def test_a_webhook_that_another_process_took_meanwhile_is_recorded_once(
    installation: Installation, reported: ReportedIssue
):
    class Overtaken(Talks):
        def events(self, raw: bytes) -> list[Event]:
            installation.app.providers["outbox"] = Talks([])
            counts.append(installation.app.event_processor.process_due())
            return super().events(raw)

    counts: list[int] = []
    installation.app.providers["outbox"] = Overtaken([])
    reported.says(0, EventKind.DELIVERED)
    assert (counts, dispositions(installation)) == ([1], ["matched"])

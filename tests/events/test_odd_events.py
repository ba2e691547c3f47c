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

from newsletter.model.event import EventKind


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

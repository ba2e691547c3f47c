"""
Who reads the data of many people leaves an entry in the audit trail, also in small pages.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from api_client import ApiClient
from installation import Installation
from origins import STAFF

from newsletter import pipeline
from newsletter.actions.access import audit
from newsletter.actions.access.audit import AuditFilter
from newsletter.actions.issues.issue_status import recipients_of
from newsletter.actions.people import pending, suppressions
from newsletter.actions.people.sync import bulk_upsert
from newsletter.model.access import OPERATOR
from subscribers.bulk.given_people import GivenPerson
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

PEOPLE = 150


def noted(installation: Installation, action: str) -> list[Any]:
    found = audit.entries(installation.app, AuditFilter(action=action), limit=10, by=OPERATOR)
    return [each.changes["people"] for each in found]


def read_in_pages(api: ApiClient, path: str, limit: int) -> int:
    """
    Read a whole list in pages, and return the number of its items.
    """
    page = api.get(f"{path}?limit={limit}").json()
    count = len(page["items"])
    while page["next"]:
        page = api.get(f"{path}?limit={limit}&cursor={page['next']}").json()
        count += len(page["items"])
    return count


def send_issue(installation: Installation) -> str:
    installation.add_readers(PEOPLE)
    number = installation.add_issue("The Quiet Harbour")
    pipeline.publish_issue(installation.app.publishing, number)
    return f"/issues/{number}/recipients"


def suppress_people(installation: Installation) -> str:
    with installation.app.database.write() as connection:
        for number in range(PEOPLE):
            suppress(
                connection,
                parse_address(f"reader{number}@example.org"),
                reason=SuppressionReason.MANUAL,
                by=STAFF,
                now=installation.now,
            )
    return "/suppressions"


def leave_people_pending(installation: Installation) -> str:
    rows = [GivenPerson(address=f"reader{number}@example.org") for number in range(PEOPLE)]
    bulk_upsert.upsert_many(installation.app, "daily", rows, consent=None, by=OPERATOR)
    return "/pending"


@pytest.mark.parametrize(
    ("prepare", "action"),
    [
        (send_issue, "issue.recipients_page"),
        (suppress_people, "suppression.page"),
        (leave_people_pending, "subscriber.pending_page"),
    ],
)
def test_a_list_of_many_people_is_recorded_whatever_the_size_of_its_pages(
    api: ApiClient, installation: Installation, prepare: Any, action: str
) -> None:
    installation.add_list("daily")
    path = prepare(installation)
    api.get(f"{path}?limit=99")
    assert noted(installation, action) == []
    installation.now += dt.timedelta(hours=1)
    assert read_in_pages(api, path, 40) == PEOPLE
    assert noted(installation, action) == [120]
    assert read_in_pages(api, path, 1000) == PEOPLE
    assert noted(installation, action) == [PEOPLE, 120]


def test_the_lists_of_commands_are_recorded_too(installation: Installation) -> None:
    installation.add_list("daily")
    app = installation.app
    issue = int(send_issue(installation).split("/")[2])
    recipients_of(app, issue, by=OPERATOR)
    assert noted(installation, "issue.recipients") == [PEOPLE]
    suppress_people(installation)
    suppressions.all_of(app, by=OPERATOR)
    assert noted(installation, "suppression.list") == [PEOPLE]
    installation.add_list("weekly")
    pending.pending(app, list_slug="weekly", after="", limit=1000, by=OPERATOR)
    assert noted(installation, "subscriber.pending") == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_many_small_reads_within_an_hour_leave_one_entry(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")
    installation.add_readers(40)
    for _ in range(5):
        api.get("/subscribers?limit=40")
    (entry,) = audit.entries(
        installation.app, AuditFilter(action="people.page"), limit=10, by=OPERATOR
    )
    assert entry.changes == {"people": 120, "requests": 3}
    api.get("/subscribers?limit=20")
    assert len(noted(installation, "people.page")) == 1
    installation.now += dt.timedelta(hours=1)
    for _ in range(2):
        api.get("/subscribers?limit=40")
    assert len(noted(installation, "people.page")) == 1

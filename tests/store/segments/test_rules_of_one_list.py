"""
A segment of a list is about that list: what a rule asks about subscriptions, and about what was
mailed, is not answered by other lists.
"""

from __future__ import annotations

import pytest
from installation import Installation

from newsletter import pipeline
from newsletter.actions.people import segments
from newsletter.actions.people.suppressions import SuppressionValues, add
from newsletter.model.access import OPERATOR
from newsletter.model.issue import AudienceRule
from newsletter.store.delivery.segments.rules import parse_segment_rule
from newsletter.store.tables import issue
from subscribers.consent import record_consent
from subscribers.people import subscriber_by_address
from subscribers.segments.describe import parts_of
from subscribers.validation.address import parse_address

ADA, GRACE, EVE = "ada@example.org", "grace@example.org", "eve@example.org"


@pytest.fixture
def two_lists(installation: Installation) -> Installation:
    """
    Three readers of the daily list. All are or were on the weekly one: Ada left it, Grace is
    suppressed for it, and only Eve was sent its issue.
    """
    for slug in ("daily", "weekly"):
        installation.add_list(slug)
        installation.subscribe([ADA, GRACE, EVE], slug)
    installation.unsubscribe(ADA, "weekly")
    weekly = SuppressionValues(list_slug="weekly")
    add(installation.app, GRACE, by=OPERATOR, values=weekly)
    pipeline.publish_issue(installation.app.publishing, installation.add_issue(lists=("weekly",)))
    installation.submit_all()
    return installation


def chosen(installation: Installation, rule: str, slug: str | None) -> list[str]:
    segments.add(installation.app, "some", rule, list_slug=slug, by=OPERATOR)
    found = segments.sample(installation.app, "some", by=OPERATOR)
    counted = segments.show(installation.app, "some", by=OPERATOR).people.count
    segments.remove(installation.app, "some", by=OPERATOR)
    assert counted == len(found)
    return sorted(each.address for each in found)


@pytest.mark.parametrize(
    ("rule", "anywhere", "of_daily", "of_weekly"),
    [
        ("state = ended", [ADA], [], []),
        ("not state = ended", [EVE, GRACE], [ADA, EVE, GRACE], [EVE]),
        ("state in (ended, suppressed)", [ADA], [], []),
        ("state = active", [ADA, EVE, GRACE], [ADA, EVE, GRACE], [EVE]),
        ("mailed", [EVE], [], [EVE]),
        ("received within 3 days", [EVE], [], [EVE]),
        ("not mailed or tag is set", [ADA, GRACE], [ADA, EVE, GRACE], []),
        ("bounced", [], [], []),
        ("mailed issue 1", [EVE], [EVE], [EVE]),
        ("ended on list weekly", [ADA], [ADA], []),
        ('consent source = "fair"', [EVE], [], [EVE]),
        ('consent source != "fair"', [ADA, GRACE], [ADA, EVE, GRACE], []),
    ],
)
def test_a_segment_of_a_list_looks_at_that_list_alone(
    two_lists: Installation,
    rule: str,
    anywhere: list[str],
    of_daily: list[str],
    of_weekly: list[str],
) -> None:
    _agree_at_the_fair(two_lists, EVE, "weekly")
    assert chosen(two_lists, rule, None) == anywhere
    assert chosen(two_lists, rule, "daily") == of_daily
    assert chosen(two_lists, rule, "weekly") == of_weekly


def _agree_at_the_fair(installation: Installation, address: str, slug: str) -> None:
    with installation.app.database.write() as connection:
        person = subscriber_by_address(connection, parse_address(address))
        (theirs,) = (each for each in person.subscriptions if each.list_slug == slug)
        record_consent(
            connection,
            theirs.id,
            text="yes",
            source="fair",
            given_at=None,
            now=installation.now,
        )


def test_an_issue_to_several_lists_is_one_to_each(two_lists: Installation) -> None:
    with two_lists.app.database.write() as connection:
        audience = {**issue_audience(two_lists), "lists": ["other", "daily"]}
        connection.execute(issue.update().values(audience=audience))
    assert chosen(two_lists, "mailed", "daily") == [EVE]
    assert chosen(two_lists, "mailed", "weekly") == []


def issue_audience(installation: Installation) -> dict[str, object]:
    with installation.app.database.read() as connection:
        found = connection.scalar(issue.select().with_only_columns(issue.c.audience))
    assert AudienceRule.from_json(found).lists == ("weekly",)
    return dict(found)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_rule_of_a_list_is_described_as_it_was_typed(two_lists: Installation) -> None:
    with two_lists.app.database.read() as connection:
        rule = parse_segment_rule(connection, 'of list "daily" and (state = ended or mailed)')
    words = [part.words for part in parts_of(rule)]
    assert words[:3] == ["all of these", "is on the list daily", "at least one of these"]
    assert not [each for each in words[3:] if "daily" in each]

"""
What a person or a program asks for: who asked is kept, and what is refused leaves nothing behind.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from drafts import DRAFT, draft, drafted
from installation import House

from newsletter.actions import issue_delivery, issues, lists, sources, subscribers
from newsletter.errors import InvalidValue, Refused
from newsletter.model.access import Actor, Door
from newsletter.model.issue import AudienceRule
from newsletter.model.source import SourceKind, SourceSettings
from subscribers.database.tables import consent
from subscribers.errors import InvalidAddress

EDITOR = Actor(name="ed@example.org", door=Door.WEB)


def test_who_held_an_issue_is_said_with_it(house: House) -> None:
    drafted(house)
    issues.hold(house.app, DRAFT, by=EDITOR)
    assert draft(house).pause_reason == "put on hold by ed@example.org"


def test_a_consent_says_through_which_door_it_came(house: House) -> None:
    house.add_list()
    subscribers.add(house.app, "ada@example.org", "daily", by=EDITOR, consent="at the fair")
    with house.app.database.read() as connection:
        assert connection.scalars(sa.select(consent.c.source)).all() == ["web"]


def test_a_list_with_a_wrong_sender_is_not_added(house: House) -> None:
    with pytest.raises(InvalidAddress):
        lists.add(house.app, "weekly", "Weekly", lists.ListValues(sender="nobody"))
    assert lists.all_with_counts(house.app) == []


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"name": "a b"}, "is not a valid name"),
        ({"location": "http://ann:secret@example.org/"}, "the address contains a user or password"),
        ({"timezone": "Mars/Olympus"}, "is not a time zone"),
        ({"key": "secret"}, "never the key itself"),
    ],
)
def test_a_source_with_a_wrong_value_is_not_added(
    house: House, values: dict[str, str], refusal: str
) -> None:
    usual = {"name": "site", "location": "https://example.org/feed"}
    with pytest.raises(InvalidValue, match=refusal):
        sources.add(house.app, SourceSettings(id=0, kind=SourceKind.FEED, **(usual | values)))
    assert sources.standings(house.app) == []


def test_an_issue_is_not_sent_at_a_time_that_has_passed(house: House) -> None:
    drafted(house)
    passed = house.now - dt.timedelta(minutes=1)
    with pytest.raises(Refused, match="is in the past"):
        issue_delivery.prepare_send(house.app, DRAFT, at=passed, fallback_provider=None)


def test_an_issue_that_would_go_to_nobody_is_not_sent(house: House) -> None:
    house.add_list()
    number = issues.create_draft(
        house.app,
        AudienceRule(lists=("daily",)),
        briefs=(),
        texts=issues.IssueTexts(subject="Hello", intro="Nobody reads this."),
    )
    with pytest.raises(Refused, match="has no readers"):
        issue_delivery.prepare_send(house.app, number, at=None, fallback_provider=None)

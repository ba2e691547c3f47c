"""
What a person or a program asks for: who asked is kept, and what is refused leaves nothing behind.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from drafts import DRAFT, draft, drafted
from installation import Installation

from newsletter.actions.content import sources
from newsletter.actions.issues import issue_delivery, issues
from newsletter.actions.people import lists, subscribers
from newsletter.errors import InvalidValue, Refused
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR, Actor, Channel
from newsletter.model.issue import AudienceRule
from newsletter.model.source import SourceSettings
from subscribers.database.tables import consent
from subscribers.errors import InvalidAddress

EDITOR = Actor(name="ed@example.org", channel=Channel.WEB)


def test_who_held_an_issue_is_said_with_it(installation: Installation) -> None:
    drafted(installation)
    issues.hold(installation.app, DRAFT, by=EDITOR)
    assert draft(installation).pause_reason == "put on hold by ed@example.org"


def test_a_consent_says_through_which_door_it_came(installation: Installation) -> None:
    installation.add_list()
    subscribers.add(installation.app, "ada@example.org", "daily", by=EDITOR, consent="at the fair")
    with installation.app.database.read() as connection:
        assert connection.scalars(sa.select(consent.c.source)).all() == ["web"]


def test_a_list_with_a_wrong_sender_is_not_added(installation: Installation) -> None:
    with pytest.raises(InvalidAddress):
        lists.add(installation.app, "weekly", "Weekly", ListValues(sender="nobody"), by=OPERATOR)
    assert lists.all_with_counts(installation.app, by=OPERATOR) == []


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"name": "a b"}, "is not a valid name"),
        ({"location": "http://ann:secret@example.org/"}, "the address contains a user or password"),
        ({"kind": "carrier"}, "is not a kind of source: write one of feed, folder, ghost"),
        ({"timezone": "Mars/Olympus"}, "is not a known time zone"),
        ({"key": "secret"}, "never the key itself"),
    ],
)
def test_a_source_with_a_wrong_value_is_not_added(
    installation: Installation, values: dict[str, str], refusal: str
) -> None:
    usual = {"name": "site", "kind": "feed", "location": "https://example.org/feed"}
    with pytest.raises(InvalidValue, match=refusal):
        sources.add(installation.app, SourceSettings(id=0, **(usual | values)), by=OPERATOR)
    assert sources.standings(installation.app, by=OPERATOR) == []


def test_an_issue_is_not_sent_at_a_time_that_has_passed(installation: Installation) -> None:
    drafted(installation)
    passed = installation.now - dt.timedelta(minutes=1)
    with pytest.raises(Refused, match="is in the past"):
        issue_delivery.prepare_send(
            installation.app, DRAFT, at=passed.isoformat(), fallback_provider=None, by=OPERATOR
        )


def test_an_issue_that_would_go_to_nobody_is_not_sent(installation: Installation) -> None:
    installation.add_list()
    number = issues.create_draft(
        installation.app,
        AudienceRule(lists=("daily",)),
        briefs=(),
        texts=issues.IssueTexts(subject="Hello", intro="Nobody reads this."),
        by=OPERATOR,
    )
    with pytest.raises(Refused, match="has no readers"):
        issue_delivery.prepare_send(
            installation.app, number, at=None, fallback_provider=None, by=OPERATOR
        )

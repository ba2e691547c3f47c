"""
What is said of a draft's readers before it is sent, on both databases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa
from installation import Installation

from newsletter import pipeline
from newsletter.actions.issues import issue_delivery, issue_pages
from newsletter.actions.issues.drafts import audience, content
from newsletter.actions.issues.drafts.content import DraftChanged
from newsletter.actions.people import lists, segments, suppressions
from newsletter.issues.release_conditions.counted_audience import count_people
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR, Actor, Channel
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import AudienceRule, ChosenBrief, Issue, ShownAs
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.tables import exclusion
from subscribers.audience.exclusion_reason import ExclusionReason, parse_reason


def frozen_reasons(installation: Installation, number: int) -> Counter[ExclusionReason | None]:
    with installation.app.database.read() as connection:
        found = connection.execute(
            sa.select(exclusion.c.reason).where(exclusion.c.issue_id == number)
        )
        return Counter(parse_reason(text) for text in found.scalars())


@pytest.mark.parametrize("segment", [None, "few"])
def test_the_sum_before_the_freeze_is_that_of_the_freeze(
    installation: Installation, segment: str | None
) -> None:
    app = installation.app
    for slug in ("daily", "weekly", "staff"):
        installation.add_list(slug)
    addresses = installation.add_readers(6)
    installation.subscribe(addresses[3:], "weekly")
    installation.subscribe(addresses[:1], "staff")
    suppressions.add(
        app, addresses[1], by=OPERATOR, values=suppressions.SuppressionValues(list_slug="daily")
    )
    segments.add(app, "few", f'email in ("{addresses[2]}", "{addresses[4]}")', by=OPERATOR)
    number = installation.add_issue(lists=("daily", "weekly"))
    before = DraftContent.of(*_stored(installation, number))
    rule = AudienceRule(lists=("daily", "weekly"), minus=("staff",), segment=segment)
    content.save_draft(app, number, before, audience=rule, seen=before.version, by=OPERATOR)
    with app.database.read() as connection:
        counted = count_people(
            connection, with_segment_rule(connection, rule), now=installation.now
        )
    assert counted.everybody == 6
    readers = pipeline.publish_issue(app.publishing, number)
    assert counted.readers == readers == (2 if segment else 4)
    assert counted.left_out == frozen_reasons(installation, number)


def _stored(installation: Installation, number: int) -> tuple[Issue, Sequence[ChosenBrief]]:
    found = issue_pages.content(installation.app, number, by=OPERATOR)
    return found.issue, found.briefs


def test_lists_and_addresses_of_tests_are_those_within_reach(installation: Installation) -> None:
    app = installation.app
    for slug in ("a", "b"):
        lists.add(app, slug, f"List {slug}", ListValues(), by=OPERATOR)
        number = installation.add_issue(lists=(slug,))
        issue_delivery.send_test(app, number, [f"{slug}@example.org", "c@example.org"], by=OPERATOR)
    lists.edit(app, "a", ListValues(timezone="Europe/Oslo", needs_approval=True), by=OPERATOR)
    limited = Actor(name="Lim", channel=Channel.WEB, lists=frozenset({"a"}))
    (only,) = content.choices(app, by=limited).lists
    assert (only.name, only.timezone, only.needs_approval) == ("List a", "Europe/Oslo", True)
    named = content.choices(app, by=OPERATOR).lists
    assert [(each.slug, each.name) for each in named] == [("a", "List a"), ("b", "List b")]
    assert audience.addresses_of_tests(app, by=limited) == ["a@example.org", "c@example.org"]
    every = audience.addresses_of_tests(app, by=OPERATOR)
    assert every == ["b@example.org", "c@example.org", "a@example.org"]


def test_a_draft_is_saved_only_over_what_was_seen(installation: Installation) -> None:
    installation.add_list()
    number = installation.add_issue("One", "Two")
    seen = DraftContent.of(*_stored(installation, number))
    mine = replace(seen, subject="Mine", briefs=((2, ShownAs.LINE), (1, ShownAs.FULL)))
    app = installation.app
    content.save_draft(app, number, mine, audience=None, seen=seen.version, by=OPERATOR)
    assert DraftContent.of(*_stored(installation, number)) == mine
    theirs = replace(seen, subject="Theirs")
    with pytest.raises(DraftChanged, match="somebody else saved issue"):
        content.save_draft(app, number, theirs, audience=None, seen=seen.version, by=OPERATOR)
    assert DraftContent.of(*_stored(installation, number)) == mine

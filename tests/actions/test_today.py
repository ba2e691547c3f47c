"""
What the first page of the newsroom reads agrees with what the pipeline reads, on both databases.
"""

from __future__ import annotations

import datetime as dt

from installation import Installation
from scheduled_installation import put_brief, scheduled

from newsletter import pipeline
from newsletter.actions.issues import issue_delivery, slots
from newsletter.actions.issues.issues import IssueTexts, create_draft
from newsletter.actions.people import subscribers
from newsletter.actions.today import coming_slots, open_issues, summary
from newsletter.model.access import OPERATOR
from newsletter.model.delivery import DeliveryState
from newsletter.model.issue import AudienceRule
from newsletter.model.schedule import IssueRules
from newsletter.store.content import briefs, sent_briefs
from newsletter.store.operations.today import coming_briefs
from newsletter.store.scheduling import schedules
from subscribers.health.day_changes import PeopleChanges

DAY = dt.timedelta(days=1)


def sent_by_hand(installation: Installation, *numbers: int, slug: str = "daily") -> None:
    """
    Send an issue of these briefs that a person made.
    """
    rule = AudienceRule(lists=(slug,))
    texts = IssueTexts(subject="By hand")
    number = create_draft(installation.app, rule, briefs=numbers, texts=texts, by=OPERATOR)
    pipeline.publish_issue(installation.app.publishing, number, override_reason="a test")


def test_a_slot_is_shown_with_what_it_would_take(installation: Installation) -> None:
    scheduled(installation)
    installation.add_list("other")
    installation.add_readers(1, "other")
    installation.add_schedule("second", rules=IssueRules(skip_singles=False), repeat=True)
    installation.add_schedule("third", audience=AudienceRule(lists=("other",)))
    for number in range(5):
        put_brief(installation.folder / "briefs", f"Brief {number}")
    pipeline.collect_sources(installation.app.publishing, ["site"])
    sent_by_hand(installation, 1)
    sent_by_hand(installation, 2, 3)
    sent_by_hand(installation, 4, slug="other")
    installation.submit_all()
    shown = coming_slots.load(installation.app, most=9, by=OPERATOR)
    counts = {each.rule.name: each.choice for each in shown.slots}
    taken = {name: len(choice.briefs) if choice else -1 for name, choice in counts.items()}
    assert taken == {"morning": 2, "second": 5, "third": 4}
    with installation.app.database.read() as connection:
        offered = {each.brief.id for each in coming_briefs.offered_briefs(connection, ["site"])}
        uses = coming_briefs.earlier_uses(connection, offered)
        for rule in schedules.all_schedules(connection):
            own, readers = {use.brief_id for use in uses if use.takes(rule)}, rule.readers
            free = briefs.candidates(
                connection,
                sources=rule.sources,
                schedule_id=rule.id,
                readers=readers,
                repeats=rule.repeat,
            )
            assert offered - own == {found.id for found in free}
            singles = {u.brief_id: u.created_at for u in uses if u.is_single(rule)}
            assert singles == sent_briefs.sent_singly(connection, readers)
    installation.now += DAY
    made = slots.run_slot(installation.app, "third", by=OPERATOR)
    assert [row.reason for row in made.rows] == ["4 briefs; 1 already sent on their own"]
    with installation.app.database.read() as connection:
        rules = schedules.all_schedules(connection)
        last = coming_briefs.last_issues_at(connection, rules)
        known = {rule.id: sent_briefs.last_issue_at(connection, rule.id) for rule in rules}
    assert last == {number: at for number, at in known.items() if at is not None}


def test_issues_people_and_beginnings_are_read_on_both_databases(
    installation: Installation,
) -> None:
    assert not summary.beginnings(installation.app, by=OPERATOR).has_list
    installation.add_list()
    installation.add_readers(3)
    number = installation.add_issue("Two keys", subject="Dear %%name|reader%%")
    draft = installation.add_issue("Draft")
    issue_delivery.send_test(installation.app, draft, ["eve@example.org"], by=OPERATOR)
    pipeline.publish_issue(installation.app.publishing, number)
    found = open_issues.load(installation.app, by=OPERATOR)
    assert [each.title for each in found.issues] == ["Draft", "Dear %%name|reader%%"]
    assert found.progress[number].count(DeliveryState.PENDING) == 3
    beginnings = summary.beginnings(installation.app, by=OPERATOR)
    assert beginnings.are_complete
    assert beginnings.newest_entry > 0
    subscribers.unsubscribe(installation.app, "reader0000@example.org", "daily", by=OPERATOR)
    subscribers.erase_person(installation.app, "reader0001@example.org", by=OPERATOR)
    begins = installation.now - DAY
    changes = summary.people_changes(
        installation.app, since=begins, until=installation.now + DAY, by=OPERATOR
    )
    assert changes == PeopleChanges(joined=3, left=1, erased=1, are_all=True)
    none = summary.people_changes(installation.app, since=begins - DAY, until=begins, by=OPERATOR)
    assert none == PeopleChanges()

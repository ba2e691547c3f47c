"""
Issues that go to a segment: who gets them, who is left out and why, and what is frozen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from corrected_issue import edit
from installation import Installation
from scheduled_installation import MORNING, put_brief, scheduled

from newsletter import pipeline
from newsletter.actions.issues import issue_delivery
from newsletter.actions.issues import issues as actions
from newsletter.actions.issues.issues import IssueTexts
from newsletter.actions.people import fields, lists, segments
from newsletter.delivery import trace
from newsletter.errors import Refused
from newsletter.issues import approval, preflight
from newsletter.issues.corrections import make_correction
from newsletter.model.access import OPERATOR
from newsletter.model.issue import AudienceRule, Issue, IssueState
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.issues import issues
from newsletter.workers.scheduler import tick
from subscribers.database import tables
from subscribers.errors import RuleError, UnknownSegment
from subscribers.people import subscriber_by_address
from subscribers.tags.records import change_tags
from subscribers.validation.address import parse_address

RULE = 'tag has press or email = "reader0002@example.org"'


@pytest.fixture
def press(installation: Installation) -> Installation:
    """
    Three readers, of whom the first has a tag.
    """
    installation.add_list()
    installation.add_readers(3)
    tag(installation, "reader0000@example.org", ["press"])
    segments.add(installation.app, "press", RULE, by=OPERATOR)
    return installation


def tag(installation: Installation, address: str, tags: Sequence[str]) -> None:
    with installation.app.database.write() as connection:
        person = subscriber_by_address(connection, parse_address(address))
        change_tags(connection, [person.id], add=tags, by=OPERATOR.origin, now=installation.now)


def draft(installation: Installation) -> int:
    number = installation.add_issue()
    actions.edit_draft(installation.app, number, segment="press", texts=IssueTexts(), by=OPERATOR)
    return number


def stored(installation: Installation, number: int) -> Issue:
    with installation.app.database.read() as connection:
        return issues.load_issue(connection, number)


def send(installation: Installation, number: int) -> list[str]:
    pipeline.publish_issue(installation.app.publishing, number)
    installation.submit_all()
    return sorted(installation.mailed())


def why(installation: Installation, address: str, number: int) -> trace.DeliveryTrace:
    with installation.app.database.read() as connection:
        found = trace.trace(
            connection, parse_address(address), issue_id=number, now=installation.now
        )
    (only,) = found.deliveries
    return only


def test_only_the_readers_in_the_segment_get_the_issue(press: Installation) -> None:
    number = draft(press)
    assert send(press, number) == ["reader0000@example.org", "reader0002@example.org"]
    with press.app.database.read() as connection:
        counts = count_deliveries(connection, number)
    assert counts.excluded == {"not in segment press": 1}


def test_why_says_before_and_after_the_freeze_that_somebody_is_not_in_the_segment(
    press: Installation,
) -> None:
    number = draft(press)
    before = why(press, "reader0001@example.org", number)
    assert (before.outcome, before.rule) == ("would be excluded", "not in segment press")
    assert why(press, "reader0000@example.org", number).outcome == "would get it"
    send(press, number)
    after = why(press, "reader0001@example.org", number)
    assert (after.outcome, after.rule) == ("excluded", "not in segment press")
    assert after.words == (
        "Not sent: they were left out when sending began, because they were not in segment press."
    )


def test_the_rule_is_frozen_with_the_issue(press: Installation) -> None:
    number = draft(press)
    assert stored(press, number).audience.segment_rule is None
    send(press, number)
    segments.edit(press.app, "press", rule="tag has radio", by=OPERATOR)
    frozen = stored(press, number).audience
    assert (frozen.segment, frozen.segment_rule) == ("press", RULE)
    assert why(press, "reader0000@example.org", number).outcome == "accepted"


def test_a_field_that_is_gone_from_its_rule_is_no_matter_once_the_issue_is_sent(
    press: Installation,
) -> None:
    app = press.app
    fields.add(app, "country", "text", labels={}, by=OPERATOR)
    segments.edit(app, "press", rule=f"country = DE or {RULE}", by=OPERATOR)
    number = draft(press)
    pipeline.publish_issue(app.publishing, number)
    segments.edit(app, "press", rule=RULE, by=OPERATOR)
    fields.remove(app, "country", by=OPERATOR)
    assert preflight.check_issue(app.publishing, number)
    continued = issue_delivery.prepare_send(
        app, number, at=None, fallback_provider=None, by=OPERATOR
    )
    assert continued.readers == 2
    press.submit_all()
    assert preflight.check_issue(app.publishing, number)


def test_a_field_that_is_gone_from_its_rule_is_no_matter_to_an_issue_that_was_cancelled(
    press: Installation,
) -> None:
    app = press.app
    fields.add(app, "country", "text", labels={}, by=OPERATOR)
    segments.edit(app, "press", rule=f"country = DE or {RULE}", by=OPERATOR)
    number = draft(press)
    pipeline.publish_issue(app.publishing, number)
    issue_delivery.cancel(app, number, by=OPERATOR)
    segments.edit(app, "press", rule=RULE, by=OPERATOR)
    fields.remove(app, "country", by=OPERATOR)
    found = preflight.check_issue(app.publishing, number)
    assert "cancelled: make a new one" in [each.message for each in found]


def test_the_list_of_a_segment_is_a_part_of_its_rule(press: Installation) -> None:
    segments.edit(press.app, "press", list_slug="daily", by=OPERATOR)
    number = draft(press)
    assert len(send(press, number)) == 2
    assert stored(press, number).audience.segment_rule == f'of list "daily" and ({RULE})'


def test_an_edit_of_the_segment_voids_an_approval(press: Installation) -> None:
    number = draft(press)
    publishing = press.app.publishing
    approval.approve(publishing, number)
    assert approval.approval_state(publishing, stored(press, number))[0] == "valid"
    segments.edit(press.app, "press", rule=f"{RULE} or tag has radio", by=OPERATOR)
    with pytest.raises(Refused, match="changed since it was approved"):
        send(press, number)
    shown = "\n".join(approval.changes_since(publishing, number))
    assert "+To: daily, segment press (" in shown


def test_a_segment_without_readers_sends_nothing(press: Installation) -> None:
    number = draft(press)
    segments.edit(press.app, "press", rule="tag has radio", by=OPERATOR)
    with pytest.raises(Refused, match="segment press"):
        send(press, number)
    assert stored(press, number).state is IssueState.DRAFT


def test_a_correction_goes_to_those_who_got_the_issue(press: Installation) -> None:
    number = draft(press)
    got = send(press, number)
    assert got == ["reader0000@example.org", "reader0002@example.org"]
    segments.edit(press.app, "press", rule="tag has radio", by=OPERATOR)
    tag(press, "reader0001@example.org", ["radio"])
    edit(press, title="The Quieter Harbour")
    correction = make_correction(press.app.publishing, number)
    audience = stored(press, correction).audience
    assert (audience.sent_to_issue, audience.counted_segment) == (number, None)
    assert send(press, correction) == sorted(got * 2)


def test_what_a_segment_needs_cannot_be_removed(press: Installation) -> None:
    app = press.app
    fields.add(app, "country", "text", labels={}, by=OPERATOR)
    segments.edit(app, "press", rule="country = DE and on list daily", by=OPERATOR)
    gone = r"segment press would no longer be valid \(a rule cannot ask about 'country'"
    with pytest.raises(Refused, match=gone):
        fields.remove(app, "country", by=OPERATOR)
    press.add_list("spare")
    segments.edit(app, "press", rule="tag has press", list_slug="spare", by=OPERATOR)
    with pytest.raises(Refused, match="segment press uses list spare"):
        lists.remove(app, "spare", by=OPERATOR)


def test_the_place_of_an_issue_that_is_not_there_is_that_in_the_rule(press: Installation) -> None:
    with pytest.raises(RuleError, match="there is no issue 99") as refused:
        segments.edit(press.app, "press", rule='tag has "99" and received issue 99', by=OPERATOR)
    assert refused.value.column == 33


def test_a_segment_in_use_cannot_be_removed(press: Installation) -> None:
    number = draft(press)
    with pytest.raises(Refused, match=f"issue {number} uses segment press"):
        segments.remove(press.app, "press", by=OPERATOR)
    actions.edit_draft(press.app, number, segment="", texts=IssueTexts(), by=OPERATOR)
    segments.remove(press.app, "press", by=OPERATOR)
    with pytest.raises(UnknownSegment, match="segment 'press' does not exist"):
        segments.show(press.app, "press", by=OPERATOR)


def test_a_draft_needs_a_segment_that_exists(press: Installation) -> None:
    number = press.add_issue()
    with pytest.raises(UnknownSegment, match="did you mean press"):
        actions.edit_draft(press.app, number, segment="pres", texts=IssueTexts(), by=OPERATOR)


def test_a_copy_of_a_sent_issue_goes_to_the_segment_as_it_is_then(press: Installation) -> None:
    number = draft(press)
    send(press, number)
    copied = stored(press, actions.duplicate(press.app, number, by=OPERATOR)).audience
    assert (copied.segment, copied.segment_rule) == ("press", None)


def test_everybody_left_out_has_one_reason_and_the_segment_comes_last(press: Installation) -> None:
    press.add_list("weekly")
    press.subscribe(["both@example.org", "pause@example.org", "gone@example.org"], "weekly")
    press.subscribe(["both@example.org", "pause@example.org", "gone@example.org"])
    with press.app.database.write() as connection:
        pause = parse_address("pause@example.org").key
        until = press.now + dt.timedelta(days=9)
        connection.execute(
            tables.subscriber.update()
            .where(tables.subscriber.c.email_key == pause)
            .values(paused_until=until)
        )
        gone = {"email_key": "gone@example.org", "scope": "", "reason": "bounce"}
        connection.execute(tables.suppression.insert().values(**gone, since=press.now))
    number = press.add_issue(lists=("daily", "weekly"))
    actions.edit_draft(press.app, number, segment="press", texts=IssueTexts(), by=OPERATOR)
    everybody = ("both", "pause", "gone", "reader0001")
    before = [why(press, f"{name}@example.org", number).rule for name in everybody]
    assert len(send(press, number)) == 2
    after = [why(press, f"{name}@example.org", number).rule for name in everybody]
    outside = "not in segment press"
    assert before == after == [outside, "paused", "suppressed: bounce", outside]


def test_the_issues_of_a_schedule_go_to_its_segment(installation: Installation) -> None:
    scheduled(
        installation, audience=AudienceRule(lists=("daily",), segment="press"), approval="auto"
    )
    segments.add(installation.app, "press", "tag has press", by=OPERATOR)
    tag(installation, "reader0001@example.org", ["press"])
    put_brief(installation.folder / "briefs", "The ferries stay")
    installation.now = MORNING
    tick(installation.app.publishing)
    installation.submit_all()
    assert installation.mailed() == ["reader0001@example.org"]

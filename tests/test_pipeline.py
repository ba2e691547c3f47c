"""
the whole pipeline, from a folder or a hand-made issue to each reader's mailbox.
"""

from __future__ import annotations

import datetime as dt

import pytest
from installation import Installation
from origins import STAFF
from scheduled_installation import MORNING, last_slot, put_brief, scheduled

from newsletter import pipeline
from newsletter.errors import Refused
from newsletter.issues import approval
from newsletter.model.issue import IssueState
from newsletter.model.schedule import Approval, IssueRules, MisfirePolicy, SlotOutcome
from newsletter.model.source import FirstPoll
from newsletter.scheduling.firing import FIRED_WITHIN, fire_due, overdue_slot
from newsletter.store.issues import issues
from newsletter.store.scheduling import schedules
from newsletter.workers.scheduler import tick
from subscribers.lists import find_list
from subscribers.subscriptions.end import unsubscribe_address
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address


def test_a_brief_in_a_folder_reaches_each_reader_once_at_its_slot(
    installation: Installation,
) -> None:
    scheduled(installation)
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING
    tick(installation.app.publishing)
    installation.submit_all()
    assert installation.mailed() == [f"reader000{n}@example.org" for n in range(3)]
    assert {mail["Subject"] for mail in installation.mails()} == {"The Quiet Quay"}
    assert last_slot(installation) == ("issued", "1 brief")


def test_a_slot_fires_once_however_often_and_by_whomever_it_is_asked(
    installation: Installation,
) -> None:
    scheduled(installation)
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING
    twin = Installation(installation.folder, installation.app.settings.database.url, now=MORNING)
    rule = installation.add_schedule("noon", cron="0 6 * * *")
    with installation.app.database.write() as connection:
        schedules.change_schedule(connection, rule.id, last_due=MORNING - dt.timedelta(hours=1))
        rule = schedules.find_schedule(connection, "noon")
    fired = [
        fire_due(
            installation.app.publishing.database, rule, now=installation.app.publishing.clock()
        ),
        fire_due(twin.app.publishing.database, rule, now=twin.app.publishing.clock()),
    ]
    twin.close()
    assert [row is not None for row in fired] == [True, False]


def test_a_slot_that_nobody_fires_is_known_as_left(installation: Installation) -> None:
    installation.add_list()
    rule = installation.add_schedule(sources=())
    installation.now = MORNING
    assert (
        overdue_slot(
            installation.app.publishing.database, rule, now=installation.app.publishing.clock()
        )
        is None
    )
    installation.now = MORNING + FIRED_WITHIN
    left = overdue_slot(
        installation.app.publishing.database, rule, now=installation.app.publishing.clock()
    )
    assert left is not None
    assert left.due == MORNING
    tick(installation.app.publishing)
    with installation.app.database.read() as connection:
        fired = schedules.find_schedule(connection, rule.name)
    assert (
        overdue_slot(
            installation.app.publishing.database, fired, now=installation.app.publishing.clock()
        )
        is None
    )


def test_a_slot_without_new_briefs_is_skipped_with_the_reason(installation: Installation) -> None:
    scheduled(installation)
    (installation.folder / "briefs").mkdir()
    installation.now = MORNING
    tick(installation.app.publishing)
    assert last_slot(installation) == ("skipped", "no new briefs since the last issue")
    assert installation.mailed() == []


def test_a_slot_with_nobody_to_send_to_keeps_its_briefs(installation: Installation) -> None:
    installation.add_list()
    installation.add_source("site", "folder", "briefs", first_poll=FirstPoll.NEW)
    installation.add_schedule()
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING
    tick(installation.app.publishing)
    assert last_slot(installation)[0] == "skipped"
    installation.add_readers(2)
    installation.now = MORNING + dt.timedelta(days=1)
    tick(installation.app.publishing)
    installation.submit_all()
    assert len(installation.mailed()) == 2


def test_too_few_briefs_wait_for_the_next_slot(installation: Installation) -> None:
    scheduled(installation, rules=IssueRules(least=2))
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING
    tick(installation.app.publishing)
    assert last_slot(installation) == ("skipped", "1 new brief, and the schedule needs at least 2")
    put_brief(installation.folder / "briefs", "The Loud Quay")
    installation.now = MORNING + dt.timedelta(hours=1)
    tick(installation.app.publishing)
    installation.now = MORNING + dt.timedelta(days=1)
    tick(installation.app.publishing)
    installation.submit_all()
    assert last_slot(installation) == ("issued", "2 briefs")
    assert len(installation.mailed()) == 3


def test_one_issue_a_brief_when_the_schedule_says_each(installation: Installation) -> None:
    scheduled(installation, each=True)
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    put_brief(installation.folder / "briefs", "The Loud Quay")
    installation.now = MORNING
    tick(installation.app.publishing)
    installation.submit_all()
    subjects = sorted(mail["Subject"] for mail in installation.mails())
    assert subjects == ["The Loud Quay"] * 3 + ["The Quiet Quay"] * 3


def test_two_schedules_of_one_list_do_not_send_one_brief_twice(installation: Installation) -> None:
    scheduled(installation)
    installation.add_schedule("evening", cron="0 18 * * *")
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING
    tick(installation.app.publishing)
    installation.now = MORNING + dt.timedelta(hours=13)
    tick(installation.app.publishing)
    installation.submit_all()
    assert last_slot(installation, "evening") == ("skipped", "no new briefs since the last issue")
    assert len(installation.mailed()) == 3


def test_a_slot_that_comes_up_too_late_follows_its_schedule(installation: Installation) -> None:
    scheduled(installation, misfire_policy=MisfirePolicy.SKIP, misfire_limit=dt.timedelta(hours=1))
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING + dt.timedelta(hours=2)
    tick(installation.app.publishing)
    assert last_slot(installation) == ("skipped", "120 min late, and the limit is 60 min")


def test_a_late_slot_that_must_ask_waits_for_a_person(installation: Installation) -> None:
    scheduled(installation, misfire_policy=MisfirePolicy.ASK, misfire_limit=dt.timedelta(hours=1))
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING + dt.timedelta(hours=2)
    tick(installation.app.publishing)
    assert installation.state(1) == IssueState.MISSED
    pipeline.publish_issue(installation.app.publishing, 1)
    installation.submit_all()
    assert len(installation.mailed()) == 3


def test_slots_nobody_made_are_written_down_and_only_the_last_is_made(
    installation: Installation,
) -> None:
    scheduled(installation)
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING + dt.timedelta(days=2)
    tick(installation.app.publishing)
    with installation.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
        rows = schedules.last_slots(connection, rule.id, most=9)
    assert [row.outcome for row in rows] == [
        SlotOutcome.ISSUED, SlotOutcome.SKIPPED, SlotOutcome.SKIPPED,
    ]  # fmt: skip


def test_a_draft_schedule_waits_for_an_approval(installation: Installation) -> None:
    scheduled(installation, approval=Approval.DRAFT)
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING
    tick(installation.app.publishing)
    assert installation.state(1) == IssueState.DRAFT
    with pytest.raises(Refused, match="needs an approval"):
        pipeline.publish_issue(installation.app.publishing, 1)
    approval.approve(installation.app.publishing, 1)
    pipeline.publish_issue(installation.app.publishing, 1)
    assert installation.state(1) == IssueState.SENDING


def test_an_edit_after_the_approval_voids_it(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(3)
    issue_id = installation.add_issue()
    approval.approve(installation.app.publishing, issue_id)
    with installation.app.database.write() as connection:
        issues.edit_issue(connection, issue_id, subject="Another")
        assert issues.load_issue(connection, issue_id).approved_hash is None
    assert installation.state(issue_id) == IssueState.DRAFT


def test_a_changed_brief_voids_the_approval(installation: Installation) -> None:
    from installation import _brief

    from newsletter.store.content import edits

    installation.add_list()
    installation.add_readers(3)
    issue_id = installation.add_issue()
    approval.approve(installation.app.publishing, issue_id)
    with installation.app.database.write() as connection:
        edits.change_brief(
            connection, 1, _brief("Another headline"), content_hash="x", now=installation.now
        )
    with pytest.raises(Refused, match="changed since it was approved"):
        pipeline.publish_issue(installation.app.publishing, issue_id)


def test_what_changed_since_the_approval_can_be_read(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    issue_id = installation.add_issue("The Quiet Quay")
    approval.approve(installation.app.publishing, issue_id)
    assert approval.changes_since(installation.app.publishing, issue_id) == []
    with installation.app.database.write() as connection:
        issues.edit_issue(connection, issue_id, subject="Another")
    lines = approval.changes_since(installation.app.publishing, issue_id)
    assert ("-Subject: The Quiet Quay" in lines, "+Subject: Another" in lines) == (True, True)


def test_an_audience_that_grew_by_more_than_a_fifth_voids_the_approval(
    installation: Installation,
) -> None:
    installation.add_list()
    installation.add_readers(4)
    issue_id = installation.add_issue()
    approval.approve(installation.app.publishing, issue_id)
    installation.subscribe(["one@example.net"])
    with pytest.raises(Refused, match="approved for 4 readers and would now go to 5"):
        pipeline.publish_issue(installation.app.publishing, issue_id)


def test_the_reader_gets_what_was_frozen_not_what_was_edited_after(
    installation: Installation,
) -> None:
    installation.add_list()
    installation.add_readers(2)
    issue_id = installation.add_issue("The Quiet Quay", subject="First, %%first_name|reader%%")
    pipeline.publish_issue(installation.app.publishing, issue_id)
    with (
        pytest.raises(Refused, match="its content is fixed"),
        installation.app.database.write() as connection,
    ):
        issues.edit_issue(connection, issue_id, subject="Second")
    installation.submit_all()
    assert {mail["Subject"] for mail in installation.mails()} == {"First, Ada"}


def test_who_left_or_was_suppressed_after_the_freeze_is_skipped(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(4)
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    with installation.app.database.write() as connection:
        unsubscribe_address(
            connection,
            parse_address("reader0000@example.org"),
            mailing_list=find_list(connection, "daily"),
            reason="by the reader",
            now=installation.now,
            by=STAFF,
        )
        suppress(
            connection,
            parse_address("reader0001@example.org"),
            reason=SuppressionReason.COMPLAINT,
            now=installation.now,
            by=STAFF,
        )
    installation.submit_all()
    assert installation.mailed() == ["reader0002@example.org", "reader0003@example.org"]
    counts = installation.counts(issue_id)
    assert (counts["accepted"], counts["skipped"], counts["audience"]) == (2, 2, 4)


def test_a_paused_issue_sends_nothing_and_continues_when_resumed(
    installation: Installation,
) -> None:
    installation.add_list()
    installation.add_readers(3)
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.PAUSED)
    installation.submit_all()
    assert installation.mailed() == []
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.SENDING)
    installation.submit_all()
    assert len(installation.mailed()) == 3


def test_a_cancelled_issue_counts_its_readers_as_cancelled(installation: Installation) -> None:
    from newsletter.store.delivery.finish import cancel_open

    installation.add_list()
    installation.add_readers(3)
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.CANCELLED)
        cancel_open(connection, issue_id, now=installation.now)
    installation.submit_all()
    assert (installation.mailed(), installation.counts(issue_id)["cancelled"]) == ([], 3)


def test_an_issue_is_frozen_once(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(3)
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    with pytest.raises(Refused, match="sending and cannot be sent"):
        pipeline.publish_issue(installation.app.publishing, issue_id)


def test_a_test_mail_is_marked_and_leaves_the_issue_as_it_was(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(3)
    issue_id = installation.add_issue("The Quiet Quay")
    pipeline.queue_test(installation.app.publishing, issue_id, ["editor@example.org"])
    installation.submit_all()
    assert [(m["To"], m["Subject"]) for m in installation.mails()] == [
        ("editor@example.org", "[Test] The Quiet Quay")
    ]
    assert installation.mails()[0]["List-Unsubscribe"] == "<https://news.example.org/u/test>"
    assert installation.state(issue_id) == IssueState.DRAFT


def test_a_reader_on_two_lists_gets_one_mail_through_the_first(installation: Installation) -> None:
    from newsletter.model.issue import AudienceRule

    installation.add_list("daily")
    installation.add_list("weekly")
    installation.subscribe(["ada@example.org"], "daily")
    installation.subscribe(["ada@example.org", "bob@example.org"], "weekly")
    issue_id = installation.add_issue()
    with installation.app.database.write() as connection:
        rule = AudienceRule(lists=("daily", "weekly"))
        issues.edit_issue(
            connection, issue_id, audience={"lists": list(rule.lists), "minus": [], "addresses": []}
        )
    pipeline.publish_issue(installation.app.publishing, issue_id)
    installation.submit_all()
    assert installation.mailed() == ["ada@example.org", "bob@example.org"]


def test_an_issue_for_later_leaves_when_its_time_has_come(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    issue_id = installation.add_issue()
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.SCHEDULED, send_at=MORNING)
    pipeline.resume(installation.app.publishing)
    assert installation.state(issue_id) == IssueState.SCHEDULED
    installation.now = MORNING
    pipeline.resume(installation.app.publishing)
    assert installation.state(issue_id) == IssueState.SENDING


def test_an_issue_for_later_that_came_up_hours_late_asks(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    issue_id = installation.add_issue()
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.SCHEDULED, send_at=MORNING)
    installation.now = MORNING + dt.timedelta(hours=3)
    pipeline.resume(installation.app.publishing)
    assert installation.state(issue_id) == IssueState.MISSED

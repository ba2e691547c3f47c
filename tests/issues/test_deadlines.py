"""
What happens to a draft at its deadline: it is sent, cancelled or held, once, with the reason.
"""

from __future__ import annotations

import datetime as dt
import logging

import pytest
from drafts import (
    DEADLINE,
    DRAFT,
    EDITORS,
    SLOT,
    draft,
    drafted,
    prepared,
    put_brief,
    readers,
    tick_at,
    why,
)
from installation import Installation

from newsletter import pipeline
from newsletter.errors import Refused
from newsletter.issues import approval, deadlines
from newsletter.issues.release import return_to_draft
from newsletter.issues.review import review_of
from newsletter.model.issue import DeadlineAction, HeldBy, IssueState
from newsletter.model.schedule import Approval, MisfirePolicy
from newsletter.store.issues import issues, list_settings
from newsletter.store.issues.list_settings import ListSettings
from newsletter.store.scheduling import schedules
from newsletter.workers.scheduler import tick
from subscribers.lists import find_list

SENT = "not approved, but sent at its deadline"
MINUTE = dt.timedelta(minutes=1)


def test_a_slot_makes_a_draft_that_knows_its_deadline(installation: Installation) -> None:
    drafted(installation)
    made = draft(installation)
    assert (made.state, made.deadline, made.at_deadline) == ("draft", DEADLINE, "send")
    assert made.needs_approval
    assert (readers(installation), why(installation)) == ([], "1 brief")


def test_a_draft_schedule_makes_a_draft_that_waits_for_ever(installation: Installation) -> None:
    drafted(installation, approval=Approval.DRAFT)
    tick_at(installation, SLOT + dt.timedelta(days=1) - MINUTE)
    made = draft(installation)
    assert (made.state, made.deadline, made.at_deadline) == ("draft", None, None)
    assert readers(installation) == []


def test_nothing_happens_a_minute_before_the_deadline(installation: Installation) -> None:
    drafted(installation)
    tick_at(installation, DEADLINE - MINUTE)
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])


def test_a_draft_nobody_decided_about_is_sent_at_its_deadline(installation: Installation) -> None:
    drafted(installation)
    tick_at(installation, DEADLINE)
    assert readers(installation) == [f"reader000{n}@example.org" for n in range(3)]
    assert (installation.state(DRAFT), draft(installation).pause_reason) == ("submitted", SENT)
    assert why(installation) == f"1 brief; {SENT}"


def test_a_deadline_sends_what_is_there_then_also_after_an_edit(installation: Installation) -> None:
    drafted(installation)
    with installation.app.database.write() as connection:
        issues.edit_issue(connection, DRAFT, subject="Corrected")
    tick_at(installation, DEADLINE)
    assert {mail["Subject"] for mail in installation.mails()} == {"Corrected"}
    assert len(readers(installation)) == 3


def test_a_draft_that_is_skipped_gives_its_briefs_back(installation: Installation) -> None:
    drafted(installation, at_deadline=DeadlineAction.SKIP)
    tick_at(installation, DEADLINE)
    reason = "cancelled: not approved by its deadline"
    assert (installation.state(DRAFT), draft(installation).pause_reason) == ("cancelled", reason)
    assert why(installation) == f"1 brief; {reason}"
    tick_at(installation, SLOT + dt.timedelta(days=1))
    assert (installation.state(2), why(installation)) == ("draft", "1 brief")


def test_a_draft_that_is_held_says_so_once_and_waits(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    drafted(installation, at_deadline=DeadlineAction.HOLD)
    for minutes in range(3):
        tick_at(installation, DEADLINE + minutes * MINUTE)
    said = [r for r in caplog.records if getattr(r, "event", "") == "issue.deadline_passed"]
    assert [record.levelno for record in said] == [logging.WARNING]
    reason = "held: nobody decided by the deadline, so someone has to send it"
    assert (installation.state(DRAFT), draft(installation).pause_reason) == ("draft", reason)
    assert draft(installation).held_by is HeldBy.DEADLINE
    assert why(installation) == f"1 brief; {reason}"


def test_a_deadline_acts_once_however_many_processes_ask(installation: Installation) -> None:
    drafted(installation)
    twin = Installation(installation.folder, installation.app.settings.database.url, now=DEADLINE)
    installation.now = DEADLINE
    for context in (installation.app.publishing, twin.app.publishing):
        deadlines.enforce_deadlines(context)
    assert (installation.state(DRAFT), why(installation)) == ("freezing", f"1 brief; {SENT}")
    for context in (twin.app.publishing, installation.app.publishing):
        tick(context)
    twin.close()
    installation.submit_all()
    assert len(readers(installation)) == 3


def test_a_deadline_seen_by_two_at_once_is_one_mans_to_act_on(installation: Installation) -> None:
    from newsletter.store.issues import reviews

    drafted(installation)
    seen = draft(installation)
    with installation.app.database.write() as connection:
        first = reviews.end_deadline(connection, seen, IssueState.FREEZING)
        second = reviews.end_deadline(connection, seen, IssueState.CANCELLED)
    assert (first, second, installation.state(DRAFT)) == (True, False, "freezing")


def test_an_approval_before_the_deadline_sends_at_once(installation: Installation) -> None:
    drafted(installation)
    pipeline.publish_approved(installation.app.publishing, DRAFT, by="a person")
    installation.submit_all()
    assert len(readers(installation)) == 3
    assert why(installation) == "1 brief; approved by a person"
    tick_at(installation, DEADLINE)
    assert (len(readers(installation)), why(installation)) == (3, "1 brief; approved by a person")


def test_an_approval_whose_process_died_is_sent_by_the_next(installation: Installation) -> None:
    drafted(installation)
    approval.approve_and_send(installation.app.publishing, DRAFT, by="a person")
    assert (installation.state(DRAFT), readers(installation)) == ("freezing", [])
    tick_at(installation, SLOT + MINUTE)
    assert (installation.state(DRAFT), len(readers(installation))) == ("submitted", 3)


def test_a_draft_whose_approval_became_void_is_held_at_its_deadline(
    installation: Installation,
) -> None:
    drafted(installation)
    approval.approve_and_send(installation.app.publishing, DRAFT, by="a person")
    installation.subscribe([f"new{number}@example.org" for number in range(3)])
    tick_at(installation, SLOT + MINUTE)
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])
    assert "approved for 3 readers and would now go to 6" in str(draft(installation).pause_reason)
    tick_at(installation, DEADLINE)
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])
    assert draft(installation).held_by is HeldBy.DEADLINE
    reason = str(draft(installation).pause_reason)
    assert reason.startswith("held at its deadline: issue 1 was approved for 3 readers")


def test_a_draft_that_was_edited_after_its_approval_is_held_at_its_deadline(
    installation: Installation,
) -> None:
    drafted(installation)
    approval.approve(installation.app.publishing, DRAFT)
    with installation.app.database.write() as connection:
        issues.edit_issue(connection, DRAFT, subject="Corrected")
    tick_at(installation, DEADLINE)
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])
    assert why(installation) == "1 brief; held at its deadline: it was edited since it was approved"


def test_a_draft_whose_approval_is_still_valid_is_sent_at_its_deadline(
    installation: Installation,
) -> None:
    drafted(installation)
    approval.approve_and_send(installation.app.publishing, DRAFT, by="a person")
    return_to_draft(installation.app.publishing, draft(installation), "the provider is not set up")
    tick_at(installation, DEADLINE)
    assert (installation.state(DRAFT), len(readers(installation))) == ("submitted", 3)


def test_an_edit_of_an_approved_issue_has_to_be_approved_even_if_nobody_had_to(
    installation: Installation,
) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue()
    approval.approve(installation.app.publishing, issue_id)
    with installation.app.database.write() as connection:
        issues.edit_issue(connection, issue_id, subject="Corrected")
    with pytest.raises(Refused, match="needs an approval"):
        pipeline.publish_issue(installation.app.publishing, issue_id)


def test_editors_are_told_that_a_deadline_does_not_send_without_an_approval(
    installation: Installation,
) -> None:
    drafted(installation)
    approval.approve(installation.app.publishing, DRAFT)
    with installation.app.database.write() as connection:
        issues.edit_issue(connection, DRAFT, subject="Corrected")
    action = review_of(installation.app.publishing, DRAFT).default_action
    assert action.endswith(
        "If nobody decides by then, the issue waits until someone sends it: "
        "it was edited since it was approved."
    )


def test_a_person_who_holds_a_draft_stops_its_clock(installation: Installation) -> None:
    drafted(installation)
    deadlines.hold_issue(installation.app.publishing, DRAFT, by="a person")
    tick_at(installation, DEADLINE + MINUTE)
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])
    assert (draft(installation).pause_reason, draft(installation).deadline) == (
        "put on hold by a person",
        None,
    )
    assert draft(installation).held_by is HeldBy.PERSON
    pipeline.publish_approved(installation.app.publishing, DRAFT, by="a person")
    installation.submit_all()
    assert len(readers(installation)) == 3


def test_what_was_sent_cannot_be_held(installation: Installation) -> None:
    drafted(installation)
    tick_at(installation, DEADLINE)
    with pytest.raises(Refused, match="issue 1 is submitted and cannot be put on hold"):
        deadlines.hold_issue(installation.app.publishing, DRAFT, by="a person")
    assert why(installation) == f"1 brief; {SENT}"


def test_a_cancelled_draft_has_no_deadline_to_act(installation: Installation) -> None:
    drafted(installation)
    with installation.app.database.write() as connection:
        issues.move_issue(connection, DRAFT, IssueState.CANCELLED)
    tick_at(installation, DEADLINE)
    assert (installation.state(DRAFT), readers(installation), why(installation)) == (
        "cancelled",
        [],
        "1 brief",
    )


@pytest.mark.parametrize(
    ("late", "state", "mailed", "reason"),
    [
        (MisfirePolicy.SEND, "submitted", 3, SENT),
        (MisfirePolicy.SKIP, "cancelled", 0,
         "cancelled: its deadline was handled 121 min late, and the limit is 120 min"),
        (MisfirePolicy.ASK, "missed", 0,
         "its deadline was handled 121 min late, and the limit is 120 min: waiting for a decision"),
    ],
)  # fmt: skip
def test_a_deadline_found_long_past_follows_the_schedules_late_policy(
    installation: Installation, late: MisfirePolicy, state: str, mailed: int, reason: str
) -> None:
    drafted(installation, misfire_policy=late)
    tick_at(installation, DEADLINE + 121 * MINUTE)
    assert (installation.state(DRAFT), len(readers(installation))) == (state, mailed)
    assert why(installation) == f"1 brief; {reason}"


def test_a_deadline_a_little_late_is_kept(installation: Installation) -> None:
    drafted(installation, misfire_policy=MisfirePolicy.SKIP)
    tick_at(installation, DEADLINE + 119 * MINUTE)
    assert (installation.state(DRAFT), len(readers(installation))) == ("submitted", 3)


def test_editors_whose_time_was_over_before_the_draft_get_all_of_it(
    installation: Installation,
) -> None:
    prepared(installation)
    late = DEADLINE + MINUTE
    tick_at(installation, late)
    assert draft(installation).deadline == late + dt.timedelta(hours=2)
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])


def test_a_slot_that_must_ask_makes_an_issue_without_a_deadline(installation: Installation) -> None:
    prepared(installation, misfire_policy=MisfirePolicy.ASK, misfire_limit=dt.timedelta(hours=1))
    tick_at(installation, SLOT + 90 * MINUTE)
    tick_at(installation, DEADLINE + MINUTE)
    assert (installation.state(DRAFT), draft(installation).deadline, readers(installation)) == (
        "missed",
        None,
        [],
    )


def test_a_list_that_wants_an_approval_is_sent_nothing_by_a_deadline(
    installation: Installation,
) -> None:
    drafted(installation)
    with installation.app.database.write() as connection:
        daily = find_list(connection, "daily").id
        list_settings.set_list_settings(connection, daily, ListSettings(needs_approval=True))
    tick_at(installation, DEADLINE)
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])
    assert why(installation) == "1 brief; held at its deadline: list daily requires approval"


def test_a_draft_whose_schedule_was_removed_is_held(installation: Installation) -> None:
    drafted(installation)
    with installation.app.database.write() as connection:
        rule = schedules.find_schedule(connection, "morning")
        schedules.remove_schedule(connection, rule.id)
    tick_at(installation, DEADLINE)
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])
    assert draft(installation).pause_reason == "held at its deadline: its schedule was removed"
    assert draft(installation).held_by is HeldBy.DEADLINE


def test_each_draft_of_a_slot_has_its_own_end(installation: Installation) -> None:
    prepared(installation, each=True)
    put_brief(installation, "The Loud Quay")
    tick_at(installation, SLOT)
    deadlines.hold_issue(installation.app.publishing, 1, by="a person")
    tick_at(installation, DEADLINE)
    assert [installation.state(number) for number in (1, 2)] == ["draft", "submitted"]
    with installation.app.database.read() as connection:
        rule = schedules.find_schedule(connection, "morning")
        rows = schedules.last_slots(connection, rule.id, most=9)
    noted = sorted(row.reason for row in rows if row.part)
    assert noted == ["brief 1; put on hold by a person", f"brief 2; {SENT}"]


def test_a_deadline_sends_nothing_while_no_editor_was_ever_asked(
    installation: Installation,
) -> None:
    prepared(installation, editors=EDITORS)
    installation.now = SLOT
    tick(installation.app.publishing)
    installation.now = DEADLINE
    tick(installation.app.publishing)
    assert (installation.state(DRAFT), why(installation).rpartition("; ")[2]) == (
        "draft", "held at its deadline: no email could be sent to its editors",
    )  # fmt: skip


def test_a_deadline_of_a_paused_schedule_sends_nothing(installation: Installation) -> None:
    drafted(installation)
    with installation.app.database.write() as connection:
        rule = schedules.find_schedule(connection, "morning")
        schedules.change_schedule(connection, rule.id, is_paused=True)
    tick_at(installation, DEADLINE)
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])
    assert draft(installation).pause_reason == "held at its deadline: its schedule is paused"


def test_a_held_draft_that_could_not_be_sent_is_stuck_and_no_longer_held(
    installation: Installation,
) -> None:
    drafted(installation)
    deadlines.hold_issue(installation.app.publishing, DRAFT, by="a person")
    with installation.app.database.write() as connection:
        issues.move_issue(connection, DRAFT, IssueState.FREEZING)
    assert return_to_draft(
        installation.app.publishing, draft(installation), "held up by the provider"
    )
    assert (draft(installation).held_by, draft(installation).stuck_at) == (None, installation.now)
